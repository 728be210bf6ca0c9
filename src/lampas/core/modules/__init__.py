"""Modules of a commit and the facts that analysers read in them."""
