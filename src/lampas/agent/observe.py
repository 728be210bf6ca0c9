"""Reads what stands and runs on the node. It changes nothing, and needs no other user's rights."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from lampas.agent import documents, trees
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.content import ContentStore
from lampas.agent.plan import Observed, SeenUnit
from lampas.agent.wheels import WheelStore
from lampas.core.nodestate import Manifest, NodeState, Unit
from lampas.errors import InvalidInput

_CACHED = 24 * 3600.0  # seconds that a tree stays that was built and is not to run: it was verified, or put back


def unit_files(unit: Unit) -> dict[str, bytes]:
    """The files of a unit: name → bytes."""
    env = b"".join(f"{name}={value}".encode() + b"\0" for name, value in sorted(unit.env.items()))
    return {"httpd.conf": unit.config.encode(), "app.wsgi": unit.shim.encode(), "env": env}


def digest(files: Mapping[str, bytes]) -> str:
    """One hash over a unit's files."""
    whole = hashlib.sha256()
    for name, data in sorted(files.items()):
        whole.update(f"{name} {len(data)}\n".encode() + data)
    return whole.hexdigest()


def digests(state: NodeState) -> dict[str, str]:
    """Unit name → digest of its desired files."""
    return {unit.name: digest(unit_files(unit)) for unit in state.units}


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
        unprepared=frozenset(each.app for each in manifests if not prepared(configuration, each)),
        known=frozenset(applied.apps) if applied else frozenset(),
        releases={key: manifest for key, manifest in releases.items() if manifest},
        units={name: unit for app in names for name, unit in _units(configuration, app).items()},
        confirmed=digests(applied) if applied else {},
        maps=maps(configuration),
        lacking=tuple(lacking),
        unpacked=not wheels.missing([wheel.sha256 for each in manifests for wheel in each.wheels]),
        stale=frozenset(old),
    )


def running(configuration: AgentConfiguration, app: str, number: int) -> int:
    """The pid of a unit's Apache; 0 where it does not run. Its pid file is believed only if that process is it."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((Path(configuration.places.run(app)) / f"v{number}.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(f"{configuration.places.unit(app, number)}/httpd.conf") in words:
            return pid
    return 0


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
    for number in _numbers(Path(configuration.home) / "agent/apps" / app / "units", "v"):
        directory = Path(configuration.places.unit(app, number))
        files = {}
        for name in ("httpd.conf", "app.wsgi", "env"):
            with contextlib.suppress(OSError):
                files[name] = (directory / name).read_bytes()
        up = running(configuration, app, number) > 0
        found[f"{app}-v{number}"] = SeenUnit(app, number, digest(files), up)
    return found


def _numbers(directory: Path, prefix: str = "") -> list[int]:
    if not directory.is_dir():
        return []
    names = (path.name.removeprefix(prefix) for path in directory.iterdir() if path.name.startswith(prefix))
    return sorted(int(name) for name in names if name.isdigit())


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
