"""One node for all tests of a whole node."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines.node import LampasNode


@pytest.fixture(scope="session")
def node() -> Iterator[LampasNode]:
    """A node that is up, without the sample."""
    it = LampasNode()
    try:
        it.up("--no-sample")
        yield it
    finally:
        it.destroy()
