"""A killed agent: whatever step it was at, the next apply, or the next start, makes the node whole again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engines.interface import Code, Interface, interface
from engines.waiting import until
from lampas.core.cluster.live import AppLive

HELLO = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ["LAMPAS_RELEASE"].encode()]
"""
# Applies a state in a process that ends itself, like kill -9, once so many lines were added to the journal.
KILLED = """
import json, os, sys, time
from pathlib import Path
from lampas.agent import configuration, documents
from lampas.agent.applying import Applier
from lampas.agent.journal import Journal

class Mortal(Journal):
    left = int(sys.argv[2])
    def begin(self, *given):
        super().begin(*given)
        self.count()
    def _add(self, line):
        super()._add(line)
        self.count()
    def count(self):
        Mortal.left -= 1
        if Mortal.left == 0:
            os._exit(99)

settings = configuration.from_environment()
applier = Applier(settings, documents.public_key(Path(settings.console_key).read_bytes()))
applier._journal = Mortal(settings.agent)
sent = json.loads(Path(sys.argv[1]).read_text())
print(applier.apply(sent["document"].encode(), sent["signature"], lambda event: None))
"""
RECOVER = """
from pathlib import Path
from lampas.agent import configuration, documents
from lampas.agent.applying import Applier
settings = configuration.from_environment()
applier = Applier(settings, documents.public_key(Path(settings.console_key).read_bytes()))
print(applier.recover(lambda event: None))
"""


class Two:
    """Release 1 live; a change that starts 2, moves traffic to it and retires 1."""

    def __init__(self, node: Interface) -> None:
        self.node, self.name = node, node.app("shop")
        self.one = node.release(self.name, 1, Code({"app.py": HELLO + "# 1\n"}))[1]
        code = Code({"app.py": HELLO + "# 2\n", "web/x.css": "two"}, persist=("kept",), static={"/static": "web"})
        self.two = node.release(self.name, 2, code)[1]
        self.ports = {1: node.first_port, 2: node.first_port + 1}

    def before(self):  # type: ignore[no-untyped-def]
        return self.node.state([AppLive(self.name, (), {1: 100}, {1: self.ports[1]})], [self.one])

    def after(self):  # type: ignore[no-untyped-def]
        live = AppLive(self.name, (), {2: 100}, {2: self.ports[2]}, {2: ("/static",)})
        return self.node.state([live], [self.two])

    def clean(self) -> None:
        assert self.node.apply(self.before())[-1]["outcome"] in ("applied", "unchanged")

    def kill_at(self, line: int) -> bool:
        """Applies the change and dies after so many lines of the journal; False where it had fewer."""
        self.node.ship()
        state = self.after()
        file = self.node.home / "state-to-apply.json"
        file.write_text(json.dumps({"document": state.encode().decode(), "signature": self.node.sign(state.encode())}))
        done = self.node.as_agent(KILLED, str(file), str(line))
        assert done.returncode == 99 or "applied" in done.stdout, done.stderr
        return done.returncode == 99

    def picture(self) -> dict[str, Any]:
        """What the node looks like: files of the application, routes, what runs and what is served."""
        until(lambda: all(unit["state"] == "running" for unit in self.node.console.status()["units"]))
        apps = self.node.home / "agent/apps" / self.name
        conf = self.node.home / "supervisor/units"
        return {
            "releases": sorted(path.name for path in (apps / "releases").iterdir()),
            "units": sorted(path.name for path in (apps / "units").iterdir()),
            "supervised": sorted(path.name for path in conf.iterdir()),
            "routes": (self.node.home / "front/maps/routes.txt").read_text(),
            "maps": sorted(path.name for path in (self.node.home / "front/maps").iterdir()),
            "runs": [unit["name"] for unit in self.node.console.status()["units"]],
            "serves": self.node.get(f"{self.name}.localhost")[2],
            "static": sorted(path.name for path in (self.node.home / "front/static").glob("*/*")),
            "css": self.node.get(f"{self.name}.localhost", "/static/x.css")[2],
        }


@pytest.fixture(scope="module")
def node():  # type: ignore[no-untyped-def]
    with interface() as made:
        yield made


def test_an_apply_that_is_killed_after_any_step_is_completed_by_the_next_one(node: Interface) -> None:
    two = Two(node)
    two.clean()
    assert node.apply(two.after())[-1] == {"outcome": "applied"}
    wanted = two.picture()
    steps = json.loads((node.home / "agent/journal/apply.jsonl").read_text().splitlines()[0])["steps"]
    assert [step.split()[0] for step in steps] == ["ensure", "build", "expose", "write", "start", "await", "swap",
                                                   "stop", "discard", "prune", "record"] or len(steps) >= 8  # fmt: skip
    line = 0
    while True:
        line += 1
        two.clean()
        if not two.kill_at(line):
            break
        assert node.apply(two.after())[-1]["outcome"] in ("applied", "unchanged"), line
        assert two.picture() == wanted, line
    assert line > 2 * (len(steps) - 1)


@pytest.mark.long
def test_an_agent_that_was_killed_completes_or_undoes_when_it_starts(node: Interface) -> None:
    two = Two(node)
    two.clean()
    old = two.picture()
    node.apply(two.after())
    new = two.picture()
    ended, swapped = [], []
    line = 0
    while True:
        line += 1
        two.clean()
        if not two.kill_at(line):
            break
        swapped.append('"swap", "state"' in (node.home / "agent/journal/apply.jsonl").read_text())
        done = node.as_agent(RECOVER)
        assert "refused" not in done.stdout, done.stdout
        seen = two.picture()
        run = {unit.partition("-")[0].removeprefix("v") for unit in seen["units"]}
        seen["releases"] = [name for name in seen["releases"] if name in run]
        assert seen in (old, new), line
        ended.append(seen == new)
    assert ended == swapped  # undone up to the swap, completed from then on
    assert {True, False} == set(ended)


def test_after_a_power_cut_all_runs_again_as_it_was_applied(node: Interface) -> None:
    two = Two(node)
    two.clean()
    before = two.picture()
    node.cut()
    (node.home / "front/maps/routes.txt").write_text("")  # what was not brought to the disk
    node.start()
    until(lambda: node.get(f"{two.name}.localhost")[0] == 200)
    assert two.picture() == before


def test_a_killed_supervisor_leaves_orphans_that_the_next_start_replaces(node: Interface) -> None:
    two = Two(node)
    two.clean()
    before = [*node.pids(), _agent_pid(node)]
    assert node._running
    node._running.kill()
    node._running.wait()
    node._running = None
    node.start()
    until(lambda: not any(_alive(pid) for pid in before))
    until(lambda: bool(node.pids()))
    until(lambda: node.get(f"{two.name}.localhost")[2] == "1")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def test_the_agent_ends_quickly_when_it_is_told(node: Interface) -> None:
    pid = _agent_pid(node)
    os.kill(pid, 15)
    until(lambda: not _alive(pid), 8)
    until(lambda: node.listens(node.agent_port))


def _agent_pid(node: Interface) -> int:
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            environ = (process / "environ").read_bytes()
        except OSError:
            continue
        if b"lampas.agent" in words and f"LAMPAS_PROCESS={node.home}:agent".encode() in environ.split(b"\0"):
            return int(process.name)
    raise AssertionError("no agent runs")
