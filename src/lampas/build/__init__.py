"""Releases made real: definitions found, closures computed, distributions locked and fetched, start-up proven.

What enters: a reader of history, an application's name, a commit. What leaves: closures, releases with a number, their
manifests and content in MariaDB. It starts uv and Debian's Python; code of applications runs only in the `Verifier`.
"""
