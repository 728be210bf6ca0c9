"""Content by sha256: what was put comes back, once, in any number."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lampas.errors import NotFound


def test_what_was_put_comes_back(tables: Path) -> None:
    from lampas.store import artifacts

    for data in (b"", b"text " * 1000, os.urandom(3 << 20)):
        assert artifacts.get(artifacts.put(data)) == data


def test_many_come_back_by_name(tables: Path) -> None:
    from lampas.store import artifacts

    pieces = {artifacts.name_of(data): data for data in (b"%d" % number for number in range(2500))}
    artifacts.put_many(pieces.items())
    assert dict(artifacts.get_many(pieces)) == pieces
    assert artifacts.have([*pieces, "f" * 64]) == set(pieces)


def test_what_is_not_there_is_named(tables: Path) -> None:
    from lampas.store import artifacts

    with pytest.raises(NotFound, match="f" * 64):
        artifacts.get("f" * 64)
    with pytest.raises(NotFound, match="f" * 64):
        list(artifacts.get_many(["f" * 64]))


def test_writers_of_the_same_content_do_not_disturb_each_other(tables: Path) -> None:
    from django.db import connections

    from lampas.store import artifacts

    pieces = {artifacts.name_of(data): data for data in (b"same %d" % number for number in range(1500))}
    errors: list[BaseException] = []

    def write() -> None:
        try:
            artifacts.put_many(pieces.items())
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert dict(artifacts.get_many(pieces)) == pieces
