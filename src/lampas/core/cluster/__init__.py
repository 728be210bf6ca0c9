"""Nodes, roles, deployments, traffic: what should run where."""
