"""NodeState × what was observed → ordered steps: a pure function, so that what will happen is known before it does.

Everything up to "swap" only adds; a failure there is undone. What follows takes away what nobody is sent to any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lampas.agent.documents import routed, static
from lampas.core.nodestate import NodeState, Unit
from lampas.core.nodestate.places import label
from lampas.errors import UnsafePlan


@dataclass(frozen=True)
class Step:
    """What is done (`verb`) to what (`app`, `number`, `slot`); `title` names it for the journal and for people."""

    verb: str
    app: str = ""
    number: int = 0
    slot: int = 0

    @property
    def title(self) -> str:
        """`start shop-v3-18203`, `build shop-v3`."""
        subject = f"{self.app}-{label(self.number, self.slot)}" if self.number else self.app
        return f"{self.verb} {subject}".strip()


@dataclass(frozen=True)
class Digest:
    """Hashes of what a unit is made of: its files, and its environment, which stands apart; "" where there is none."""

    files: str = ""
    env: str = ""


@dataclass(frozen=True)
class SeenUnit:
    """A unit as it stands on the node: what it is made of, and whether it runs; for `slot` see `label`."""

    app: str
    number: int
    slot: int
    port: int
    digest: Digest
    running: bool


@dataclass(frozen=True)
class Observed:
    """What stands and runs on the node, as far as a plan needs it.

    Attributes:
        apps: Applications that have directories.
        unprepared: Those of them that lack a persistent directory which a release to build needs.
        known: Those that the last applied state had; others are there for a verification.
        releases: (application, number) → sha256 of the manifest, for each tree that stands whole.
        units: By name.
        confirmed: Names of the units that answered when they were last applied, with what they were made of.
        maps: The front's map files.
        lacking: Content that the new state needs and the node has not.
        unpacked: Whether all wheels of the new state are unpacked.
        stale: Releases whose trees nobody needs any more.
        exposed: (application, number) → sha256 of the manifest, for static files that stand where the front reads them.
    """

    apps: frozenset[str] = frozenset()
    unprepared: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    releases: Mapping[tuple[str, int], str] = field(default_factory=dict)
    units: Mapping[str, SeenUnit] = field(default_factory=dict)
    confirmed: Mapping[str, Digest] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    unpacked: bool = True
    stale: frozenset[tuple[str, int]] = frozenset()
    exposed: Mapping[tuple[str, int], str] = field(default_factory=dict)


def plan(state: NodeState, digests: Mapping[str, Digest], seen: Observed) -> tuple[Step, ...]:
    """The steps from what was observed to the desired state; none where they are the same.

    Args:
        state: The desired state.
        digests: Unit name → what it is to be made of.
        seen: What was observed.

    Raises:
        UnsafePlan: It would send requests to what does not run, or content is missing.
    """
    _safe(state, seen)
    build = [
        (each.app, each.number)
        for each in state.releases
        if seen.releases.get((each.app, each.number)) != each.manifest
    ]
    changed = [unit for unit in state.units if _digest(seen, unit.name) != digests[unit.name]]
    fresh = {unit.name for unit in changed if _differs(_digest(seen, unit.name), digests[unit.name])}
    fresh |= {unit.name for unit in state.units if (unit.app, unit.number) in build}
    # What was damaged on the node is put right under a running unit; a change from the console never comes here, it
    # has another port.
    restart = [unit for unit in state.units if unit.name in fresh and _running(seen, unit.name)]
    start = [unit for unit in state.units if not _running(seen, unit.name)]
    moved = _moved(seen.maps, state.maps)
    wait = [unit for unit in state.units if _must_answer(unit, digests[unit.name], seen, fresh, moved)]
    wanted = {unit.name for unit in state.units}
    extra = [unit for name, unit in sorted(seen.units.items()) if name not in wanted]
    ensure = sorted(app for app in state.apps if app not in seen.apps or app in seen.unprepared)
    return (
        *(Step("ensure", app) for app in ensure),
        *((Step("unpack"),) if build and not seen.unpacked else ()),
        *(Step("build", app, number) for app, number in build),
        *_expose(state, seen),
        *_each("write", changed),
        *_each("restart", restart),
        *_each("start", start),
        *_each("await", wait),
        *((Step("swap"),) if dict(state.maps) != {name: seen.maps.get(name) for name in state.maps} else ()),
        *_gone(state, seen, extra),
    )


def _expose(state: NodeState, seen: Observed) -> Iterable[Step]:
    """Static files go where the front reads them before it is told to."""
    wanted = {(each.app, each.number): each.manifest for each in state.releases}
    for key in sorted(set(static(state.maps.items()))):
        if seen.exposed.get(key) != wanted[key]:
            yield Step("expose", *key)


def _gone(state: NodeState, seen: Observed, extra: list[SeenUnit]) -> Iterable[Step]:
    """What is taken away once nobody is sent there: units, trees, applications."""
    served = set(routed(seen.maps.items()))
    if any(unit.running and (unit.app, unit.number, unit.port) in served for unit in extra) and state.drain:
        yield Step("drain")
    yield from (Step("stop", unit.app, unit.number, unit.slot) for unit in extra)
    for app, number in sorted(set(seen.exposed) - set(static(state.maps.items()))):
        yield Step("hide", app, number)
    wanted = {(each.app, each.number) for each in state.releases}
    stale = sorted(seen.stale - wanted)
    yield from (Step("discard", app, number) for app, number in stale)
    if stale:
        yield Step("prune")
    yield from (Step("remove", app) for app in sorted(seen.apps & seen.known - set(state.apps)))


def _safe(state: NodeState, seen: Observed) -> None:
    ports = {(unit.app, unit.number, unit.port) for unit in state.units}
    for app, number, port in routed(state.maps.items()):
        if (app, number, port) not in ports:
            raise UnsafePlan(f"requests would be sent to {app} {number} on port {port}, which does not run there")
    held = {(each.app, each.number) for each in state.releases}
    for app, number in static(state.maps.items()):
        if (app, number) not in held:
            raise UnsafePlan(f"static files of {app} {number} would be served, and it is no release here")
    if seen.lacking:
        raise UnsafePlan(
            f"the node lacks {len(seen.lacking)} pieces of content, {seen.lacking[0]} among them",
            "send the content before the state",
        )


def _must_answer(unit: Unit, digest: Digest, seen: Observed, fresh: set[str], moved: set[str]) -> bool:
    """Whether the plan waits for a unit. One that answered before and is down now is only started, unless traffic
    comes to it: an application that keeps failing may not keep the others from being changed."""
    if unit.name in fresh or seen.confirmed.get(unit.name) != digest:
        return True
    return not _running(seen, unit.name) and unit.app in moved


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Applications whose live routes change."""
    old, new = (
        {row for row in maps.get("routes.txt", "").splitlines() if row.startswith("live/")} for maps in (before, after)
    )
    return {row.split(" ")[0].split("/")[1] for row in old ^ new}


def _digest(seen: Observed, name: str) -> Digest:
    return seen.units[name].digest if name in seen.units else Digest()


def _differs(found: Digest, wanted: Digest) -> bool:
    """Whether a unit is another one than the wanted. An environment that is gone, as after a reboot, makes none: it is
    written again, and a process that runs has it."""
    return found.files != wanted.files or (bool(found.env) and found.env != wanted.env)


def _running(seen: Observed, name: str) -> bool:
    return name in seen.units and seen.units[name].running


def _each(verb: str, units: Iterable[Unit]) -> Iterable[Step]:
    return (Step(verb, unit.app, unit.number, unit.slot) for unit in units)
