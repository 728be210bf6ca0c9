"""One node for all tests of a whole node."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines.node import Node


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A node that is up, without the sample."""
    it = Node()
    try:
        it.up("--no-sample")
        yield it
    finally:
        it.remove()
