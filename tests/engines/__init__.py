"""Real engines for tests, started and ended by the tests themselves."""
