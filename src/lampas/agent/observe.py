"""Reads what stands and runs on the node. It changes nothing, and needs no other user's rights."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from lampas.agent import documents, environments, statics, trees
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.content import ContentStore
from lampas.agent.plan import Digest, Observed, SeenUnit
from lampas.agent.wheels import WheelStore
from lampas.core.nodestate import Manifest, NodeState, Unit
from lampas.core.nodestate.places import label
from lampas.errors import Denied, InvalidInput

_UNIT = re.compile(r"v([0-9]+)(?:-([0-9]+))?")
_LISTEN = re.compile(rb"^Listen 127\.0\.0\.1:([0-9]+)$", re.MULTILINE)
_FILES = ("httpd.conf", "app.wsgi")
_CACHED = 24 * 3600.0  # seconds that a tree stays that was built and is not to run: it was verified, or put back


def unit_files(unit: Unit) -> dict[str, bytes]:
    """The files in a unit's directory: name → bytes."""
    return dict(zip(_FILES, (unit.config.encode(), unit.shim.encode()), strict=True))


def files(directory: Path) -> dict[str, bytes]:
    """The files that stand in a unit's directory, as far as they are a unit's."""
    found = {}
    for name in _FILES:
        with contextlib.suppress(OSError):
            found[name] = (directory / name).read_bytes()
    return found


def digest(files: Mapping[str, bytes]) -> str:
    """One hash over a unit's files."""
    whole = hashlib.sha256()
    for name, data in sorted(files.items()):
        whole.update(f"{name} {len(data)}\n".encode() + data)
    return whole.hexdigest()


def digests(configuration: AgentConfiguration, state: NodeState) -> dict[str, Digest]:
    """Unit name → what it is to be made of. The environment counts as opened: sealing it anew changes nothing.

    Raises:
        Denied: Something was not sealed to this node.
    """
    return {
        unit.name: Digest(digest(unit_files(unit)), _hash(environments.of_unit(configuration, unit)))
        for unit in state.units
    }


def _confirmed(configuration: AgentConfiguration, applied: NodeState | None) -> dict[str, Digest]:
    """What answered when it was last applied; nothing that can be compared where its secrets do not open any more."""
    try:
        return digests(configuration, applied) if applied else {}
    except Denied:
        return {}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def observe(configuration: AgentConfiguration, state: NodeState, applied: NodeState | None) -> Observed:
    """Everything that a plan for `state` needs to know.

    Args:
        configuration: The agent's.
        state: The desired state.
        applied: The last state that was applied, if any.

    Raises:
        InvalidInput: A manifest that was sent is none.
    """
    apps = Path(configuration.home) / "agent/apps"
    names = sorted(path.name for path in apps.iterdir() if path.is_dir()) if apps.is_dir() else []
    present = {app: _numbers(apps / app / "releases") for app in names}
    releases = {(app, n): trees.held(configuration.places, app, n) for app in names for n in present[app]}
    lacking, manifests = _to_build(configuration, state, releases)
    wheels = WheelStore(ContentStore(configuration.agent / "store"))
    before = {(each.app, each.number) for each in applied.releases} if applied else set()
    old = {
        (app, number)
        for app, number in releases
        if (app, number) in before or _age(apps / app / "releases" / str(number)) > _CACHED
    }
    return Observed(
        apps=frozenset(names),
        unprepared=_unprepared(configuration, state, manifests),
        known=frozenset(applied.apps) if applied else frozenset(),
        releases={key: manifest for key, manifest in releases.items() if manifest},
        units={name: unit for app in names for name, unit in _units(configuration, app).items()},
        confirmed=_confirmed(configuration, applied),
        maps=maps(configuration),
        lacking=tuple(lacking),
        unpacked=not wheels.missing([wheel.sha256 for each in manifests for wheel in each.wheels]),
        stale=frozenset(old),
        exposed=statics.exposed(configuration.places),
    )


