"""This machine: up, down, status, doctor, destroy, backup, restore, and the supervisor's configuration.

Enters: what `lampas up` was told, and what is on this machine. Leaves: a home directory in which everything stands
that a node runs with, and a supervisor that keeps it running. It starts the server and the agent as programs, and
knows their configuration files alone.
"""
