"""Links → everything that an application needs, each member with the shortest reason.

What enters: a definition, the modules of the repositories in scope, their facts, the locked distributions.
What leaves: a `Closure`. It reads nothing and knows no releases.
"""
