"""Releases made real: distributions locked and fetched, trees made, start-up proven.

What enters: a closure. What leaves: artifacts and a manifest.
"""
