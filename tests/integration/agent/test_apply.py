"""A signed state becomes serving units; what cannot be so changes nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from engines.commands import run
from engines.interface import ROOT, Code, Interface
from engines.waiting import until
from lampas.core.cluster.live import AppLive
from lampas.core.desired.node import RunningRelease
from lampas.core.nodestate import NodeState

HELLO = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ["LAMPAS_RELEASE"].encode()]
"""
BROKEN = "import os\n\ndef go():\n    raise RuntimeError('the sky is down')\n\ngo()\n"


class App:
    """One application of a test: its releases, and where they run."""

    def __init__(self, node: Interface, name: str = "shop") -> None:
        self.node, self.name = node, node.app(name)
        self.releases: dict[int, RunningRelease] = {}
        self.slots: dict[int, int] = {}

    def release(self, number: int, code: Code | None = None) -> None:
        code = code or Code({"app.py": f"{HELLO}# {number}\n"})
        _, self.releases[number] = self.node.release(self.name, number, code)
        self.slots[number] = self.node.first_port + len(self.slots)

    def live(self, traffic: dict[int, int], *numbers: int) -> AppLive:
        return AppLive(self.name, (), traffic, {n: self.slots[n] for n in numbers or self.releases})

    def state(self, traffic: dict[int, int], *numbers: int, drain: float = 0.0) -> NodeState:
        live = self.live(traffic, *numbers)
        return self.node.state([live], [self.releases[n] for n in live.slots], drain)

    def outcome(self, traffic: dict[int, int], *numbers: int, drain: float = 0.0) -> dict[str, str]:
        return dict(self.node.apply(self.state(traffic, *numbers, drain=drain))[-1])

    def serves(self) -> str:
        status, _, text = self.node.get(f"{self.name}.localhost")
        return text if status == 200 else str(status)


@pytest.fixture
def app(node: Interface) -> App:
    """An application with releases 1 and 2, nothing running."""
    made = App(node)
    made.release(1)
    made.release(2)
    return made


def test_a_release_is_started_and_served_as_its_own_user(node: Interface, app: App) -> None:
    assert app.outcome({1: 100}, 1) == {"outcome": "applied"}
    assert app.serves() == "1"
    units = {unit["name"]: unit for unit in node.console.status()["units"]}
    unit = units[f"{app.name}-v1-{app.slots[1]}"]
    assert (unit["state"], unit["wanted"]) == ("running", True)
    assert len(unit["pids"]) >= 2
    if ROOT:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in unit["pids"]}
        assert owners == {(node.home / "data" / app.name).stat().st_uid}
        assert 0 not in owners


def test_applying_twice_changes_nothing(node: Interface, app: App) -> None:
    state = app.state({1: 100}, 1)
    node.apply(state)
    before = node.console.status()["units"]
    assert node.apply(state) == [{"outcome": "unchanged"}]
    assert node.apply(app.state({1: 100}, 1)) == [{"outcome": "unchanged"}]
    assert node.console.status()["units"] == before


def test_traffic_moves_by_a_rename_alone(node: Interface, app: App) -> None:
    app.outcome({1: 100}, 1, 2)
    events = node.apply(app.state({2: 100}, 1, 2))
    assert [event["step"] for event in events if event.get("state") == "done"] == ["swap", "record"]
    assert app.serves() == "2"


def test_a_release_that_does_not_start_never_gets_traffic_and_says_why(node: Interface, app: App) -> None:
    app.outcome({1: 100}, 1)
    app.release(3, Code({"app.py": BROKEN}))
    outcome = app.outcome({3: 100}, 1, 3)
    assert outcome["outcome"] == "undone"
    assert "RuntimeError: the sky is down" in outcome["error"]
    assert 'releases/3/code/app.py", line 4, in go' in outcome["error"]
    assert app.serves() == "1"
    assert [unit["name"] for unit in node.console.status()["units"]] == [f"{app.name}-v1-{app.slots[1]}"]


def test_a_factory_that_needs_what_is_not_there_says_why(node: Interface, app: App) -> None:
    app.release(3, Code({"app.py": "def make():\n    import nowhere\n"}, entry="app:make()"))
    outcome = app.outcome({3: 100}, 3)
    assert outcome["outcome"] == "undone"
    assert "No module named 'nowhere'" in outcome["error"]


def test_a_port_that_another_program_has_is_named(node: Interface, app: App) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", app.slots[1]))
        other.listen()
        outcome = app.outcome({1: 100}, 1)
    assert outcome["outcome"] == "undone"
    assert str(app.slots[1]) in outcome["error"]
    assert node.console.status()["units"] == []


def test_every_daemon_process_answers_before_traffic_comes(node: Interface, app: App) -> None:
    app.release(3, Code({"app.py": HELLO}, processes=3))
    events = node.apply(app.state({3: 100}, 3))
    assert f"await {app.name}-v3-{app.slots[3]}" in [event.get("step") for event in events]
    assert next(e["detail"] for e in events if e.get("step", "").startswith("await") and e["state"] == "done") == (
        "3 processes answer"
    )


def test_a_release_is_read_only_and_its_persistent_directories_are_the_applications(node: Interface, app: App) -> None:
    files = {"app.py": HELLO, "instance/default": "shipped"}
    app.release(3, Code(files, persist=("instance", "var/media")))
    app.outcome({3: 100}, 3)
    release = node.home / f"agent/apps/{app.name}/releases/3"
    assert stat.S_IMODE((release / "code/app.py").stat().st_mode) == 0o444
    assert stat.S_IMODE((release / "code").stat().st_mode) & 0o222 == 0
    assert (release / "code/instance").readlink() == node.home / f"data/{app.name}/instance"
    assert (node.home / f"data/{app.name}/var/media").is_dir()
    words = ("sh", "-c", "echo kept > instance/x && cat instance/x; touch code.py")
    status, out, _ = run(node, _on_node(app, 3), *words)
    assert out == b"kept\n"
    assert status != 0 or not ROOT


