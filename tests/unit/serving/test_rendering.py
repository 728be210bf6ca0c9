"""Configuration as text: exact for given input, and no value can be more than a value."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.cluster import traffic
from lampas.core.cluster.live import AppLive, allocate
from lampas.core.desired.node import NodePlace, RunningRelease, render
from lampas.core.nodestate import NodeState
from lampas.core.serving import apache, front, maps, units
from lampas.core.serving.apache import line, section
from lampas.core.serving.entry import Entry
from lampas.errors import Conflict, InvalidInput, LampasError

CASES = Path(__file__).parents[2] / "cases/serving"
TRAFFIC: dict[str, Any] = json.loads((CASES / "traffic.json").read_text())
SECRET = "a-secret-for-the-tests"
UNIT = units.ReleaseUnit(
    home="/var/lib/lampas", app="shop", number=3, port=18201, key="k" * 32, entry="shop.wsgi:application", root="src",
    static={"/static": "var/static"}, canonical_host="shop.example.com",
)  # fmt: skip
FRONT = front.Front("/var/lib/lampas", "localhost", "127.0.0.1", 8080, "p" * 32, 18200, 2)
HOSTILE = ["a\nb", "a\rb", 'a"b', "a b", "a\\", "${HOME}", "%{ENV:x}", "<x>", "a;b", "../x", "\0", "é\n", "", "a\tb"]


def snapshot(name: str, text: str) -> None:
    """Compares with the file; LAMPAS_SNAPSHOTS=write writes it instead, for a change that is meant."""
    if os.environ.get("LAMPAS_SNAPSHOTS") == "write":
        (CASES / name).write_text(text)
    assert (CASES / name).read_text() == text


def test_the_front_is_rendered_as_in_the_case() -> None:
    snapshot("front.conf", front.config(FRONT))


def test_a_unit_is_rendered_as_in_the_case() -> None:
    snapshot("unit.conf", units.config(UNIT))
    snapshot("app.wsgi", units.shim(dataclasses.replace(UNIT, entry="shop:make_app()")))


def test_maps_are_rendered_as_in_the_case() -> None:
    apps = [
        AppLive("shop", ("Shop.Example.com",), {3: 100}, {2: 18202, 3: 18201}),
        AppLive("blog", (), {}, {1: 18203}),
    ]
    rendered = maps.render("localhost", SECRET, apps)
    for name, text in rendered.items():
        snapshot(name, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_of_the_front_can_be_more_than_a_value(text: str) -> None:
    for field in ("home", "domain", "bind", "preview_key", "modules"):
        if text or field != "preview_key":
            with pytest.raises(InvalidInput):
                front.config(dataclasses.replace(FRONT, **{field: text}))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_of_a_unit_can_be_more_than_a_value(text: str) -> None:
    changes: list[dict[str, Any]] = [{"home": text}, {"key": text}, {"static": {text: "x"}}, {"modules": text}]
    if text:
        changes.append({"canonical_host": text})
        if text not in ("a b",):
            changes += [{"root": text}, {"static": {"/x": text}}]
    for change in changes:
        with pytest.raises(InvalidInput):
            units.config(dataclasses.replace(UNIT, **change))
    with pytest.raises(InvalidInput):
        maps.render("localhost", SECRET, [AppLive("shop", (text,), {}, {})])


@given(st.text(max_size=40))
def test_any_text_is_rendered_to_read_back_the_same_or_refused(text: str) -> None:
    meant = (line("Header", "set", "X", text), section("Location", "/", line("Y", text, text)))
    try:
        rendered = apache.render(meant)
    except InvalidInput:
        return
    assert apache.parse(rendered) == meant
    assert len(rendered.splitlines()) == 4


@pytest.mark.parametrize("text", ["</Location>", "<Location /\n", 'X "a', "<Location />\nY\n"])
def test_text_that_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        apache.parse(text)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("shop.wsgi:application", Entry("shop.wsgi", "application", False)),
        ("shop:make()", Entry("shop", "make", True)),
        ("shop", Entry("shop", "application", False)),
        ("a.b:C.d()", Entry("a.b", "C.d", True)),
    ],
)
def test_an_entry_is_read(text: str, entry: Entry) -> None:
    assert Entry.parse(text) == entry


@pytest.mark.parametrize(
    "text", ["", ":", "a:", ":b", "a:b(1)", "a:b()c", "a b:c", "a:b\n", "import os;x:y", 'a:b"', "1a:b", "a:b():c"]
)
def test_an_entry_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Entry.parse(text)


def test_two_applications_cannot_have_one_host() -> None:
    apps = [AppLive("a", ("x.example.com",)), AppLive("b", ("X.example.com",))]
    with pytest.raises(Conflict, match=r"x\.example\.com is claimed by a and by b"):
        maps.render("localhost", SECRET, apps)
    with pytest.raises(Conflict):
        maps.render("localhost", SECRET, [AppLive("a", ("b.localhost",)), AppLive("b")])
    with pytest.raises(Conflict, match="the node's own host"):
        maps.render("localhost", SECRET, [AppLive("a", ("localhost",))])


def test_each_application_has_a_key_of_its_own() -> None:
    assert maps.key(SECRET, "a") != maps.key(SECRET, "b")
    assert maps.key(SECRET, "a") == maps.key(SECRET, "a")
    assert SECRET not in "".join(maps.render("localhost", SECRET, [AppLive("a")]).values())


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 100), min_size=1, max_size=5), st.integers(1, 100))
def test_a_ramp_moves_buckets_forward_alone(weights: dict[int, int], percent: int) -> None:
    table = traffic.deploy({}, min(weights))
    for number in sorted(weights):
        table = traffic.deploy(table, number, weights[number])
    newest = max(table) + 1
    smaller, larger = (maps.buckets(traffic.deploy(table, newest, share)) for share in (percent // 2, percent))
    assert len(smaller) == len(larger) == maps.BUCKETS
    assert all(before != newest or after == newest for before, after in zip(smaller, larger, strict=True))
    assert larger.count(newest) == percent * 10


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 100), min_size=1), st.integers(1, 12), st.integers(0, 100))
def test_shares_always_add_up(weights: dict[int, int], number: int, percent: int) -> None:
    table: dict[int, int] = {}
    for each in sorted(weights):
        table = traffic.deploy(table, each, weights[each])
    after = traffic.deploy(table, number, percent)
    assert sum(after.values()) == 100
    assert all(share > 0 for share in after.values())


def table(raw: dict[str, int]) -> dict[int, int]:
    return {int(number): share for number, share in raw.items()}


@pytest.mark.parametrize("case", TRAFFIC["deploy"], ids=str)
def test_a_deploy_shares_traffic_as_in_the_case(case: dict[str, Any]) -> None:
    assert traffic.deploy(table(case["table"]), case["number"], case["percent"]) == table(case["gives"])


@pytest.mark.parametrize("case", TRAFFIC["check"], ids=str)
def test_a_table_is_accepted_or_refused_as_in_the_case(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(LampasError, match=case["error"]):
            traffic.check(table(case["table"]), [1, 2])
    else:
        assert traffic.check(table(case["table"]), [1, 2]) == table(case["gives"])


@pytest.mark.parametrize("case", TRAFFIC["back"], ids=str)
def test_a_rollback_goes_where_the_case_says(case: dict[str, Any]) -> None:
    settled = [table(raw) for raw in case["settled"]]
    if "error" in case:
        with pytest.raises(LampasError, match=case["error"]):
            traffic.back(settled, case["running"])
    else:
        assert traffic.back(settled, case["running"]) == traffic.Back(table(case["gives"]), case["undone"])


def test_the_lowest_free_port_slot_is_given() -> None:
    assert allocate([18200, 18202], 18200, 4) == 18201
    with pytest.raises(Conflict, match="all 4 port slots are taken"):
        allocate(range(18200, 18204), 18200, 4)


NODE = NodePlace("here", "/var/lib/lampas", "localhost", SECRET)


def running(number: int, **more: Any) -> RunningRelease:
    return RunningRelease("shop", number, "id", "0" * 64, "app", env={"SHOP": "a\nb"}, **more)


def test_a_node_state_is_whole_and_the_same_for_the_same_input() -> None:
    live = AppLive("shop", (), {2: 100}, {1: 18200, 2: 18201})
    state = render(NODE, [live], [running(2), running(1)], generation=7, expires=9)
    assert state == render(NODE, [live], [running(1), running(2)], generation=7, expires=9)
    assert NodeState.decode(state.encode()) == state
    assert [unit.name for unit in state.units] == ["shop-v1-18200", "shop-v2-18201"]
    env = state.units[1].env
    assert (env["SHOP"], env["LAMPAS_RELEASE"], env["LAMPAS_DATA"]) == ("a\nb", "2", "/var/lib/lampas/data/shop")
    assert "SHOP" not in state.units[1].config
    assert state.units[1].ready.key == maps.key(SECRET, "shop")


@pytest.mark.parametrize(
    ("slots", "releases", "traffic_table", "word"),
    [
        ({1: 18200}, [], {}, "no release"),
        ({}, [1], {}, "has no port"),
        ({1: 18200, 2: 18200}, [1, 2], {}, "same port"),
        ({1: 18200}, [1], {2: 100}, "no port"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    slots: dict[int, int], releases: list[int], traffic_table: dict[int, int], word: str
) -> None:
    with pytest.raises(InvalidInput, match=word):
        render(
            NODE, [AppLive("shop", (), traffic_table, slots)], [running(n) for n in releases], generation=1, expires=1
        )


@pytest.mark.parametrize(("name", "value"), [("A B", "x"), ("A=B", "x"), ("", "x"), ("A", "x\0y"), ("A\n", "x")])
def test_a_variable_that_is_none_is_refused_without_quoting_its_value(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as error:
        units.environment("/home", "shop", 1, {name: value})
    assert "x\0y" not in str(error.value)
