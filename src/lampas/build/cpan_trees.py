"""CPAN distributions → install trees, each built once, in a node's sandbox.

As with wheels: no code of a distribution runs here or with a network. What it requires was built before and goes to the
node with it; cpanm builds and installs it there with nothing else in sight. A tree is kept as content and shared by all
releases; nodes unpack it as they unpack wheels.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lampas.build.tools import HOSTED_PYTHON
from lampas.core.distributions.sources import (
    INPUTS,
    OUT_OF_TIME,
    OUTPUT,
    BuildFailed,
    WheelBuilder,
    WheelOrder,
    WheelOutcome,
)
from lampas.core.names import AppName, Sha256
from lampas.store import artifacts, wheels
from lampas.store.wheels import BuiltWheel

_WORKER = Path(__file__).parent / "cpan_worker.py"
_ENVIRONMENT = {"SOURCE_DATE_EPOCH": "1577836800", "HOME": "/tmp"}  # noqa: S108 - the sandbox's
_SECONDS = 900.0  # for one build
_RECIPE = 1  # grows when the same inputs would give another tree
_PERL = "5.36"
_REMEDY = "require another version, or name the Debian packages that it needs in `build_packages`"


@dataclass(frozen=True)
class Archive:
    """A distribution's archive, kept as content: its name, version, file name and sha256."""

    name: str
    version: str
    filename: str
    sha256: Sha256


@dataclass(frozen=True)
class Workplace:
    """Where and for whom distributions are built.

    Attributes:
        builder: The sandbox.
        app: The application; its Unix user builds. What comes out is shared, since it follows from its inputs alone.
        packages: Debian packages that building takes.
        tell: Hears one line about each build.
    """

    builder: WheelBuilder
    app: AppName
    packages: tuple[str, ...]
    tell: Callable[[str], None]


def tree_of(archive: Archive, requires: Sequence[BuiltWheel], place: Workplace) -> BuiltWheel:
    """The install tree of a distribution: the one that the same inputs gave before, or a new one.

    Args:
        archive: The distribution.
        requires: The trees of all that it requires, whatever they require themselves included.
        place: Where it is built.

    Raises:
        NotApproved, NotInstalled: Debian packages that building takes are not on the node, and do not come there.
        BuildFailed: Its build failed; nothing is kept.
        Unreachable: The node does not answer.
    """
    installed = place.builder.ensure(place.packages) if place.packages else {}
    parts = {
        "recipe": _RECIPE,
        "perl": _PERL,
        "source": archive.sha256,
        "trees": [tree.sha256 for tree in requires],
        "packages": dict(sorted(installed.items())),
    }
    inputs = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    known = wheels.find(inputs)
    if known is not None:
        return known
    place.tell(f"building {archive.name} {archive.version} from its sources")
    began = time.monotonic()
    filename = f"{archive.name}-{archive.version}.perl-{_PERL}.zip"
    outcome = place.builder.run(_order(archive, requires, place.app, filename))
    built = BuiltWheel(archive.name, archive.version, filename, _kept(archive, filename, outcome), archive.sha256)
    made_with = {tree.name: tree.version for tree in requires} | dict(installed)
    wheels.save(inputs, built, made_with, round(time.monotonic() - began, 3))
    return built


def _order(archive: Archive, requires: Sequence[BuiltWheel], app: AppName, filename: str) -> WheelOrder:
    argument = {
        "inputs": INPUTS,
        "output": OUTPUT,
        "source": archive.filename,
        "trees": [tree.filename for tree in requires],
        "name": filename,
    }
    given: dict[str, Sha256] = {tree.filename: tree.sha256 for tree in requires}
    given |= {archive.filename: archive.sha256, _WORKER.name: artifacts.put(_WORKER.read_bytes())}
    argv = (HOSTED_PYTHON, "-I", "-S", "-B", f"{INPUTS}/{_WORKER.name}", json.dumps(argument))
    return WheelOrder(app, argv, given, _ENVIRONMENT, _SECONDS)


def _kept(archive: Archive, filename: str, outcome: WheelOutcome) -> Sha256:
    log = _said(outcome.log)
    if outcome.status == OUT_OF_TIME:
        raise BuildFailed(archive.filename, "it did not end in time", log, _REMEDY)
    if outcome.status != 0 or filename not in outcome.files or not _told(outcome.files):
        raise BuildFailed(archive.filename, f"its build ended with status {outcome.status}", log, _REMEDY)
    return artifacts.put(outcome.files[filename])


def _told(files: Mapping[str, bytes]) -> bool:
    try:
        return isinstance(json.loads(files.get("told.json", b"")), dict)
    except ValueError:
        return False


def _said(log: str) -> str:
    """What was said, without cpanm's own words that only point to a log in the sandbox."""
    return "\n".join(line for line in log.splitlines() if "/build.log" not in line and "See /" not in line)
