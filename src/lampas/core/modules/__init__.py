"""Modules of a commit and the facts that analysers read in them.

What enters: paths, blob ids, bytes. What leaves: modules, name tables, facts. It knows no applications and never
executes what it reads.
"""
