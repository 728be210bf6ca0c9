"""Source distributions → wheels, each built once, in a node's sandbox.

No code of a distribution runs here or with a network: what its build requires is locked and fetched as wheels first,
then all of it goes to the node, where its own backend builds with nothing but that in sight.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampas.build import archives, fetching
from lampas.build.tools import HOSTED_PYTHON
from lampas.core.distributions.pylock import Source
from lampas.core.distributions.sources import (
    INPUTS,
    OUT_OF_TIME,
    OUTPUT,
    BuildFailed,
    BuildSystem,
    WheelBuilder,
    WheelOrder,
    WheelOutcome,
    build_system,
    check_built,
    checked_requires,
)
from lampas.core.distributions.values import Lock, Requirements
from lampas.core.names import AppName, Sha256
from lampas.store import artifacts, wheels
from lampas.store.wheels import BuiltWheel

_WORKER = Path(__file__).parent / "wheel_worker.py"
_TOOLS = ("installer", "packaging", "pyproject_hooks")
# The time in every wheel and the order of sets, so that one build is like another: 2020-01-01.
_ENVIRONMENT = {"SOURCE_DATE_EPOCH": "1577836800", "PYTHONHASHSEED": "0", "HOME": "/tmp"}  # noqa: S108 - the sandbox's
_ROUNDS = 4  # how often a backend may ask for more
_SECONDS = 900.0  # for one build
_RECIPE = 1  # grows when the same inputs would give another wheel


@dataclass(frozen=True)
class Workplace:
    """Where and for whom source distributions are built.

    Attributes:
        builder: The sandbox.
        app: The application; its Unix user builds. What comes out is shared, since it follows from its inputs alone.
        packages: Debian packages that building takes.
        lock: Locks the requirements of a build; what has sources alone is built for it too, down to a bound.
        tell: Hears one line about each build.
    """

    builder: WheelBuilder
    app: AppName
    packages: tuple[str, ...]
    lock: Callable[[Requirements], Lock]
    tell: Callable[[str], None]


@dataclass(frozen=True)
class _Inputs:
    source: Source
    system: BuildSystem
    environment: Lock
    packages: Mapping[str, str]

    @property
    def digest(self) -> str:
        parts = {
            "recipe": _RECIPE,
            "source": self.source.sha256,
            "environment": [wheel.sha256 for wheel in self.environment.distributions],
            "packages": dict(sorted(self.packages.items())),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def wheel_from(source: Source, place: Workplace) -> BuiltWheel:
    """The wheel of a source distribution: the one that the same inputs gave before, or a new one.

    Args:
        source: The source distribution.
        place: Where it is built.

    Raises:
        NotApproved, NotInstalled: Debian packages that building takes are not on the node, and do not come there.
        BrokenSource: Its archive cannot be used.
        BuildFailed: Its build failed; nothing is kept.
        Unreachable: The package index or the node does not answer.
    """
    installed = place.builder.ensure(place.packages) if place.packages else {}
    data = fetching.source(source)
    system = build_system(archives.pyproject(source.filename, data), source.filename)
    inputs = _Inputs(source, system, _environment(system.requires, source, place), installed)
    known = wheels.find(inputs.digest)
    return known if known is not None else _built(inputs, place)


def _environment(requires: Sequence[str], source: Source, place: Workplace) -> Lock:
    return place.lock(Requirements(tuple(requires), source=f"the build of {source.filename}"))


def _built(inputs: _Inputs, place: Workplace) -> BuiltWheel:
    source, environment, requires = inputs.source, inputs.environment, inputs.system.requires
    place.tell(f"building {source.name} {source.version} from its sources")
    began = time.monotonic()
    for _ in range(_ROUNDS):
        outcome = place.builder.run(_order(inputs, environment, place.app))
        told = _told(source, outcome)
        if "filename" in told:
            built = _kept(source, str(told["filename"]), outcome.files)
            made_with = {one.name: one.version for one in environment.distributions} | dict(inputs.packages)
            wheels.save(inputs.digest, built, made_with, round(time.monotonic() - began, 3))
            return built
        more = checked_requires(list(map(str, told["requires"])), source.filename)
        requires = tuple(sorted({*requires, *more}))
        environment = _environment(requires, source, place)
    raise BuildFailed(source.filename, "its build asks for more and more distributions")


def _order(inputs: _Inputs, environment: Lock, app: AppName) -> WheelOrder:
    source, system = inputs.source, inputs.system
    argument = {
        "inputs": INPUTS,
        "output": OUTPUT,
        "source": source.filename,
        "backend": system.backend,
        "backend_path": list(system.backend_path),
    }
    given = {wheel.filename: wheel.sha256 for wheel in environment.distributions}
    given |= {source.filename: source.sha256, "tools.zip": artifacts.put(tools_archive())}
    given[_WORKER.name] = artifacts.put(_WORKER.read_bytes())
    argv = (HOSTED_PYTHON, "-I", "-B", f"{INPUTS}/{_WORKER.name}", json.dumps(argument))
    return WheelOrder(app, argv, given, _ENVIRONMENT, _SECONDS)


def _told(source: Source, outcome: WheelOutcome) -> dict[str, Any]:
    if outcome.status == OUT_OF_TIME:
        raise BuildFailed(source.filename, "it did not end in time", outcome.log)
    try:
        told = json.loads(outcome.files.get("told.json", b""))
    except ValueError:
        told = None
    if outcome.status != 0 or not isinstance(told, dict) or not isinstance(told.get("requires", []), list):
        raise BuildFailed(source.filename, f"its build ended with status {outcome.status}", outcome.log)
    return {"requires": [], **told}


def _kept(source: Source, filename: str, files: Mapping[str, bytes]) -> BuiltWheel:
    check_built(source.name, source.version, source.filename, filename)
    try:
        fetching.metadata(filename, files.get(filename, b""))
    except fetching.BrokenWheel as error:
        raise BuildFailed(source.filename, error.message) from error
    return BuiltWheel(source.name, source.version, filename, artifacts.put(files[filename]), source.sha256)


@functools.cache
def tools_archive() -> bytes:
    """installer, packaging and pyproject_hooks of LAMPAS's own environment, as one zip that Python imports from.

    Equal versions give equal bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _TOOLS:
            found = importlib.metadata.distribution(name)
            for file in sorted(found.files or (), key=str):
                if file.suffix in (".py", ".typed"):
                    archive.writestr(zipfile.ZipInfo(str(file)), Path(str(found.locate_file(file))).read_bytes())
    return packed.getvalue()


def allowed(wheel: Sha256, hashes: Sequence[str], built: Mapping[Sha256, Sha256]) -> bool:
    """Whether a requirement file's own hashes allow a wheel, by its own hash or that of its sources."""
    return wheel in hashes or built.get(wheel, "") in hashes
