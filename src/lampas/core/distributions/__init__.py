"""Distributions: what is required, what is locked."""