def _on_node(app: App, number: int):  # type: ignore[no-untyped-def]
    state = app.node.state([app.live({}, number)], [app.releases[number]])
    return state.releases[0]


def test_a_release_that_is_retired_leaves_nothing_behind(node: Interface, app: App) -> None:
    app.outcome({1: 100}, 1, 2)
    assert app.outcome({2: 100}, 2, drain=0.1) == {"outcome": "applied"}
    apps = node.home / "agent/apps" / app.name
    assert sorted(path.name for path in (apps / "releases").iterdir()) == ["2"]
    assert sorted(path.name for path in (apps / "units").iterdir()) == [f"v2-{app.slots[2]}"]
    assert not node.listens(app.slots[1])
    assert node.apply(node.state([], []))[-1] == {"outcome": "applied"}
    assert not apps.exists()


def test_a_request_in_flight_is_answered_when_its_unit_is_retired(node: Interface, app: App) -> None:
    slow = HELLO.replace('    start_response("', '    __import__("time").sleep(1.0)\n    start_response("')
    app.release(3, Code({"app.py": slow}))
    app.outcome({3: 100}, 1, 3)
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(app.serves()))
    asking.start()
    until(lambda: _busy(node, app))
    app.outcome({1: 100}, 1)
    asking.join()
    assert answers == ["3"]


def _busy(node: Interface, app: App) -> bool:
    """Whether the front holds a connection to the unit."""
    wanted = f"{app.slots[3]:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2].endswith(f":{wanted}") and row[3] == "01" for row in rows)


def test_swaps_under_load_lose_no_request(node: Interface, app: App) -> None:
    app.outcome({1: 100}, 1, 2)
    seen: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            seen.append(app.serves())

    clients = [threading.Thread(target=ask) for _ in range(6)]
    for client in clients:
        client.start()
    for turn in range(12):
        app.outcome({1 + turn % 2: 100}, 1, 2)
    app.outcome({2: 100}, 2)
    app.outcome({1: 50, 2: 50}, 1, 2)
    stop.set()
    for client in clients:
        client.join()
    assert set(seen) == {"1", "2"}
    assert len(seen) > 50


def test_a_killed_apache_heals_and_a_dead_application_keeps_no_other_from_being_changed(
    node: Interface, app: App
) -> None:
    other = App(node, "blog")
    other.release(1)
    other.slots[1] = node.first_port + 5
    fragile = (
        HELLO + "\nimport pathlib\nif (pathlib.Path(os.environ['LAMPAS_DATA']) / 'dead').exists(): raise SystemExit\n"
    )
    app.release(3, Code({"app.py": fragile}))
    both = [app.live({3: 100}, 3)], [app.releases[3]]
    node.apply(node.state(*both))
    before = node.pids()
    os.kill(before[0], 9)
    until(lambda: bool(node.pids()) and not set(node.pids()) & set(before))
    until(lambda: app.serves() == "3")
    (node.home / f"data/{app.name}/dead").touch()
    before = node.pids()
    os.kill(before[0], 9)
    until(lambda: not set(node.pids()) & set(before))
    events = node.apply(node.state([*both[0], other.live({1: 100}, 1)], [*both[1], other.releases[1]]))
    assert events[-1] == {"outcome": "applied"}
    assert other.serves() == "1"


def refused(node: Interface, data: bytes, signature: str) -> dict[str, str]:
    import httpx

    with node.console._http.stream(
        "POST", "/v1/apply", content=data, headers={"Lampas-Signature": signature}
    ) as answer:
        assert isinstance(answer, httpx.Response)
        return dict(json.loads(list(answer.iter_lines())[-1]))


def test_a_state_that_is_not_this_nodes_own_and_current_is_refused(node: Interface, app: App) -> None:
    app.outcome({1: 100}, 1)
    good = app.state({2: 100}, 2)
    cases = {
        "node": dataclasses.replace(good, node="other"),
        "expired": dataclasses.replace(good, expires=int(time.time()) - 1),
        "older": dataclasses.replace(good, generation=good.generation - 2),
        "something else": dataclasses.replace(good, generation=good.generation - 1),
        "lacks": dataclasses.replace(
            good, releases=tuple(dataclasses.replace(each, manifest="0" * 64) for each in good.releases)
        ),
        "does not run there": dataclasses.replace(good, maps=app.state({1: 100}, 1).maps, generation=10**6),
        "application's name": dataclasses.replace(good, apps=("../../etc",)),
        "not a map": dataclasses.replace(good, maps={"../x.txt": ""}),
        "has no release": dataclasses.replace(good, releases=()),
    }
    for word, state in cases.items():
        outcome = refused(node, state.encode(), node.sign(state.encode()))
        assert outcome["outcome"] == "refused", word
        assert word in outcome["error"]
    data = good.encode()
    for signature in ("", "AAAA", node.sign(data + b" ")):
        outcome = refused(node, data, signature)
        assert outcome["outcome"] == "refused"
        assert "sign" in outcome["error"]
    for data in (b"", b"{}", b"[1]", b'{"format": 1}', json.dumps({"format": 1, "node": "here"}).encode()):
        assert refused(node, data, node.sign(data))["outcome"] == "refused"
    assert app.serves() == "1"
