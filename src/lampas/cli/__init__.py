"""The command line: a client of the API, and the door to host/ for this machine."""
