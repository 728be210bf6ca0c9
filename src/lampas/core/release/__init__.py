"""Closure → the inputs, id and manifest of a release."""
