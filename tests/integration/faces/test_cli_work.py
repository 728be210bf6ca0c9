"""The command line and long work: it waits, shows the steps, and passes results and failures on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines import facts
from engines.api import ApiClient
from engines.commandline import CommandLine
from engines.work import Worker

RESULTS: dict[str, dict[str, Any]] = {
    "build": {
        "number": 2,
        "id": "a" * 64,
        "members": 3,
        "distributions": 0,
        "seconds": 0.5,
        "verify": {"ok": True, "missing_found": []},
    },
    "deploy": {"deployment": 7, "seconds": 1.2, "nodes": [{"node": "here", "state": "applied"}]},
    "traffic": {"traffic": {"1": 90, "2": 10}},
    "rollback": {"number": 1, "seconds": 0.02},
    "retire": {"number": 1},
    "delete": {"application": "shop", "database": "kept", "data": {"here": 2048}},
    "prune": {"name": "shop", "pruned": [1], "content": 2, "bytes": 1536},
}


@pytest.fixture
def lampas(server: str, admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """The command line of an administrator, with `shop` in two releases and a worker."""
    from django.conf import settings

    from lampas.git import cluster
    from lampas.git.writer import GitWriter

    monkeypatch.setenv("LAMPAS_URL", server)
    monkeypatch.setenv("LAMPAS_TOKEN", admin.token)
    cluster.ensure(GitWriter(settings.CONFIGURATION))
    admin.post("/repositories", {"name": "shop"})
    files = {"shop.py": {"text": "application = 1\n"}}
    admin.post("/repositories/shop/commits", {"message": "code", "changes": files})
    with Worker(RESULTS):
        yield CommandLine()


@pytest.fixture
def shop(lampas: CommandLine) -> CommandLine:
    """The same, with the application `shop` and two verified releases."""
    from lampas.store.models import Application

    lampas.json("app", "create", "shop", "--repo", "shop", "--entry", "shop:application")
    row = Application.objects.get(name="shop")
    for number in (1, 2):
        facts.release(row, number)
        facts.slot(row, number, 18200 + number)
    facts.traffic(row, {"1": 100})
    facts.traffic(row, {"2": 100})
    return lampas


def test_an_application_is_made_shown_and_listed(lampas: CommandLine) -> None:
    words = ("--persist", "instance", "--link", "shop.*", "--link", "static/**", "--env", "A=b=c", "--env", "B=")
    made = lampas.json("app", "create", "shop", "--repo", "shop", "--entry", "shop:application", *words)
    assert set(made) == {"name", "commit"}
    found = lampas.json("app", "show", "shop")
    assert {"name", "definition", "versions"} <= set(found)
    definition = found["definition"]
    assert definition["env"] == {"A": "b=c", "B": ""}
    assert (definition["persist"], definition["links"]) == (["instance"], ["shop.*", "static/**"])
    assert set(lampas.json("app", "list")["apps"][0]) >= {"name", "runtime", "repository", "live"}
    assert "shop" in lampas("app", "list").out
    assert "instance" in lampas("app", "show", "shop").out


def test_an_application_is_made_with_files_of_this_machine(lampas: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "local.ini").write_bytes("[web]\nname = Ünï = x\n".encode())
    (tmp_path / "data").write_bytes(b"\xff\xfe")
    words = ("app", "create", "shop", "--repo", "shop", "--entry", "shop:application", "--file")
    assert "cannot be read: No such file" in lampas(*words, f"conf/web.ini={tmp_path}/none").err
    assert "is not UTF-8 text" in lampas(*words, f"conf/web.ini={tmp_path}/data").err
    lampas.json(*words, f"conf/web.ini={tmp_path}/local.ini")
    definition = lampas.json("app", "show", "shop")["definition"]
    assert definition["files"] == {"conf/web.ini": "[web]\nname = Ünï = x\n"}
    shown = lampas("app", "show", "shop").out
    assert "files = conf/web.ini" in shown
    assert "name =" not in shown.partition("files")[2]


def test_a_setting_given_twice_is_bad_usage(lampas: CommandLine) -> None:
    words = ("--repo", "shop", "--entry", "shop:application", "--env", "A=1", "--env", "A=2")
    assert lampas("app", "create", "shop", *words).status == 2


def test_a_build_prints_its_number_and_what_is_unresolved(shop: CommandLine) -> None:
    from lampas.store.models import Release

    missing = [{"name": "nowhere", "file": "shop.py", "line": 3}]
    Release.objects.filter(number=2).update(closure={"members": [], "distributions": [], "unresolved": missing})
    done = shop.json("release", "build", "shop")
    assert set(done) >= {"number", "id", "members", "distributions", "seconds", "verify"}
    said = shop("release", "build", "shop")
    assert "release 2 of shop" in said.out
    assert "unresolved: nowhere (shop.py:3)" in said.err
    assert "first: of two\nhere: second\n" in said.err


def test_a_deploy_prints_the_urls(shop: CommandLine) -> None:
    assert shop.json("deploy", "shop", "2", "--traffic", "10")["deployment"] == 7
    said = shop("deploy", "shop", "2")
    assert "http://shop.localhost:18080/" in said.out
    assert "http://shop-v2.localhost:18080/" in said.out


def test_traffic_rollback_and_retire_pass_their_results_on(shop: CommandLine) -> None:
    from lampas.store.models import Operation

    assert shop.json("traffic", "shop", "1=90", "2=10") == {"traffic": {"1": 90, "2": 10}}
    assert Operation.objects.get(kind="traffic").intent == {"table": {"1": 90, "2": 10}}
    assert shop.json("rollback", "shop") == {"number": 1, "seconds": 0.02}
    assert shop.json("retire", "shop", "1")["number"] == 1


def test_a_refusal_is_passed_on(shop: CommandLine) -> None:
    assert shop.json("traffic", "shop", "1=90", "2=9", status=1)["error"]["code"] == "invalid-input"
    assert shop.json("deploy", "shop", "9", status=1)["error"]["code"] == "not-found"
    assert shop("traffic", "shop", "1=90", "1=10").status == 2


def test_a_failure_of_the_work_is_passed_on(server: str, admin: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPAS_URL", server)
    monkeypatch.setenv("LAMPAS_TOKEN", admin.token)
    facts.application("shop", "verified")
    error = {"code": "failed", "message": "it did not start", "remedy": "read its log"}
    with Worker({"deploy": {"error": error}}):
        assert CommandLine().json("deploy", "shop", "1", status=1) == {"error": error}
        said = CommandLine()("deploy", "shop", "1")
    assert (said.status, said.out) == (1, "")
    assert said.err.endswith("here: second failed\nlampas: it did not start; read its log\n")


def test_an_application_is_deleted_by_its_typed_name(shop: CommandLine) -> None:
    assert shop("app", "delete", "shop", stdin=b"blog\n").status == 1
    done = shop("app", "delete", "shop", stdin=b"shop\n")
    assert done.status == 0
    assert done.out.splitlines() == [
        "shop is deleted",
        "its code stays in the repository shop, and its releases can still be read",
        "its data stays on here, 2.0 KiB; to end it: lampas data drop shop",
        "its database stays; to end it: lampas db drop shop",
    ]


def test_settings_make_the_next_release(shop: CommandLine) -> None:
    done = shop.json("env", "set", "shop", "MODE=live")
    assert (done["name"], done["number"]) == ("shop", 2)
    assert shop.json("app", "show", "shop")["definition"]["env"] == {"MODE": "live"}
    assert shop.json("env", "unset", "shop", "NONE", status=1)["error"]["code"] == "invalid-input"


def test_closures_are_printed(shop: CommandLine) -> None:
    found = shop.json("closure", "shop")
    assert set(found) >= {"members", "distributions", "unresolved", "count"}
    assert shop.json("why", "shop", "shop")["chain"][0]["provenance"] == "declared"
    assert set(shop.json("impact", "shop:shop")) >= {"applications", "releases", "nodes"}
    assert "shop.py" in shop("closure", "shop").out
    assert "applications: " in shop("impact", "shop:shop.py").out


def test_releases_are_listed_shown_and_compared(shop: CommandLine) -> None:
    rows = shop.json("release", "list", "shop")["releases"]
    assert [(row["number"], row["state"]) for row in rows] == [(2, "live"), (1, "warm")]
    assert shop.json("release", "show", "shop", "1")["members"] == facts.MEMBERS
    assert shop.json("release", "diff", "shop", "1", "2")["modules"]["changed"] == []
    assert "shop/cart.py" in shop("release", "show", "shop", "1").out
    assert shop.json("release", "prune", "shop", "--dry-run")["pruned"] == []
    assert shop.json("release", "prune", "shop")["pruned"] == [1]
    assert "pruned: 1 (2 pieces of content, 1.5 KiB)" in shop("release", "prune", "shop").out


def test_a_release_is_exported_into_an_empty_directory(shop: CommandLine, tmp_path: Path) -> None:
    from lampas.core.nodestate import Manifest, ManifestFile
    from lampas.store import artifacts
    from lampas.store.models import Release

    big = bytes(range(256)) * 3000
    files = (
        ManifestFile("a/big", artifacts.put(big), len(big), 0o444),
        ManifestFile("b", artifacts.put(b"x"), 1, 0o555),
    )
    manifest = Manifest("shop", "r", "python", "shop:app", "", files, ())
    Release.objects.filter(number=1).update(manifest=artifacts.put(manifest.encode()))
    done = shop.json("release", "export", "shop", "1", str(tmp_path / "out"))
    assert done["files"] == 3
    assert (tmp_path / "out/code/a/big").read_bytes() == big
    assert (tmp_path / "out/code/b").stat().st_mode & 0o111
    assert shop.json("release", "export", "shop", "1", str(tmp_path / "out"), status=1)["error"]["code"] == "conflict"


def test_operations_are_listed_and_waited_for(shop: CommandLine) -> None:
    shop.json("rollback", "shop")
    row = shop.json("operation", "list")["operations"][0]
    assert (row["kind"], row["state"]) == ("rollback", "done")
    assert shop.json("operation", "wait", str(row["id"])) == RESULTS["rollback"]
    assert [step["name"] for step in shop.json("operation", "show", str(row["id"]))["steps"]] == ["first", "second"]


def test_nodes_and_what_runs_are_printed(shop: CommandLine) -> None:
    from lampas.store.models import Node

    units = [{"app": "shop", "number": 2, "state": "running", "pids": [7, 8]}]
    Node.objects.create(
        name="here", address="x:1", home="/x", roles=["appserver"], state="ready", observed={"units": units}
    )
    assert [row["name"] for row in shop.json("node", "list")["nodes"]] == ["here"]
    rows = shop.json("running", "--app", "shop")["rows"]
    assert [{key: row[key] for key in ("node", "app", "release", "pids", "loaded")} for row in rows] == [
        {"node": "here", "app": "shop", "release": 2, "pids": [7, 8], "loaded": []}
    ]
    assert "shop" in shop("running").out


def test_projections_are_rebuilt(shop: CommandLine) -> None:
    shop.json("rebuild")
    assert shop.json("rebuild") == {"differed": False}


def test_every_command_explains_itself(lampas: CommandLine) -> None:
    for words in ([], ["repo"], ["app"], ["release"], ["module"], ["token"], ["user"], ["audit"], ["env"], ["up"]):
        done = lampas(*words, "--help")
        assert done.status == 0
        assert "Usage: lampas" in done.out


def test_json_of_every_list_is_one_document(shop: CommandLine) -> None:
    for words in (
        ["repo", "list"],
        ["app", "list"],
        ["token", "list"],
        ["user", "list"],
        ["audit", "list"],
        ["node", "list"],
    ):
        done = shop(*words, "--json")
        assert (done.status, done.err) == (0, "")
        assert isinstance(json.loads(done.out), dict)
