"""Units whose content changed are renewed by others beside them: no request fails, whatever dies or does not start."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engines.apache import SECRET
from engines.interface import Code, Interface, interface

if TYPE_CHECKING:
    from lampas.store.models import Operation

APP = """
import os
token = os.environ.get("TOKEN", "none")
if token == "bad" or token == "bad for %(number)s":
    raise RuntimeError("this token is " + "bad")
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [token.encode()]
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Interface]:
    """A started node."""
    with interface() as made:
        yield made


class Died(BaseException):
    """As kill -9 of the worker would."""


class Console:
    """What the worker does for one application of a test."""

    def __init__(self, node: Interface, name: str) -> None:
        self.node, self.name = node, node.app(name)

    def release(self, number: int) -> None:
        """Stores a verified release."""
        from lampas.store import artifacts
        from lampas.store.models import Application, Release

        code = Code({"app.py": APP % {"number": number}}, entry="app")
        held, _ = self.node.release(self.name, number, code)
        artifacts.put_many(self.node.blobs.items())  # type: ignore[arg-type]
        application, _ = Application.objects.get_or_create(name=self.name)
        Release.objects.create(
            application=application, number=number, release_id=f"{self.name}-{number}", tree="", manifest=held.manifest,
            state="verified", repository="x", commit="", definition_commit="", author="ada", closure={},
            definition={"entry": "app", "processes": 1, "threads": 5},
        )  # fmt: skip

    def secret(self, value: str) -> None:
        from django.db import transaction

        from lampas.core.names import AppName
        from lampas.store import secrets
        from lampas.store.models import Application

        Application.objects.get_or_create(name=self.name)
        with transaction.atomic():
            secrets.put(AppName(self.name), "TOKEN", value, "ada")

    def do(self, kind: str, **intent: Any) -> dict[str, Any]:
        """Carries out one operation, as a lane does."""
        from lampas.store.models import Operation

        return self.carry_out(Operation.objects.create(kind=kind, application=self.name, intent=intent, actor="ada"))

    def carry_out(self, operation: Operation) -> dict[str, Any]:
        from lampas.server import handlers
        from lampas.store import queue

        operation.started = operation.created
        return handlers.SERVING[operation.kind](operation, queue.Steps(operation))

    def serves(self, number: int | None = None) -> str:
        host = f"{self.name}.localhost" if number is None else f"{self.name}-v{number}.localhost"
        status, _, text = self.node.get(host)
        return text if status == 200 else str(status)

    def units(self) -> dict[int, list[int]]:
        """What runs of the application: release number → ports."""
        found: dict[int, list[int]] = {}
        for unit in self.node.console.status()["units"]:
            if unit["app"] == self.name and unit["pids"]:
                found.setdefault(unit["number"], []).append(unit["port"])
        return found

    def slots(self) -> dict[int, tuple[int, int | None]]:
        from lampas.store.models import Slot

        rows = Slot.objects.filter(release__application__name=self.name)
        return {
            number: (port, other) for number, port, other in rows.values_list("release__number", "port", "next_port")
        }

    @contextmanager
    def load(self) -> Iterator[list[str]]:
        """Asks all the time; what was answered is in the list."""
        seen: list[str] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                seen.append(self.serves())

        clients = [threading.Thread(target=ask) for _ in range(4)]
        for client in clients:
            client.start()
        try:
            yield seen
        finally:
            stop.set()
            for client in clients:
                client.join()


@pytest.fixture
def console(node: Interface, tables: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Console]]:
    """Makes applications on a console that has the node in its inventory."""
    from django.conf import settings

    from lampas.dispatch import nodes, wanted
    from lampas.store.models import Node

    address = f"127.0.0.1:{node.agent_port}"
    configuration = dataclasses.replace(settings.CONFIGURATION, first_slot=node.first_port, front_secret=SECRET)
    monkeypatch.setattr(settings, "CONFIGURATION", configuration)
    monkeypatch.setitem(nodes._connections, address, node.console)
    monkeypatch.setattr(wanted, "RENEWAL_DRAIN", 0.3)
    Node.objects.create(
        name="here", address=address, home=str(node.home), roles=["appserver", "console"], state="ready",
        generation=node.generation, key=node.key.public.hex(),
    )  # fmt: skip
    yield lambda name: Console(node, name)
    node.generation = Node.objects.get(name="here").generation
    node.apply(node.state([], []))


