"""The build of a release: definition → closure → distributions → tree → verify.

Content is kept first, under its own hash; then one transaction gives the release its number and its row. A build that
is killed between any two steps leaves content that nothing names, and the next build of the same inputs goes on
from it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lampas.build import closures, pinning, trees
from lampas.build import hooks as build_hooks
from lampas.build.pinning import Ground
from lampas.build.tools import tools
from lampas.core.closure.unresolved import check_resolved
from lampas.core.closure.values import Closure
from lampas.core.definition.availability import check_available
from lampas.core.definition.hosts import check_hosts
from lampas.core.definition.values import Definition
from lampas.core.distributions.debian import NotApproved, PackageKeeper
from lampas.core.distributions.sources import WheelBuilder
from lampas.core.history.ports import HistoryReader
from lampas.core.names import AppName, ReleaseId, ReleaseNumber
from lampas.core.nodestate import Manifest, ReleaseOnNode
from lampas.core.nodestate.statics import compressed
from lampas.core.release.assembly import inputs, manifest, release_id, tree_digest, tree_files
from lampas.core.release.diagnosis import missing_modules
from lampas.core.release.hooks import HookRunner, merged
from lampas.core.release.persistence import check_persist
from lampas.core.release.values import Built, Progress, Verified, Verifier
from lampas.errors import Failed
from lampas.store import artifacts, releases
from lampas.store.faults import store_faults
from lampas.store.models import Release


class NotReproducible(Failed):
    """The same inputs gave another tree than the release that they name."""

    def __init__(self, app: AppName, number: int, expected: str, got: str) -> None:
        super().__init__(
            f"the inputs of {app} {number} gave the tree {got[:12]}, and the release has {expected[:12]}",
            "the build is not reproducible: report it; the release itself is unchanged",
        )
        self.expected = expected
        self.got = got


@dataclass(frozen=True)
class _Made:
    definition: Definition
    closure: Closure
    release: ReleaseId
    manifest: Manifest
    hooks: str
    inputs: bytes
    packages: Mapping[str, str] = field(default_factory=dict)


def build(
    reader: HistoryReader,
    app: AppName,
    at: str | None,
    pins: Mapping[str, str],
    actor: str,
    progress: Progress,
    verifier: Verifier,
    *,
    anew: bool = False,
    builder: WheelBuilder | None = None,
    hooks: HookRunner | None = None,
    base: int | None = None,
    packages: PackageKeeper | None = None,
) -> Built:
    """Builds a release and proves that it starts. What the same inputs gave before is returned, not made again.

    Args:
        reader: History.
        app: The application.
        at: A branch, tag or commit of its repository; None: the default branch.
        pins: PATH, MODULE or REPO:MODULE → another commit, from which that file is taken.
        actor: Who asked for it.
        progress: Hears of the steps definition, packages, closure, distributions, tree, hooks, verify.
        verifier: Starts it alone. A release that does not start is kept as failed, with its log, and is not deployed.
        anew: Whether files are made again though they are known, to prove that the build is reproducible.
        builder: Builds distributions that have sources alone; None: such a one is refused.
        hooks: Runs build hooks; None: a definition that has some is refused.
        packages: Sees to the Debian packages of the node that builds; None: a definition that has some is refused.
        base: The number of a release whose definition and commits it is made from, instead of `at`.

    Returns:
        The release. `verify.ok` is False where it did not start.

    Raises:
        NotFound, InvalidInput, Unresolved: What was asked for cannot be built.
        NotReproducible: The same inputs gave another tree.
        HookFailed: A build hook ended badly; nothing of it is kept.
        Unreachable: MariaDB or the package index is gone; nothing half is left.
    """
    started = time.monotonic()
    with store_faults("building"):
        progress("definition", f"reading the definition of {app}")
        ground = pinning.ground(reader, app, at, pins, releases.numbered(app, base) if base is not None else None)
        versions = _packages(ground.definition, progress, packages)
        made = replace(_make(reader, ground, progress, anew, builder, hooks), packages=versions)
        release, new = _keep(made, actor)
        verified = _verify(release, made, progress, verifier)
    return Built(
        number=ReleaseNumber(release.number),
        id=made.release,
        members=len(made.closure.members),
        distributions=len(made.closure.distributions),
        seconds=time.monotonic() - started,
        verify=verified,
        existed=not new,
    )


def _packages(definition: Definition, progress: Progress, keeper: PackageKeeper | None) -> Mapping[str, str]:
    """The versions of the Debian packages that the application asks for, on the node that builds. They are there
    before anything is looked up: what they ship is not missing."""
    if not definition.packages:
        return {}
    progress("packages", ", ".join(definition.packages))
    if keeper is None:
        raise NotApproved(definition.packages)
    return keeper.ensure(definition.packages)


def _make(
    reader: HistoryReader,
    ground: Ground,
    progress: Progress,
    anew: bool,
    builder: WheelBuilder | None,
    hooks: HookRunner | None,
) -> _Made:
    definition, app = ground.definition, ground.definition.name
    check_available(definition)
    check_hosts(definition, tools().domain, releases.taken_hosts(app))
    progress("closure", _started(ground))
    tell = functools.partial(progress, "distributions")
    computed = closures.compute_scoped(reader, ground, builder, tell)
    closure = computed.closure
    check_resolved(closure)
    progress("distributions", _summary(closure))
    files = tree_files(closure, definition.root, computed.roots)
    check_persist(definition, files, computed.scopes[0].modes)
    progress("tree", f"{len(files)} files")
    built = trees.make(computed.reader, files, anew)
    draft = manifest(definition, ReleaseId(""), closure, files, built)
    output = build_hooks.output(draft, definition, hooks, progress, anew)
    made_from = inputs(app, closure, files, output.inputs())
    named = release_id(made_from, definition.settings())
    whole = replace(merged(draft, output), release=named)
    return _Made(definition, closure, named, whole, output.key, made_from)


def _started(ground: Ground) -> str:
    definition = ground.definition
    words = f"{definition.file} of {definition.defined_in}, code at {definition.commit[:12]}"
    words += f", as in release {ground.base}" if ground.base is not None else ""
    pins = ", ".join(f"{pin.path} at {pin.commit[:12]}" for pin in ground.pins)
    return f"{words}, with {pins}" if pins else words


def _summary(closure: Closure) -> str:
    needed = [missing for missing in closure.unresolved if not missing.optional and not missing.waived]
    words = f"{len(closure.members)} files, {len(closure.distributions)} distributions"
    if needed:
        shown = ", ".join(f"{missing.name} ({missing.file}:{missing.line})" for missing in needed[:5])
        words += f"; {len(needed)} unresolved: {shown}{' …' if len(needed) > 5 else ''}"
    return words


def _keep(made: _Made, actor: str) -> tuple[Release, bool]:
    digest = tree_digest(made.manifest)
    existing = releases.by_id(made.definition.name, made.release)
    if existing is None:
        existing, new = releases.add(made.definition.name, _row(made, digest, actor), _needed(made))
        if new:
            return existing, True
    if existing.tree != digest:
        raise NotReproducible(made.definition.name, existing.number, existing.tree, digest)
    return existing, False


def _row(made: _Made, digest: str, actor: str) -> releases.NewRelease:
    return releases.NewRelease(
        release_id=made.release,
        tree=digest,
        manifest=artifacts.put(made.manifest.encode()),
        repository=made.definition.repository,
        commit=made.definition.commit,
        definition_commit=made.definition.definition_commit,
        definition=made.definition.recorded(),
        closure=_recorded(made),
        env=dict(made.definition.env),
        author=actor,
        hooks=made.hooks,
        inputs=artifacts.put(made.inputs),
        compressed=compressed(made.manifest.static, made.manifest.persist, {file.path for file in made.manifest.files}),
    )


def _recorded(made: _Made) -> dict[str, Any]:
    """The closure, with the Debian packages that were there when it was built."""
    packages = [{"name": name, "version": made.packages[name]} for name in sorted(made.packages)]
    return {**made.closure.recorded(), **({"packages": packages} if packages else {})}


def _needed(made: _Made) -> list[str]:
    content = [file.sha256 for file in made.manifest.files] + [wheel.sha256 for wheel in made.manifest.wheels]
    return [*content, made.manifest.sha256, artifacts.name_of(made.inputs)]


def _verify(release: Release, made: _Made, progress: Progress, verifier: Verifier) -> Verified:
    if release.state == "verified":
        progress("verify", f"release {release.number} was verified when it was built")
        return Verified(True)
    progress("verify", f"starting release {release.number} alone")
    on_node = ReleaseOnNode(made.definition.name, release.number, made.release, release.manifest)
    report = verifier.verify(made.manifest, on_node, release.env, made.definition)
    releases.settle(release, report.ok, report.log)
    return Verified(report.ok, () if report.ok else missing_modules(report.log))
