"""Distributions: what is required, what is locked, what a wheel provides.

What enters: requirement files, lock documents, names of files in wheels. What leaves: values. It fetches nothing.
"""
