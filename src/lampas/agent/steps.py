"""What each verb of a plan does. Every one may be done again: what is there already is left as it is or made anew."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from lampas import process
from lampas.agent import documents, environments, logs, observe, ready, statics, trees
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.content import ContentStore
from lampas.agent.helper import Helper
from lampas.agent.plan import Step
from lampas.agent.wheels import WheelStore
from lampas.core.nodestate import Manifest, NodeState, ReleaseOnNode, Unit
from lampas.errors import Failed

_HELPED = frozenset({"ensure", "restart", "start", "stop", "remove"})
_ON_ITS_WAY = 3600.0  # seconds that content stays which no release needs yet


class Steps:
    """Carries out the steps towards one state."""

    def __init__(self, configuration: AgentConfiguration, state: NodeState, helper: Helper) -> None:
        self._configuration, self._state, self._helper = configuration, state, helper
        self._places = configuration.places
        self._content = ContentStore(configuration.agent / "store")
        self._wheels = WheelStore(self._content)
        self._units = {(unit.app, unit.number, unit.slot): unit for unit in state.units}
        self._releases = {(each.app, each.number): each for each in state.releases}
        self._steps: tuple[Step, ...] = ()
        self._told_to_stop = False
        self._log_begins: dict[tuple[str, int, int], int] = {}

    def prepare(self, steps: tuple[Step, ...]) -> None:
        """Is told what will come. Lets the helper start while other steps go on, if one of them will need it."""
        self._steps = steps
        if any(step.verb in _HELPED for step in steps):
            self._helper.start()

    def take(self, step: Step) -> str:
        """Takes one step; returns a detail for people, "" for none.

        Raises:
            LampasError: It could not be done.
        """
        detail: str = getattr(self, f"_{step.verb}")(step.app, step.number, step.slot) or ""
        return detail

    def _ensure(self, app: str, *_: int) -> None:
        """All releases of the application share one data directory, so it gets what any of them keeps in it."""
        wanted = [self._manifest(each) for each in self._state.releases if each.app == app]
        persist = {path for manifest in wanted for path in manifest.persist}
        persist |= set(observe.persistent(self._configuration, app))
        self._helper.ask("app-ensure", app, persist=sorted(persist))
        observe.note_persistent(self._configuration, app, persist)

    def _unpack(self, *_: object) -> str:
        needed = [wheel.sha256 for each in self._state.releases for wheel in self._manifest(each).wheels]
        missing = self._wheels.missing(needed)
        self._wheels.unpack(missing)
        return f"{len(missing)} distributions"

    def _build(self, app: str, number: int, _: int) -> str:
        release = self._releases[app, number]
        manifest = self._manifest(release)
        trees.build(self._places, self._content, self._wheels, release, manifest)
        return f"{len(manifest.files)} files, {len(manifest.wheels)} distributions"

    def _expose(self, app: str, number: int, _: int) -> str:
        manifest = self._manifest(self._releases[app, number])
        return f"{statics.expose(self._places, self._content, number, manifest)} files"

    def _write(self, app: str, number: int, slot: int) -> None:
        unit = self._units[app, number, slot]
        target, files = Path(self._places.unit(app, number, slot)), observe.unit_files(self._units[app, number, slot])
        if observe.files(target) == files:
            self._write_environment(unit)
            return
        aside = target.with_name(f".{target.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        try:
            aside.mkdir(mode=0o750)
            for name, data in files.items():
                _write(aside / name, data, 0o640)
            if target.exists():  # a new unit is proven by its own start, before anything is sent to it
                _validate(aside / "httpd.conf", unit)
            shutil.rmtree(target, ignore_errors=True)
            aside.replace(target)
        except OSError as error:
            raise Failed(
                f"the unit {unit.name} cannot be written: {error.strerror}", "make room on the node's disk"
            ) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self._write_environment(unit)

    def _write_environment(self, unit: Unit) -> None:
        file = environments.file(self._configuration, unit.app, unit.number, unit.slot)
        aside = file.with_name(f".{file.name}.new")
        try:
            _write(aside, environments.of_unit(self._configuration, unit), 0o640)
            aside.replace(file)
        except OSError as error:
            raise Failed(
                f"the environment of {unit.name} cannot be written: {error.strerror}", "make room in the node's memory"
            ) from error

    def _start(self, app: str, number: int, slot: int) -> None:
        self._log_begins[app, number, slot] = logs.position(self._configuration, app, number)
        self._helper.ask("unit-start", app, number, slot=slot)

    def _restart(self, app: str, number: int, slot: int) -> None:
        self._log_begins[app, number, slot] = logs.position(self._configuration, app, number)
        self._helper.ask("unit-restart", app, number, slot=slot, port=self._units[app, number, slot].port)

    def _await(self, app: str, number: int, slot: int) -> str:
        begin = self._log_begins.get((app, number, slot), 0)
        unit = self._units[app, number, slot]

        def why_not() -> str:
            if observe.running(self._configuration, app, number, slot):
                return ""
            said = str(self._helper.ask("unit-said", app, number, slot=slot).get("said", ""))
            if "could not bind to address" in said:
                return f"its port {unit.port} is taken by another program"
            return "\n".join(said.splitlines()[-8:]) if "AH0" in said or "apache2:" in said else ""

        def last_words() -> str:
            return logs.last_words(logs.read(self._configuration, app, number, begin))

        return f"{ready.wait(unit, why_not, last_words)} processes answer"

    def _swap(self, *_: object) -> None:
        swap_maps(self._configuration.maps, self._state.maps)

    def _drain(self, *_: object) -> str:
        time.sleep(self._state.drain)  # the requests that were sent before the swap are still at work
        return f"{self._state.drain:g} s"

    def _stop(self, app: str, number: int, slot: int) -> None:
        if not self._told_to_stop:  # all at once: each takes seconds to let go of its connections
            for step in self._steps:
                if step.verb == "stop":
                    self._helper.ask("unit-quit", step.app, step.number, slot=step.slot)
            self._told_to_stop = True
        self._helper.ask("unit-stop", app, number, slot=slot, port=self._port(app, number, slot))
        environments.file(self._configuration, app, number, slot).unlink(missing_ok=True)
        shutil.rmtree(self._places.unit(app, number, slot))

    def _port(self, app: str, number: int, slot: int) -> int:
        """The port of a unit that stands on the node; one of the first LAMPAS has it in its configuration alone."""
        if slot:
            return slot
        text = (Path(self._places.unit(app, number, slot)) / "httpd.conf").read_text()
        found = re.search(r"^Listen 127\.0\.0\.1:([0-9]+)$", text, re.MULTILINE)
        return int(found[1]) if found else 0

    def _hide(self, app: str, number: int, _: int) -> None:
        statics.hide(self._places, app, number)

    def _discard(self, app: str, number: int, _: int) -> None:
        trees.discard(Path(self._places.release(app, number)))

    def _remove(self, app: str, *_: int) -> str:
        trees.discard(Path(self._configuration.home) / "agent/apps" / app)
        return str(self._helper.ask("app-remove", app).get("stays", ""))

    def _prune(self, *_: object) -> str:
        names = observe.held_manifests(self._configuration) | {each.manifest for each in self._state.releases}
        manifests = [documents.manifest(self._content.read(name)) for name in names if self._content.has(name)]
        wheels = {wheel.sha256 for manifest in manifests for wheel in manifest.wheels}
        files = {file.sha256 for manifest in manifests for file in manifest.files}
        self._wheels.prune(wheels)
        return f"{self._content.prune(names | wheels | files, time.time() - _ON_ITS_WAY)} pieces"

    def _manifest(self, release: ReleaseOnNode) -> Manifest:
        return documents.manifest(self._content.read(release.manifest))


def swap_maps(directory: Path, maps: Mapping[str, str]) -> None:
    """Makes the front's map files these, in order of name, each by one rename.

    mod_rewrite forgets what it cached when a file's time of change differs, so the new file's is always later.

    Raises:
        Failed: They cannot be written; those that were not renamed yet are as they were.
    """
    mode = 0o600 | directory.stat().st_mode & 0o044  # who may list the directory may read what stands in it
    asides: list[tuple[Path, Path]] = []
    try:
        for name, text in sorted(maps.items()):
            target, aside = directory / name, directory / f".{name}.new"
            if target.exists() and target.read_text() == text:
                continue
            _write(aside, text.encode(), mode)
            before = target.stat().st_mtime_ns if target.exists() else 0
            now = max(time.time_ns(), before + 1_000_000)
            os.utime(aside, ns=(now, now))
            asides.append((aside, target))
        for aside, target in asides:
            aside.replace(target)
    except OSError as error:
        raise Failed(f"the front's maps cannot be written: {error.strerror}", "make room on the node's disk") from error


def _validate(config: Path, unit: Unit) -> None:
    done = process.run(["/usr/sbin/apache2", "-t", "-f", config], timeout=30)
    if done.status != 0:
        said = done.stderr.decode(errors="replace").strip()[-1000:]
        raise Failed(f"Apache refuses the configuration of {unit.name}: {said}")


def _write(path: Path, data: bytes, mode: int) -> None:
    with path.open("wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
