"""Analysers: the bytes of one revision → its facts, one folder for each language."""
