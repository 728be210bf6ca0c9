"""Packaging files: entry points that a project declares, and where its migrations stand."""
