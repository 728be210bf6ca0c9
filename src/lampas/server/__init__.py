"""Django settings, wiring, worker: the only place of the server that reads the environment."""
