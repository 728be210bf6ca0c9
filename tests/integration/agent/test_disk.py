"""A full disk: nothing is lost, what served goes on serving, and the error says what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engines.interface import ROOT, Code, Interface, interface
from lampas.core.cluster.live import AppLive
from lampas.errors import Failed

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not ROOT, reason="a disk that can be filled is mounted by root"),
]
HELLO = """
import os
def application(environ, start_response):
    start_response("200 OK", [])
    return [os.environ["LAMPAS_RELEASE"].encode()]
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Interface]:
    with interface(size="64m") as made:
        yield made


def fill(node: Interface) -> None:
    with (node.home / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(os.urandom(size))
            except OSError:
                continue


def test_a_full_disk_stops_a_deploy_and_nothing_else(node: Interface) -> None:
    name = node.app("shop")
    one = node.release(name, 1, Code({"app.py": HELLO}))[1]
    slots = {1: node.first_port, 2: node.first_port + 1}
    node.apply(node.state([AppLive(name, (), {1: 100}, {1: slots[1]})], [one]))
    two = node.release(name, 2, Code({"app.py": HELLO, **{f"d{n}/m.py": f"x = {n}\n" for n in range(50)}}))[1]
    fill(node)
    state = node.state([AppLive(name, (), {2: 100}, slots)], [one, two])
    with pytest.raises(Failed, match="No space left"):
        node.ship()
    assert node.get(f"{name}.localhost")[2] == "1"
    (node.home / "filler").unlink()
    node.ship()
    fill(node)
    outcome = list(node.console.apply(state))[-1]
    assert outcome["outcome"] in ("undone", "refused")
    assert "No space left" in outcome["error"]
    assert node.get(f"{name}.localhost")[2] == "1"
    (node.home / "filler").unlink()
    assert list(node.console.apply(state))[-1] == {"outcome": "applied"}
    assert node.get(f"{name}.localhost")[2] == "2"
