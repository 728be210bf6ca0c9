"""The command line: a client of the API, and the door to `host` for what is done on this machine."""
