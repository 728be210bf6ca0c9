"""Deploy, traffic, rollback, retire: what is asked for is checked against what is stored, then committed and rung."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engines import facts
from engines.api import ApiClient


def _intent(answer: Any) -> tuple[str, dict[str, Any]]:
    from lampas.store.models import Operation

    assert answer.status == 202, answer.body
    row = Operation.objects.get(pk=answer.body["operation"]["id"])
    assert (row.state, row.actor) == ("waiting", "ada")
    return row.kind, row.intent


def _refused(answer: Any) -> tuple[int, str]:
    from lampas.store.models import Operation

    assert not Operation.objects.exists()
    assert answer.kind == "application/problem+json"
    assert answer.body["detail"]
    return answer.status, answer.body["code"]


def test_a_deploy_is_committed_and_audited(admin: ApiClient) -> None:
    facts.application("shop", "verified")
    answer = admin.post("/applications/shop/deployments", {"number": 1, "traffic": 10})
    assert _intent(answer) == ("deploy", {"number": 1, "traffic": 10})
    row = admin.get("/audit").body["audit"][0]
    assert (row["action"], row["subject"], row["outcome"]) == ("release.deploy", "shop/1", "started")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"number": 7}, (404, "not-found")),
        ({"number": 2}, (409, "conflict")),
        ({"number": 3}, (409, "conflict")),
        ({"number": 1, "traffic": 101}, (422, "invalid-input")),
        ({"number": "one"}, (422, "invalid-input")),
    ],
)
def test_a_release_that_may_not_be_deployed_is_refused(
    admin: ApiClient, body: dict[str, Any], why: tuple[int, str]
) -> None:
    facts.application("shop", "verified", "failed", "built")
    assert _refused(admin.post("/applications/shop/deployments", body)) == why


def test_traffic_is_committed(admin: ApiClient) -> None:
    row = facts.application("shop", "verified", "verified")
    facts.slot(row, 1, 18201)
    facts.slot(row, 2, 18202)
    answer = admin.post("/applications/shop/traffic", {"table": {"1": 90, "2": 10}})
    assert _intent(answer) == ("traffic", {"table": {"1": 90, "2": 10}})


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"1": 90}, (422, "invalid-input")),
        ({}, (422, "invalid-input")),
        ({"1": 150, "2": -50}, (422, "invalid-input")),
        ({"1": 90, "9": 10}, (404, "not-found")),
        ({"1": 90, "2": 10}, (409, "conflict")),
        ({"x": 100}, (422, "invalid-input")),
    ],
)
def test_traffic_that_cannot_be_is_refused(admin: ApiClient, table: dict[str, int], why: tuple[int, str]) -> None:
    row = facts.application("shop", "verified", "verified")
    facts.slot(row, 1, 18201)
    assert _refused(admin.post("/applications/shop/traffic", {"table": table})) == why


def test_a_rollback_needs_something_before(admin: ApiClient) -> None:
    row = facts.application("shop", "verified", "verified")
    facts.traffic(row, {"1": 100})
    facts.traffic(row, {"2": 100}, undone=True)
    assert _refused(admin.post("/applications/shop/rollbacks")) == (409, "conflict")
    facts.traffic(row, {"2": 100})
    assert _intent(admin.post("/applications/shop/rollbacks")) == ("rollback", {})


def test_a_release_with_traffic_is_not_retired(admin: ApiClient) -> None:
    row = facts.application("shop", "verified", "verified", "verified")
    facts.slot(row, 1, 18201, "warm")
    facts.slot(row, 2, 18202)
    facts.traffic(row, {"2": 100})
    assert _refused(admin.post("/applications/shop/releases/2/retire")) == (409, "conflict")
    assert _refused(admin.post("/applications/shop/releases/3/retire")) == (409, "conflict")
    assert _intent(admin.post("/applications/shop/releases/1/retire")) == ("retire", {"number": 1})


def test_an_unknown_application_is_not_found(admin: ApiClient) -> None:
    assert _refused(admin.post("/applications/nowhere/rollbacks")) == (404, "not-found")


def test_rights_on_one_application_do_not_reach_another(somebody: Any) -> None:
    facts.application("shop", "verified")
    facts.application("blog", "verified")
    bob = somebody("bob", "developer@blog")
    assert bob.post("/applications/blog/deployments", {"number": 1}).status == 202
    assert bob.post("/applications/shop/deployments", {"number": 1}).status == 403
    assert [row["application"] for row in bob.get("/operations").body["operations"]] == ["blog"]


def test_the_operation_of_another_application_is_not_found(admin: ApiClient, somebody: Any) -> None:
    facts.application("shop", "verified")
    made = admin.post("/applications/shop/deployments", {"number": 1}).body["operation"]["id"]
    bob = somebody("bob", "viewer@blog")
    assert bob.get(f"/operations/{made}").status == 404
    assert admin.get(f"/operations/{made}").body["state"] == "waiting"


def test_the_worker_is_rung_once_the_intent_is_committed(admin: ApiClient, tables: Path) -> None:
    facts.application("shop", "verified")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.bind(str(tables / "doorbell"))
        try:
            bell.settimeout(10)
            assert admin.post("/applications/shop/deployments", {"number": 1}).status == 202
            assert bell.recv(16)
        finally:
            (tables / "doorbell").unlink()


def test_whoever_waits_hears_of_a_change(admin: ApiClient) -> None:
    from django.db import connection

    from lampas.store.models import Operation, OperationStep

    facts.application("shop", "verified")
    made = admin.post("/applications/shop/deployments", {"number": 1}).body["operation"]["id"]
    first = admin.get(f"/operations/{made}").body
    asked = threading.Event()

    def work() -> None:
        asked.wait(10)
        now = datetime.now(UTC)
        OperationStep.objects.create(
            operation_id=made, seq=1, name="send", node="here", state="done", started=now, ended=now
        )
        Operation.objects.filter(pk=made).update(state="done", result={"deployment": 1})
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    asked.set()
    end = time.monotonic() + 20
    found = admin.get(f"/operations/{made}?after={first['seq']}&wait=20").body
    while found["state"] != "done" and time.monotonic() < end:
        found = admin.get(f"/operations/{made}?after={found['seq']}&wait=20").body
    thread.join(10)
    assert found["result"] == {"deployment": 1}
    assert [step["name"] for step in found["steps"]] == ["send"]
    assert found["seq"] > first["seq"]


def test_waiting_ends_by_itself(admin: ApiClient) -> None:
    facts.application("shop", "verified")
    made = admin.post("/applications/shop/deployments", {"number": 1}).body["operation"]["id"]
    assert admin.get(f"/operations/{made}?after=99&wait=0.05").body["state"] == "waiting"


def test_an_application_is_deleted_only_by_its_typed_name(admin: ApiClient) -> None:
    facts.application("shop", "verified")
    assert _refused(admin.ask("DELETE", "/applications/shop", {"confirm": "shop!"})) == (422, "invalid-input")
