"""Requirements → a lock: exact wheels with their hashes, all of them kept."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name

from lampas.build import fetching
from lampas.build.resolving import resolve, source_of
from lampas.build.tools import Tools
from lampas.build.wheels import Workplace, allowed, wheel_from
from lampas.core.definition.values import Definition
from lampas.core.distributions import cpanfile
from lampas.core.distributions.projects import RequirementError
from lampas.core.distributions.pylock import NoWheel, Source, Wheel, wheels
from lampas.core.distributions.requirements import Read, inline_requirements, read_requirements
from lampas.core.distributions.sources import WheelBuilder
from lampas.core.distributions.values import Lock, Requirements
from lampas.core.names import AppName, Sha256
from lampas.store import artifacts, locks
from lampas.store import wheels as wheel_rows
from lampas.store.wheels import BuiltWheel

_PYTHON = (3, 11)
_DEEPEST = 3  # builds that require builds


def required(definition: Definition, read: Read) -> Requirements:
    """What its definition names, else requirements.txt, else pyproject.toml, else nothing; of Perl, else a cpanfile.

    Args:
        definition: Its definition.
        read: Content of a path of its commit; None where there is none.

    Raises:
        InvalidInput: A requirement file cannot be used.
    """
    wanted = definition.requirements
    if definition.runtime == "perl":
        return _required_of_cpan(definition, read)
    if isinstance(wanted, tuple):
        return inline_requirements(wanted, definition.file)
    if wanted is not None:
        return read_requirements(wanted, read)
    folders = dict.fromkeys((definition.root, ""))
    names = [f"{folder}/{name}".lstrip("/") for name in ("requirements.txt", "pyproject.toml") for folder in folders]
    file = next((name for name in names if read(name) is not None), None)
    return read_requirements(file, read) if file is not None else Requirements(())


def _required_of_cpan(definition: Definition, read: Read) -> Requirements:
    wanted = definition.requirements
    if isinstance(wanted, tuple):
        return cpanfile.listed(wanted, definition.file)
    folders = dict.fromkeys((definition.root, ""))
    names = [wanted] if wanted is not None else [f"{folder}/cpanfile".lstrip("/") for folder in folders]
    for name in names:
        content = read(name)
        if content is not None:
            return cpanfile.parse(content.decode(errors="replace"), name)
    if wanted is not None:
        raise RequirementError(wanted, 0, "there is no such file at this commit", "correct `requirements`")
    return Requirements(())


@dataclass(frozen=True)
class Locking:
    """What locking is done with.

    Attributes:
        tools: uv, its cache, the package index.
        builder: Builds what has sources alone; None: nothing is built.
        app: The application; its Unix user builds.
        packages: Debian packages that building takes.
        tell: Hears one line about each build.
        depth: How many builds require this one.
    """

    tools: Tools
    builder: WheelBuilder | None
    app: AppName
    packages: tuple[str, ...] = ()
    tell: Callable[[str], None] = lambda _: None
    depth: int = 0

    @property
    def builds(self) -> bool:
        """Whether what has sources alone is built."""
        return self.builder is not None and self.depth < _DEEPEST


def locked(requirements: Requirements, using: Locking) -> Lock:
    """The lock of some requirements. It is resolved once for the same inputs; its wheels are kept when it returns.

    Args:
        requirements: What is required.
        using: What it is done with.

    Raises:
        Unresolved: No set of versions fits, or one of them has neither a wheel nor sources.
        BuildFailed, BrokenSource, NotApproved, NotInstalled: One of them has sources alone, which do not build.
        Unreachable: The package index does not answer.
    """
    if not requirements.lines:
        return Lock(source=requirements.source)
    inputs = _inputs(requirements, using)
    lock = locks.find(inputs)
    if lock is not None:
        wanted = {found.sha256 for found in lock.distributions}
        if len(artifacts.have(wanted)) == len(wanted):
            return lock
        locks.forget(inputs)
    built: dict[Sha256, Sha256] = {}
    chosen = _chosen(requirements, using, built)
    made = Lock(tuple(fetching.fetch(chosen)), _direct(requirements), requirements.source)
    locks.save(inputs, made, using.app if using.depth == 0 else "")
    return made


def known(requirements: Requirements, using: Locking) -> Lock | None:
    """The lock that some requirements have; None where they were never resolved.

    Args:
        requirements: What is required.
        using: What it would be resolved with; nothing is.
    """
    return locks.find(_inputs(requirements, using)) if requirements.lines else Lock(source=requirements.source)


def _chosen(requirements: Requirements, using: Locking, built: dict[Sha256, Sha256]) -> list[Wheel]:
    """The wheels to fetch; `built` is filled with the sources of those that were built."""

    def make(source: Source) -> tuple[str, bytes]:
        wheel = _build(source, using)
        built[wheel.sha256] = wheel.source
        return wheel.filename, artifacts.get(wheel.sha256)

    hashes = requirements.hashes or {}
    before = _built_before(using) if using.builds else []
    built.update({wheel.sha256: wheel.source for wheel in before})
    offered = ((wheel.filename, artifacts.get(wheel.sha256)) for wheel in before)
    document = resolve(requirements, using.tools, make if using.builds else None, offered)
    return [
        wheel
        if not hashes.get(wheel.name) or allowed(wheel.sha256, hashes[wheel.name], built)
        else _by_hash(wheel, hashes[wheel.name], requirements, using)
        for wheel in wheels(document, _tags(), hashes)
    ]


def _built_before(using: Locking) -> list[BuiltWheel]:
    """What was built for the application's last lock. It is offered at once, which spares asking uv three times for
    each; so an application stays with a version that it needed sources for until its requirements say otherwise."""
    last = locks.last(using.app) if using.depth == 0 else None
    if last is None or using.builder is None:
        return []
    wanted = [found.sha256 for found in last.distributions]
    if not wheel_rows.sources_of(wanted):
        return []
    installed = using.builder.installed(using.packages) if using.packages else {}
    return wheel_rows.still_good(wanted, installed)


def _by_hash(wheel: Wheel, hashes: Sequence[str], requirements: Requirements, using: Locking) -> Wheel:
    """The wheel made from sources, where the requirement files allow those alone."""
    with contextlib.suppress(NoWheel):
        source = source_of(wheel.name, wheel.version, requirements, using.tools)
        if source.sha256 in hashes:
            built = _build(source, using)
            return Wheel(wheel.name, wheel.version, built.filename, built.sha256, "")
    raise RequirementError(
        requirements.source, 0, f"{wheel.filename} has none of the hashes that are allowed for {wheel.name}",
        "add the wheel's own hash, or take the hashes out",
    )  # fmt: skip


def _build(source: Source, using: Locking) -> BuiltWheel:
    if using.builder is None or not using.builds:
        raise NoWheel(source.name, source.version)
    inner = replace(using, depth=using.depth + 1)
    lock = functools.partial(locked, using=inner)
    return wheel_from(source, Workplace(using.builder, using.app, using.packages, lock, using.tell))


def _inputs(requirements: Requirements, using: Locking) -> str:
    parts: dict[str, Any] = {
        "lines": requirements.lines,
        "constraints": requirements.constraints,
        "hashes": requirements.hashes,
        "source": requirements.source,
        "python": _PYTHON,
        "platform": sorted({tag.platform for tag in _tags()}),
        "index": using.tools.index_url,
    }
    if using.packages:
        parts["build_packages"] = using.packages
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _tags() -> list[Tag]:
    return [*cpython_tags(_PYTHON), *compatible_tags(_PYTHON, f"cp{_PYTHON[0]}{_PYTHON[1]}")]


def _direct(requirements: Requirements) -> tuple[str, ...]:
    return tuple(sorted({str(canonicalize_name(Requirement(line).name)) for line in requirements.lines}))