@pytest.fixture
def shop(console: Callable[[str], Console]) -> Console:
    """An application whose release 2 is live and 1 is kept warm."""
    made = console("shop")
    made.secret("first")
    for number in (1, 2):
        made.release(number)
        made.do("deploy", number=number)
    assert (made.serves(), made.serves(1)) == ("first", "first")
    return made


def test_a_new_secret_comes_by_other_units_and_no_request_fails(shop: Console) -> None:
    before = shop.slots()
    with shop.load() as seen:
        shop.secret("second")
        assert shop.do("refresh")["renewed"] == [1, 2]
        assert shop.serves() == "second"
    assert set(seen) == {"first", "second"}
    assert seen == sorted(seen, key=["first", "second"].index) or seen.index("second") > 0
    assert shop.serves(1) == "second"
    after = shop.slots()
    assert {number: port for number, (port, _) in after.items()} == {n: ports[0] for n, ports in shop.units().items()}
    assert all(after[number][0] != before[number][0] and after[number][1] is None for number in after)


def test_where_nothing_changed_nothing_is_done(shop: Console) -> None:
    before = shop.units()
    assert shop.do("refresh")["renewed"] == []
    shop.secret("first")  # sealed anew, the same value
    assert shop.do("refresh")["renewed"] == []
    assert shop.units() == before


def test_a_value_that_the_live_release_does_not_start_with_changes_nothing(shop: Console) -> None:
    from lampas.errors import Failed

    before, slots = shop.units(), shop.slots()
    with shop.load() as seen:
        shop.secret("bad")
        with pytest.raises(Failed, match="this token is bad"):
            shop.do("refresh")
    assert set(seen) == {"first"}
    assert (shop.units(), shop.slots()) == (before, slots)
    shop.secret("good")
    shop.do("refresh")
    assert (shop.serves(), shop.serves(1)) == ("good", "good")


def test_a_warm_release_that_does_not_start_is_left_and_told(shop: Console) -> None:
    shop.secret("bad for 1")
    done = shop.do("refresh")
    assert done["renewed"] == [2]
    assert [each["number"] for each in done["failed"]] == [1]
    assert (shop.serves(), shop.serves(1)) == ("bad for 1", "first")


def test_a_change_of_one_application_leaves_the_others_as_they_are(
    shop: Console, console: Callable[[str], Console]
) -> None:
    blog = console("blog")
    blog.release(1)
    shop.secret("bad")  # asked for, and not carried out yet
    before = shop.units()
    blog.do("deploy", number=1)
    assert blog.serves() == "none"
    assert (shop.units(), shop.serves()) == (before, "first")


def test_a_deployment_of_what_is_kept_warm_has_the_secrets_of_now(shop: Console) -> None:
    shop.secret("second")
    with shop.load() as seen:
        shop.do("deploy", number=1)
    assert shop.serves() == "second"
    assert set(seen) == {"first", "second"}


def test_a_rollback_goes_to_the_unit_that_runs(shop: Console) -> None:
    before = shop.units()
    assert shop.do("rollback")["number"] == 1
    assert shop.units() == before


