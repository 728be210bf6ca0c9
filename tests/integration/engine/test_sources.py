"""Distributions that have sources alone, built in a real node's sandbox, from an index of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engines.index import Index, archive, index
from engines.interface import Interface, interface

if TYPE_CHECKING:
    from conftest import Workshop

APP = "import {name}\n\n\ndef app(environ, start):\n    return []\n"


@pytest.fixture(scope="module")
def node() -> Iterator[Interface]:
    """A node that builds."""
    with interface() as made:
        yield made


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Index]:
    """An empty index."""
    with index(tmp_path / "index") as made:
        yield made


@pytest.fixture
def shop(workshop: Workshop, node: Interface, shelf: Index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Builds of an application `shop` on that node, with that index."""
    from django.conf import settings

    from lampas.dispatch import nodes
    from lampas.dispatch.building import AgentWheelBuilder
    from lampas.store.models import Node

    secrets = node.home / "secrets"
    told = replace(
        settings.CONFIGURATION,
        index_url=shelf.url,
        client_certificate=str(secrets / "client.crt"),
        client_key=str(secrets / "client.key"),
        nodes_ca=str(secrets / "nodes-ca.crt"),
        signing_key=str(secrets / "signing.key"),
    )
    monkeypatch.setattr(settings, "CONFIGURATION", told)
    address = f"127.0.0.1:{node.agent_port}"
    row = Node(name=told.node, address=address, home=str(node.home), roles=["appserver"])
    row.save()
    workshop.builder = AgentWheelBuilder()
    yield Shop(workshop, node.app("shop"))
    kept = nodes._connections.pop(address, None)
    if kept is not None:
        kept.close()


class Shop:
    """One application that requires what a test says."""

    def __init__(self, workshop: Workshop, app: str) -> None:
        self.workshop, self.app = workshop, app

    def require(self, *requirements: str, name: str = "thing", more: str = "") -> None:
        """Commits the requirements."""
        text = f'[app.{self.app}]\nentry = "shop:app"\nrequirements = {list(requirements)}\n{more}'.replace("'", '"')
        self.workshop.commit("shop", {"lampas.toml": text, "shop.py": APP.format(name=name)})

    def build(self, **more: Any) -> dict[str, str]:
        """Builds; returns the versions of its distributions."""
        from lampas.store.models import Release

        built = self.workshop.build(self.app, **more)
        row = Release.objects.get(application__name=self.app, number=built.number)
        assert built.verify.ok, row.verified_log
        return {one["name"]: one["version"] for one in row.closure["distributions"]}

    def fails(self, family: str, words: str) -> Any:
        """Builds what cannot be built: the error; nothing is kept."""
        from lampas import errors
        from lampas.store.models import LockRow, Release, WheelRow

        with pytest.raises(getattr(errors, family), match=words) as caught:
            self.workshop.build(self.app)
        assert not Release.objects.exists()
        assert not WheelRow.objects.exists()
        assert not LockRow.objects.filter(lock__source="lampas.toml").exists()
        return caught.value


def test_it_is_built_once_and_told(shop: Shop, shelf: Index) -> None:
    from lampas.store.models import WheelRow

    source = shelf.source("thing", "1.0")
    shop.require("thing")
    assert shop.build() == {"thing": "1.0"}
    assert ("distributions", "building thing 1.0 from its sources") in shop.workshop.steps
    row = WheelRow.objects.get()
    assert (row.name, row.version, row.source) == ("thing", "1.0", source)
    shelf.wheel("other", "1")
    shop.require("thing", "other")
    assert shop.build() == {"other": "1", "thing": "1.0"}
    assert WheelRow.objects.count() == 1
    assert not any("building" in words for _, words in shop.workshop.steps)


def test_building_it_again_gives_the_same_wheel(shop: Shop, shelf: Index) -> None:
    from lampas.store.models import LockRow, WheelRow

    shelf.source("thing", "1.0")
    shop.require("thing")
    shop.build()
    before = WheelRow.objects.get().sha256
    LockRow.objects.all().delete()
    WheelRow.objects.all().delete()
    shop.build(anew=True)
    assert WheelRow.objects.get().sha256 == before


def test_what_left_the_index_still_builds(shop: Shop, shelf: Index) -> None:
    shelf.source("thing", "1.0")
    shelf.wheel("other", "1")
    shop.require("thing", "other")
    shop.build()
    old = shop.workshop.reader.resolve("shop", "main")  # type: ignore[arg-type]
    shelf.close()
    shop.workshop.commit(
        "shop", {"page.html": "<p>", "shop.py": "import thing\nX = 1\n\n\ndef app(*_):\n    return []\n"}
    )
    assert shop.build() == {"other": "1", "thing": "1.0"}
    assert shop.build(at=old, anew=True) == {"other": "1", "thing": "1.0"}


