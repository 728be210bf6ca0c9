"""This machine: up, down, status, doctor, destroy, the supervisor's configuration."""
