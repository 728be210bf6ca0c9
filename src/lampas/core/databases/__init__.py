"""Databases of applications: what they and their accounts are called, and what an application is told of its own."""
