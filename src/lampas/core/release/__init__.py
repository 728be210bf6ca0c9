"""Closure → the inputs, id, tree and manifest of a release.

What enters: a closure and what its files became. What leaves: names by hash, and the manifest that nodes get.
"""