def test_a_version_with_a_wheel_is_taken_before_a_newer_one_without(shop: Shop, shelf: Index) -> None:
    shelf.wheel("thing", "1.0")
    shelf.source("thing", "2.0")
    shop.require("thing")
    assert shop.build() == {"thing": "1.0"}
    shop.require("thing>=2")
    assert shop.build() == {"thing": "2.0"}


def test_the_version_is_one_that_everybody_who_requires_it_can_take(shop: Shop, shelf: Index) -> None:
    for version in ("1.0", "1.5", "2.0"):
        shelf.source("inner", version)
    shelf.wheel("thing", "1.0", requires="inner<2,>=1.0")
    shop.require("thing", "inner!=1.5")
    assert shop.build() == {"inner": "1.0", "thing": "1.0"}


def test_an_older_version_is_found_where_the_newest_does_not_fit(shop: Shop, shelf: Index) -> None:
    for version in ("1.0", "2.0"):
        shelf.source("inner", version)
    shelf.wheel("middle", "1.0", requires="inner<=1.9.9")
    shelf.wheel("thing", "1.0", requires="middle")
    shop.require("thing")
    assert shop.build() == {"inner": "1.0", "middle": "1.0", "thing": "1.0"}


def test_sources_that_require_sources(shop: Shop, shelf: Index) -> None:
    shelf.source("inner", "1.0")
    body = "import inner; assert inner.VERSION == '1.0'"
    project = '[build-system]\nrequires = ["inner"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    shelf.source("thing", "1.0", body, {"pyproject.toml": project})
    shop.require("thing")
    assert shop.build() == {"thing": "1.0"}


def test_what_a_backend_asks_for_beyond_its_table_is_locked_too(shop: Shop, shelf: Index) -> None:
    from engines.index import BACKEND
    from lampas.store.models import WheelRow

    shelf.wheel("inner", "3.1")
    asks = (
        "def get_requires_for_build_wheel(config_settings=None):\n    return ['Inner>=3', 'none; os_name == \"nt\"']\n"
    )
    shelf.source("thing", "1.0", more={"backend.py": asks + BACKEND.format(body="import inner")})
    shop.require("thing")
    assert shop.build() == {"thing": "1.0"}
    assert WheelRow.objects.get().made_with == {"inner": "3.1"}


def test_a_build_that_fails_shows_its_own_last_words(shop: Shop, shelf: Index) -> None:
    shelf.source("thing", "1.0", "raise RuntimeError('no such compiler: fcc')")
    shop.require("thing")
    error = shop.fails("Failed", r"thing-1.0.tar.gz cannot be built: .*RuntimeError: no such compiler: fcc")
    assert "build_packages" in error.remedy
    assert "Traceback" in error.log


