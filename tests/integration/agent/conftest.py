"""A node that the tests of this folder share; each test has applications of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines.interface import Interface, interface


@pytest.fixture(scope="module")
def node() -> Iterator[Interface]:
    """A started node."""
    with interface() as made:
        yield made


@pytest.fixture(autouse=True)
def _clean(node: Interface) -> Iterator[None]:
    """Nothing runs when a test begins, so that each has all port slots."""
    yield
    node.apply(node.state([], []))
