"""What the application knows about where it runs."""

import os
import sys


def release():
    """The number of the release that answers, as LAMPAS gives it."""
    return os.environ.get("LAMPAS_RELEASE", "?")


def process():
    """The process that answers, and its Python."""
    return f"process {os.getpid()}, Python {sys.version.split()[0]}"