@pytest.mark.parametrize(
    "dies",
    [
        pytest.param("wanted.renew", marks=pytest.mark.long),
        pytest.param("sending._next_state", marks=pytest.mark.long),
        "sending._apply",
        pytest.param("sending._send_one", marks=pytest.mark.long),
        pytest.param("sending.send", marks=pytest.mark.long),
        "wanted.settle",
    ],
)
@pytest.mark.parametrize("behind", [False, True])
def test_a_worker_that_dies_anywhere_is_taken_over_and_no_request_fails(
    shop: Console, monkeypatch: pytest.MonkeyPatch, dies: str, behind: bool
) -> None:
    import importlib

    from lampas.store.models import Operation

    module, name = dies.split(".")
    owner = importlib.import_module(f"lampas.dispatch.{module}")
    real = getattr(owner, name)

    def dying(*words: Any, **more: Any) -> Any:
        if behind:
            real(*words, **more)
        raise Died

    operation = Operation.objects.create(kind="refresh", application=shop.name, intent={}, actor="ada")
    with shop.load() as seen:
        shop.secret("second")
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, dying)
            with pytest.raises(Died):
                shop.carry_out(operation)
        assert shop.serves() in ("first", "second")
        operation.resumed = True
        shop.carry_out(operation)
    assert set(seen) == {"first", "second"}
    assert (shop.serves(), shop.serves(1)) == ("second", "second")
    assert shop.units() == {n: [p] for n, (p, _) in shop.slots().items()}
    assert all(other is None for _, other in shop.slots().values())


def test_after_a_worker_died_another_applications_change_does_no_harm(
    shop: Console, console: Callable[[str], Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lampas.dispatch import wanted

    def dying(*_: Any) -> Any:
        raise Died

    shop.secret("second")
    with monkeypatch.context() as patched:
        patched.setattr(wanted, "settle", dying)
        with pytest.raises(Died):
            shop.do("refresh")
    blog = console("blog")
    blog.release(1)
    with shop.load() as seen:
        blog.do("deploy", number=1)
    assert set(seen) <= {"first", "second"}
    shop.do("refresh")
    assert (shop.serves(), blog.serves()) == ("second", "none")


def test_units_of_the_first_lampas_serve_until_others_have_taken_over(shop: Console, node: Interface) -> None:
    """Their names have no port. The agent goes on with them, and whatever is asked next renews them by a flip."""
    from lampas.core.nodestate import NodeState
    from lampas.store.models import Node

    row = Node.objects.get(name="here")
    now = NodeState.decode(bytes(row.sent))
    old = [_of_the_first_lampas(unit, "first") for unit in now.units]
    state = dataclasses.replace(now, units=tuple(old), generation=row.generation + 1)
    node.cut()  # they cannot have run beside today's on the same ports
    node.start()
    node.apply(dataclasses.replace(state, units=(), maps={}, releases=now.releases, generation=row.generation + 1))
    state = dataclasses.replace(state, generation=row.generation + 2)
    assert node.apply(state)[-1] == {"outcome": "applied"}
    Node.objects.filter(name="here").update(sent=state.encode(), generation=state.generation)
    assert {unit["name"] for unit in node.console.status()["units"]} == {f"{shop.name}-v1", f"{shop.name}-v2"}
    with shop.load() as seen:
        shop.do("rollback")
        assert {unit["name"] for unit in node.console.status()["units"]} == {f"{shop.name}-v1", f"{shop.name}-v2"}
        shop.do("resend")
    assert set(seen) == {"first"}
    names = {unit["name"] for unit in node.console.status()["units"]}
    assert names == {f"{shop.name}-v{number}-{port}" for number, (port, _) in shop.slots().items()}
    units = node.home / "agent/apps" / shop.name / "units"
    assert sorted(path.name for path in units.iterdir()) == sorted(name.removeprefix(f"{shop.name}-") for name in names)


def _of_the_first_lampas(unit: Any, token: str) -> Any:
    """A unit as the first LAMPAS rendered it: names without port, the environment in clear beside the other files."""
    config = unit.config.replace(f"v{unit.number}-{unit.port}", f"v{unit.number}")
    return dataclasses.replace(unit, config=config, env={**unit.env, "TOKEN": token}, sealed="", by_port=False)