@pytest.mark.parametrize("body", ["import time; time.sleep(600)", "\n    while True: pass"])
def test_a_build_that_hangs_is_ended(shop: Shop, shelf: Index, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    from lampas.build import wheels

    monkeypatch.setattr(wheels, "_SECONDS", 2.0)
    shelf.source("thing", "1.0", body)
    shop.require("thing")
    shop.fails("Failed", "did not end in time")


def test_a_build_that_forks_without_end_is_held(shop: Shop, shelf: Index) -> None:
    body = """import os, time
    try:
        while True:
            if os.fork() == 0: time.sleep(600)
    except OSError as error:
        raise SystemExit(f"held: {error}")"""
    shelf.source("thing", "1.0", body)
    shop.require("thing")
    shop.fails("Failed", "held: .*Resource temporarily unavailable")


def test_a_build_that_fills_the_disk_is_held(shop: Shop, shelf: Index) -> None:
    body = "f = open('/tmp/large', 'wb')\n    while True: f.write(b'x' * (1 << 24))"
    shelf.source("thing", "1.0", body)
    shop.require("thing")
    shop.fails("Failed", "No space left|File too large")


def test_a_build_sees_and_writes_nothing_but_its_own(shop: Shop, shelf: Index, node: Interface) -> None:
    tries = f"""
    import os, pathlib, socket
    for path in ("/etc/passwd", "/usr/bin/x", "/inputs/x", "{node.home}/x", "/x"):
        try:
            open(path, "a")
        except OSError:
            continue
        raise SystemExit(f"{{path}} can be written to")
    for path in ("{node.home}/secrets", "{node.home}/agent/store", "/root", "/home", "/work", "/var"):
        assert not os.path.exists(path), path
    try:
        socket.create_connection(("127.0.0.1", {node.agent_port}), 2)
    except OSError:
        pass
    else:
        raise SystemExit("there is a network")
    assert sorted(os.environ.keys() & {{"LAMPAS_AGENT", "DATABASE_URL", "SUDO_USER"}}) == []
"""
    shelf.source("thing", "1.0", tries.strip())
    shop.require("thing")
    assert shop.build() == {"thing": "1.0"}


@pytest.mark.parametrize(
    ("files", "links", "words"),
    [
        ({"thing-1.0/a": "", "../../evil": "x"}, {}, "leaves it"),
        ({"/etc/cron.d/evil": "x"}, {}, "leaves it"),
        ({"thing-1.0/a": ""}, {"thing-1.0/out": "../../etc"}, "leaves it"),
        ({"thing-1.0/a": ""}, {"thing-1.0/out": "/etc"}, "leaves it"),
        ({"thing-1.0/pyproject.toml": "[build-system"}, {}, "cannot be read"),
        ({"thing-1.0/pyproject.toml": "[build-system]\nrequires = 'x'"}, {}, "names no"),
        ({"thing-1.0/pyproject.toml": "[build-system]\nrequires = ['x @ file:///etc/passwd']"}, {}, "from an address"),
    ],
)
def test_an_archive_that_leads_outside_is_refused(
    shop: Shop, shelf: Index, files: dict[str, str], links: dict[str, str], words: str
) -> None:
    shelf.add("thing-1.0.tar.gz", archive(files, links))
    shop.require("thing")
    shop.fails("InvalidInput", words)


def test_an_archive_that_is_none_is_refused(shop: Shop, shelf: Index) -> None:
    shelf.add("thing-1.0.tar.gz", b"\x1f\x8b nothing")
    shop.require("thing")
    shop.fails("InvalidInput", "no archive that can be read")


def test_a_wheel_of_another_name_is_refused(shop: Shop, shelf: Index) -> None:
    shelf.source("thing", "1.0", "name = 'flask'")
    shop.require("thing")
    shop.fails("Failed", "which is no wheel of thing 1.0")


def test_a_wheel_whose_hash_changed_is_refused(shop: Shop, shelf: Index) -> None:
    shelf.wheel("thing", "1.0", sha256="0" * 64)
    shop.require("thing")
    shop.fails("Failed", "thing-1.0-py3-none-any.whl: its sha256 is .*, and 0000")


def test_sources_whose_hash_changed_are_refused(shop: Shop, shelf: Index) -> None:
    shelf.add("thing-1.0.tar.gz", archive({"thing-1.0/a": ""}), sha256="0" * 64)
    shop.require("thing")
    shop.fails("Failed", "thing-1.0.tar.gz: its sha256 is .*, and 0000")


def test_a_conflict_is_told_in_uvs_own_words(shop: Shop, shelf: Index) -> None:
    shelf.wheel("thing", "1.0", requires="inner<2")
    shelf.wheel("inner", "2.0")
    shop.require("thing", "inner>=2")
    shop.fails("Unresolved", "No solution found .* depend on inner<2")


def test_sources_that_alone_are_allowed_by_hash_are_built_though_there_is_a_wheel(shop: Shop, shelf: Index) -> None:
    from lampas.store.models import WheelRow

    shelf.wheel("thing", "1.0")
    source = shelf.source("thing", "1.0")
    shop.require(name="thing")
    text = f'[app.{shop.app}]\nentry = "shop:app"\nrequirements = "requirements.txt"\n'
    pinned = f"thing==1.0 --hash=sha256:{source}\n"
    shop.workshop.commit("shop", {"lampas.toml": text, "requirements.txt": pinned})
    assert shop.build() == {"thing": "1.0"}
    assert WheelRow.objects.get().source == source


def test_debian_packages_count_and_are_asked_for_by_name(shop: Shop, shelf: Index) -> None:
    from lampas.store.models import WheelRow

    shelf.source("thing", "1.0")
    shop.require("thing", more='build_packages = ["libno-such-thing-dev", "dpkg"]\n')
    error = shop.fails("Conflict", "not approved: libno-such-thing-dev")
    assert error.remedy.endswith("lampas packages approve libno-such-thing-dev")
    shop.require("thing", more='build_packages = ["dpkg"]\n')
    shop.build()
    assert list(WheelRow.objects.get().made_with) == ["dpkg"]
