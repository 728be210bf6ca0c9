"""Rules of frameworks: what they load without an import, as data, one file for each framework.

A rule names a framework's own words, never an application's. Its cases stand in tests/cases/rules.
"""
