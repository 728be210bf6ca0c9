"""Releases × cluster → one NodeState for each node."""