def running(configuration: AgentConfiguration, app: str, number: int, slot: int) -> int:
    """The pid of a unit's Apache; 0 where it does not run. Its pid file is believed only if that process is it."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((Path(configuration.places.run(app)) / f"{label(number, slot)}.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(f"{configuration.places.unit(app, number, slot)}/httpd.conf") in words:
            return pid
    return 0


def units_on_disk(configuration: AgentConfiguration, app: str) -> list[tuple[int, int]]:
    """The units of an application that have a directory: release number and slot, see `label`."""
    directory = Path(configuration.home) / "agent/apps" / app / "units"
    names = [path.name for path in directory.iterdir()] if directory.is_dir() else []
    return sorted((int(found[1]), int(found[2] or 0)) for name in names if (found := _UNIT.fullmatch(name)))


def held_manifests(configuration: AgentConfiguration) -> set[str]:
    """The sha256 of the manifest of every release that stands whole."""
    apps = Path(configuration.home) / "agent/apps"
    found = {file.read_text().strip() for file in apps.glob("*/releases/*/manifest")}
    return found - {""}


def maps(configuration: AgentConfiguration) -> dict[str, str]:
    """The front's map files as they are."""
    found = configuration.maps.glob("*.txt") if configuration.maps.is_dir() else iter(())
    return {path.name: path.read_text() for path in found}


def prepared(configuration: AgentConfiguration, manifest: Manifest) -> bool:
    """Whether the application's directories were made with all that this release keeps in them."""
    return set(manifest.persist) <= set(persistent(configuration, manifest.app)) and _base(configuration, manifest.app)


def persistent(configuration: AgentConfiguration, app: str) -> list[str]:
    """The persistent directories that the helper was asked to make; it alone can look where they stand."""
    try:
        return [str(name) for name in json.loads(_persist_file(configuration, app).read_text())]
    except (OSError, ValueError):
        return []


def note_persistent(configuration: AgentConfiguration, app: str, names: Iterable[str]) -> None:
    """Remembers what the helper made."""
    aside = _persist_file(configuration, app).with_suffix(".new")
    aside.write_text(json.dumps(sorted(set(names))))
    aside.replace(_persist_file(configuration, app))


def _persist_file(configuration: AgentConfiguration, app: str) -> Path:
    return Path(configuration.home) / "agent/apps" / app / "persist.json"


def _unprepared(configuration: AgentConfiguration, state: NodeState, manifests: Iterable[Manifest]) -> frozenset[str]:
    """Applications that lack a directory: one that a release to build keeps data in, or that of the environments,
    which is gone after a reboot."""
    lacking = {each.app for each in manifests if not prepared(configuration, each)}
    for app in {unit.app for unit in state.units if unit.by_port}:
        if not environments.directory(configuration, app).is_dir():
            lacking.add(app)
    return frozenset(lacking)


def _base(configuration: AgentConfiguration, app: str) -> bool:
    return _persist_file(configuration, app).exists()


def _to_build(
    configuration: AgentConfiguration, state: NodeState, releases: Mapping[tuple[str, int], str]
) -> tuple[list[str], list[Manifest]]:
    """What is missing for the releases that do not stand yet, and their manifests."""
    content = ContentStore(configuration.agent / "store")
    wheels = WheelStore(content)
    lacking: list[str] = []
    manifests: list[Manifest] = []
    for release in state.releases:
        if releases.get((release.app, release.number)) == release.manifest:
            continue
        if not content.has(release.manifest):
            lacking.append(release.manifest)
            continue
        manifest = documents.manifest(content.read(release.manifest))
        if manifest.app != release.app:
            raise InvalidInput(f"the manifest of {release.app} {release.number} is one of {manifest.app}")
        manifests.append(manifest)
        lacking += trees.lacking(content, wheels, manifest)
    return lacking, manifests


def _units(configuration: AgentConfiguration, app: str) -> dict[str, SeenUnit]:
    found = {}
    for number, slot in units_on_disk(configuration, app):
        made = files(Path(configuration.places.unit(app, number, slot)))
        env = ""
        with contextlib.suppress(OSError):
            env = _hash(environments.file(configuration, app, number, slot).read_bytes())
        listens = _LISTEN.search(made.get("httpd.conf", b""))
        port = int(listens[1]) if listens else slot
        up = running(configuration, app, number, slot) > 0
        found[f"{app}-{label(number, slot)}"] = SeenUnit(app, number, slot, port, Digest(digest(made), env), up)
    return found


def _numbers(directory: Path) -> list[int]:
    names = [path.name for path in directory.iterdir()] if directory.is_dir() else []
    return sorted(int(name) for name in names if name.isdigit())


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
