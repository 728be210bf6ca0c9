"""Applications over the API: definitions as commits, settings, closures and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from engines import facts
from engines.api import ApiClient

UNIT = {"app": "shop", "number": 1, "state": "running", "pids": [7]}
FILES = {
    "shop/__init__.py": "",
    "shop/wsgi.py": "from shop.cart import total\n\napplication = total\n",
    "shop/cart.py": "import json\nimport nowhere\n\ntotal = 1\n",
    "shop/unused.py": "",
    "shop/one.py": "import shop.two\n",
    "shop/two.py": "import shop.one\n",
}


@pytest.fixture
def shop(admin: ApiClient) -> ApiClient:
    """A client; the repositories `cluster` and `shop` are there, `shop` with code."""
    from django.conf import settings

    from lampas.git import cluster
    from lampas.git.writer import GitWriter

    cluster.ensure(GitWriter(settings.CONFIGURATION))
    assert admin.post("/repositories", {"name": "shop"}).status == 201
    commit(admin, FILES)
    return admin


def commit(client: ApiClient, files: dict[str, str], parent: str | None = None) -> str:
    """Commits files to `shop`."""
    changes = {path: {"text": text} for path, text in files.items()}
    answer = client.post("/repositories/shop/commits", {"message": "code", "changes": changes, "parent": parent})
    assert answer.status == 201, answer.body
    return str(answer.body["commit"])


def make(client: ApiClient, **more: Any) -> Any:
    """Makes the application `shop`."""
    return client.post(
        "/applications", {"name": "shop", "repository": "shop", "entry": "shop.wsgi:application", **more}
    )


def test_an_application_is_a_file_in_the_cluster(shop: ApiClient) -> None:
    made = make(shop, persist=["instance"], env={"MODE": "live"}, links=["shop.unused"])
    assert (made.status, set(made.body)) == (201, {"name", "commit"})
    text = shop.get("/repositories/cluster/file?path=apps/shop.toml").body["text"]
    assert '[app.shop]\nrepository = "shop"\n' in text
    assert shop.get("/repositories/cluster/log").body["commits"][0]["commit"] == made.body["commit"]
    found = shop.get("/applications/shop").body
    assert found["source"] == "cluster:apps/shop.toml"
    assert (found["definition"]["persist"], found["definition"]["env"]) == (["instance"], {"MODE": "live"})
    assert (found["versions"], found["url"]) == ([], "http://shop.localhost:18080/")
    row = shop.get("/applications").body["apps"][0]
    assert (row["name"], row["runtime"], row["repository"], row["live"]) == ("shop", "python", "shop", [])


def test_a_name_that_exists_is_refused(shop: ApiClient) -> None:
    assert make(shop).status == 201
    again = make(shop, entry="shop.other:application")
    assert (again.status, again.body["code"]) == (409, "conflict")
    assert len(shop.get("/repositories/cluster/log").body["commits"]) == 2


def test_a_name_that_a_repository_defines_itself_is_refused(shop: ApiClient) -> None:
    head = shop.get("/repositories/shop").body["repository"]["head"]
    commit(shop, {"lampas.toml": '[app.shop]\nentry = "shop.wsgi:application"\n'}, head)
    assert make(shop).status == 409


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"entry": "no entry"}, 422),
        ({"entry": "a:b\nenv = { X = 'y' }"}, 422),
        ({"repository": "nowhere"}, 404),
        ({"name": "console"}, 422),
        ({"name": "shop-v1"}, 422),
        ({"hosts": ["console.localhost"]}, 422),
        ({"persist": ["../out"]}, 422),
        ({"persist": ["var", "var/media"]}, 422),
        ({"files": {"../out": "x"}}, 422),
        ({"files": {"shop.ini": "x" * 70000}}, 422),
        ({"env": {"LAMPAS_DATA": "x"}}, 422),
        ({"runtime": "ruby"}, 422),
    ],
)
def test_a_definition_that_cannot_be_used_is_refused(shop: ApiClient, more: dict[str, Any], status: int) -> None:
    answer = make(shop, **more)
    assert (answer.status, answer.kind) == (status, "application/problem+json")
    assert len(shop.get("/repositories/cluster/log").body["commits"]) == 1
    assert shop.get("/applications").body["apps"] == []


def test_settings_are_changed_in_the_file_in_force(shop: ApiClient) -> None:
    make(shop, env={"A": "1", "B": "2"})
    done = shop.ask("PATCH", "/applications/shop/env", {"set": {"A": "x=y", "C": "new"}, "unset": ["B"]}).body
    assert done["operation"] is None
    assert shop.get("/repositories/cluster/log").body["commits"][0]["commit"] == done["commit"]
    assert shop.get("/applications/shop").body["definition"]["env"] == {"A": "x=y", "C": "new"}
    row = shop.get("/audit?limit=1").body["audit"][0]
    assert (row["action"], row["detail"]) == ("env.change", {"set": ["A", "C"], "unset": ["B"]})


def test_changed_settings_make_the_next_release_of_the_same_code(shop: ApiClient) -> None:
    from lampas.store.models import Application, Operation

    make(shop)
    facts.release(Application.objects.get(name="shop"), 1, commit="c" * 40)
    done = shop.ask("PATCH", "/applications/shop/env", {"set": {"A": "1"}}).body
    row = Operation.objects.get(pk=done["operation"]["id"])
    assert (row.kind, row.intent) == ("build", {"at": "c" * 40, "pins": {}})


def test_settings_in_a_repositorys_own_file_are_changed_there(shop: ApiClient) -> None:
    head = shop.get("/repositories/shop").body["repository"]["head"]
    text = '# mine\n[app.own]\nentry = "shop.wsgi:application"\n'
    commit(shop, {"lampas.toml": text}, head)
    assert shop.ask("PATCH", "/applications/own/env", {"set": {"A": "1"}}).status == 200
    changed = shop.get("/repositories/shop/file?path=lampas.toml").body["text"]
    assert changed.startswith(text)
    assert 'A = "1"' in changed


@pytest.mark.parametrize(
    "body", [{"unset": ["NONE"]}, {}, {"set": {"A": "1"}, "unset": ["A"]}, {"set": {"BAD-NAME": "1"}}]
)
def test_settings_that_cannot_be_changed_are_refused(shop: ApiClient, body: dict[str, Any]) -> None:
    make(shop)
    assert shop.ask("PATCH", "/applications/shop/env", body).status == 422


def test_a_build_is_asked_for_at_the_commit_that_a_branch_has_now(shop: ApiClient) -> None:
    from lampas.store.models import Operation

    make(shop)
    head = shop.get("/repositories/shop").body["repository"]["head"]
    answer = shop.post("/applications/shop/releases", {"at": "main"})
    assert answer.status == 202
    row = Operation.objects.get(pk=answer.body["operation"]["id"])
    assert (row.kind, row.intent) == ("build", {"at": head, "pins": {}})


@pytest.mark.parametrize(("app", "at"), [("shop", "no-branch"), ("nowhere", None)])
def test_a_build_of_what_is_not_there_is_refused(shop: ApiClient, app: str, at: str | None) -> None:
    make(shop)
    assert shop.post(f"/applications/{app}/releases", {"at": at}).status == 404


def test_a_closure_holds_what_is_needed_and_says_why(shop: ApiClient) -> None:
    make(shop)
    found = shop.get("/applications/shop/closure").body
    assert [row["path"] for row in found["members"]] == ["shop/__init__.py", "shop/cart.py", "shop/wsgi.py"]
    assert set(found["members"][0]) == {"module", "kind", "path", "revision", "repository"}
    assert found["count"] == 3
    missing = [(row["name"], row["file"], row["line"]) for row in found["unresolved"]]
    assert missing == [("nowhere", "shop/cart.py", 2)]
    chain = shop.get("/applications/shop/why?module=shop.cart").body["chain"]
    assert [(row["from"], row["to"]) for row in chain] == [("app shop", "shop.wsgi"), ("shop.wsgi", "shop.cart")]
    assert (chain[-1]["provenance"], chain[-1]["file"], chain[-1]["line"]) == ("import", "shop/wsgi.py", 1)
    assert shop.get("/applications/shop/why?module=shop.unused").status == 404


def test_two_closures_are_compared(shop: ApiClient) -> None:
    make(shop)
    old = shop.get("/repositories/shop").body["repository"]["head"]
    commit(shop, {"shop/cart.py": "import shop.unused\n\ntotal = 2\n"}, old)
    found = shop.get(f"/applications/shop/closure?against={old}").body
    (added,) = found["modules"]["added"]
    assert (added["path"], added["edge"]["from"]) == ("shop/unused.py", "shop.cart")
    assert (added["edge"]["file"], added["edge"]["line"]) == ("shop/cart.py", 1)
    assert [row["path"] for row in found["modules"]["changed"]] == ["shop/cart.py"]


def test_impact_names_applications_releases_and_nodes(shop: ApiClient) -> None:
    from lampas.store.models import Application, Node

    make(shop)
    assert shop.get("/impact?module=shop:shop.cart").body["applications"] == ["shop"]
    assert shop.get("/impact?module=shop:shop.unused").body["applications"] == []
    row = Application.objects.get(name="shop")
    facts.release(row, 1)
    facts.slot(row, 1, 18201)
    Node.objects.create(name="here", address="x:1", home="/x", state="ready", observed={"units": [UNIT]})
    found = shop.get("/impact?module=shop:shop/cart.py").body
    assert (found["applications"], found["nodes"]) == (["shop"], ["here"])
    assert found["releases"] == [{"app": "shop", "number": 1, "state": "warm", "traffic": 0}]


def test_cycles_and_dead_modules_are_found(shop: ApiClient) -> None:
    from lampas.store.models import Application

    (circle,) = shop.get("/modules/cycles?repository=shop").body["cycles"]
    assert (circle["repository"], circle["modules"]) == ("shop", ["shop.one", "shop.two"])
    assert [(edge["source"], edge["target"], edge["file"], edge["line"]) for edge in circle["shortest"]] == [
        ("shop.one", "shop.two", "shop/one.py", 1),
        ("shop.two", "shop.one", "shop/two.py", 1),
    ]
    make(shop, links=["shop.one"])
    row = Application.objects.get_or_create(name="shop")[0]
    facts.release(row, 1)
    facts.slot(row, 1, 18201)
    dead = {item["path"]: item["applications"] for item in shop.get("/modules/dead?repository=shop").body["modules"]}
    assert dead["shop/unused.py"] == []
    assert dead["shop/one.py"] == ["shop"]
    assert "shop/cart.py" not in dead


def test_a_chain_is_told_of_a_release_as_it_was_recorded(shop: ApiClient) -> None:
    from lampas.store.models import Application

    make(shop)
    now = shop.get("/applications/shop/why?module=shop.cart").body["chain"]
    edges = [{**edge, "rule": ""} for edge in now]
    members = [{**member, "edge": edge} for member, edge in zip(facts.MEMBERS, edges, strict=True)]
    facts.release(Application.objects.get_or_create(name="shop")[0], 1, closure={"members": members})
    assert shop.get("/applications/shop/why?module=shop/cart.py&release=1").body["chain"] == now
    assert shop.get("/applications/shop/why?module=shop.unused&release=1").status == 404
    assert shop.get("/applications/shop/why?module=shop.cart&release=2").status == 404
    assert shop.get("/applications/shop/why?module=shop.cart&release=1&at=main").status == 422


def test_who_a_change_touches_is_told_before_it_is_made(shop: ApiClient) -> None:
    from lampas.store.models import Application

    make(shop)
    row = Application.objects.get_or_create(name="shop")[0]
    facts.release(row, 1)
    facts.release(row, 2)
    facts.slot(row, 2, 18202)
    facts.traffic(row, {"2": 100})
    asked = {"paths": ["shop/cart.py", "shop/unused.py", "shop/none.py"]}
    found = shop.post("/repositories/shop/impact", asked).body
    assert {file["path"]: file["applications"] for file in found["files"]} == {
        "shop/cart.py": ["shop"], "shop/unused.py": [], "shop/none.py": []
    }  # fmt: skip
    assert found["releases"] == [{"app": "shop", "number": 2, "state": "live", "traffic": 100}]
    assert found["stopped"] == 1
    assert shop.post("/repositories/none/impact", asked).status == 404


def test_a_hot_fix_is_asked_for_by_release_and_module(shop: ApiClient) -> None:
    from lampas.store.models import Application, Operation

    head = shop.get("/repositories/shop").body["repository"]["head"]
    made = make(shop).body["commit"]
    row = Application.objects.get_or_create(name="shop")[0]
    definition = {"file": "apps/shop.toml", "uses": {}}
    facts.release(row, 1, commit=head, definition_commit=made, definition=definition)
    fix = commit(shop, {"shop/cart.py": "total = 2\n"}, head)
    assert shop.post("/applications/shop/releases", {"from": 1, "pins": {"shop.cart": "main"}}).status == 202
    assert Operation.objects.get().intent == {"at": None, "from": 1, "pins": {"shop:shop/cart.py": fix}}
    for body, status in (({"from": 2}, 404), ({"from": 1, "at": "main"}, 422), ({"pins": {"shop.no": "main"}}, 404)):
        assert shop.post("/applications/shop/releases", body).status == status


def test_what_leads_nowhere_is_listed_with_what_would_mend_it(shop: ApiClient) -> None:
    make(shop)
    found = shop.get("/modules/unresolved").body
    (row,) = found["unresolved"]
    assert (row["application"], row["name"], row["repository"], row["file"], row["line"]) == (
        "shop", "nowhere", "shop", "shop/cart.py", 2
    )  # fmt: skip
    assert row["stops"]
    assert row["mend"][-1] == 'waive it: [app.shop.waive] "nowhere" = "why"'
    shop.post("/applications", {"name": "lost", "repository": "shop", "entry": "shop.none:application"})
    (problem,) = shop.get("/modules/unresolved").body["problems"]
    assert (problem["application"], "shop.none" in problem["problem"]) == ("lost", True)


def test_a_deleted_application_is_gone_from_the_cluster(shop: ApiClient) -> None:
    from lampas.store.models import Application, Operation

    make(shop)
    answer = shop.ask("DELETE", "/applications/shop", {"confirm": "shop"})
    assert answer.status == 202
    assert Operation.objects.get(pk=answer.body["operation"]["id"]).kind == "delete"
    assert "apps/shop.toml" not in [row["path"] for row in shop.get("/repositories/cluster/files").body["files"]]
    from datetime import UTC, datetime

    Application.objects.update(deleted=datetime.now(UTC))  # as the worker does in the end
    assert shop.get("/applications/shop").status == 404
    assert shop.post("/applications/shop/releases").status == 404
    assert make(shop).status == 201


def test_versions_tell_how_they_stand(admin: ApiClient) -> None:
    row = facts.application("shop", "verified", "failed", "verified", "verified", "built")
    facts.slot(row, 3, 18203)
    facts.slot(row, 4, 18204, "warm")
    facts.traffic(row, {"1": 100})
    facts.traffic(row, {"3": 100})
    rows = admin.get("/applications/shop/releases").body["releases"]
    states = {item["number"]: item["state"] for item in rows}
    assert states == {5: "built", 4: "warm", 3: "live", 2: "failed", 1: "stopped"}
    assert [item["number"] for item in rows] == [5, 4, 3, 2, 1]
    assert rows[2]["traffic"] == 100
    assert rows[2]["url"] == "http://shop-v3.localhost:18080/"
    assert admin.get("/applications/shop/releases?limit=2").body["next"] == 4
    assert [item["number"] for item in admin.get("/applications/shop/releases?before=4&limit=2").body["releases"]] == [
        3,
        2,
    ]


def test_two_releases_are_compared_without_the_values_of_settings(admin: ApiClient) -> None:
    row = facts.application("shop", "verified")
    changed = [{**facts.MEMBERS[0], "revision": "e" * 40}, {**facts.MEMBERS[1], "path": "shop/new.py"}]
    closure = {"members": changed, "distributions": [{"name": "flask", "version": "3.1", "sha256": "f" * 64}]}
    facts.release(row, 2, closure=closure, env={"KEY": "secret"})
    found = admin.get("/applications/shop/releases/1/diff/2").body
    assert [item["path"] for item in found["modules"]["changed"]] == ["shop/wsgi.py"]
    assert [item["path"] for item in found["modules"]["added"]] == ["shop/new.py"]
    assert [item["path"] for item in found["modules"]["removed"]] == ["shop/cart.py"]
    assert [item["name"] for item in found["distributions"]["added"]] == ["flask"]
    assert found["settings"]["added"] == [{"name": "KEY"}]
    assert "secret" not in str(found)


def test_what_runs_is_what_the_nodes_reported(admin: ApiClient, somebody: Any) -> None:
    from lampas.store.models import Node

    units = [
        {"app": "shop", "number": 2, "state": "running", "pids": [7], "loaded": ["shop.cart"]},
        {"app": "blog", "number": 1, "state": "running", "pids": [8], "loaded": []},
        {"app": "shop", "number": 1, "state": "stopped", "pids": []},
        {"app": 7},
        {"app": "shop", "number": "x", "pids": [1]},
        "nonsense",
    ]
    Node.objects.create(name="here", address="x:1", home="/x", state="ready", observed={"units": units})
    Node.objects.create(name="odd", address="x:2", home="/x", state="ready", observed={"units": "none"})
    rows = admin.get("/running").body["rows"]
    assert [(row["node"], row["app"], row["release"], row["pids"]) for row in rows] == [
        ("here", "shop", 2, [7]),
        ("here", "blog", 1, [8]),
    ]
    assert [row["app"] for row in admin.get("/running?module=shop.cart").body["rows"]] == ["shop"]
    assert [row["app"] for row in somebody("bob", "viewer@blog").get("/running").body["rows"]] == ["blog"]
    assert [row["name"] for row in admin.get("/nodes").body["nodes"]] == ["here", "odd"]


def test_an_application_that_only_a_repository_defines_is_listed(shop: ApiClient) -> None:
    head = shop.get("/repositories/shop").body["repository"]["head"]
    commit(shop, {"lampas.toml": '[app.own]\nentry = "shop.wsgi:application"\n'}, head)
    row = shop.get("/applications").body["apps"][0]
    assert (row["name"], row["repository"], row["live"]) == ("own", "shop", [])
    found = shop.get("/applications/own").body
    assert (found["source"], found["versions"]) == ("shop:lampas.toml", [])


def test_a_rebuild_says_whether_anything_differed(shop: ApiClient) -> None:
    from lampas.store.models import ModuleRow

    shop.post("/rebuild")
    assert shop.post("/rebuild").body == {"differed": False}
    ModuleRow.objects.filter(name="shop.cart").update(name="shop.other")
    assert shop.post("/rebuild").body == {"differed": True}
    assert ModuleRow.objects.filter(name="shop.cart").exists()


def test_a_release_is_exported_as_its_tree(admin: ApiClient) -> None:
    import io
    import tarfile
    import zipfile

    from lampas.core.nodestate import Manifest, ManifestFile, ManifestWheel
    from lampas.store import artifacts

    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("flask/__init__.py", "f")
    code, packed = artifacts.put(b"x = 1\n"), artifacts.put(wheel.getvalue())
    manifest = Manifest(
        app="shop",
        release="r",
        runtime="python",
        entry="shop:app",
        root="",
        files=(ManifestFile("shop.py", code, 6, 0o444), ManifestFile("tool", code, 6, 0o555)),
        wheels=(ManifestWheel("flask", "3", "flask-3-py3-none-any.whl", packed, len(wheel.getvalue())),),
    )
    facts.release(facts.application("shop"), 1, manifest=artifacts.put(manifest.encode()))
    answer = admin.get("/applications/shop/releases/1/archive")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        found = {member.name: member.mode for member in archive}
    site = "env/lib/python3.11/site-packages/flask/__init__.py"
    assert found == {"manifest": 0o444, "code/shop.py": 0o444, "code/tool": 0o555, site: 0o644}


DEFINED = """\
# why it is as it is
[app.shop]
repository = "shop"
entry = "shop.wsgi:application"
waive = { nowhere = "not here" }
"""


def test_a_definition_is_kept_as_it_was_written(shop: ApiClient) -> None:
    made = shop.ask("PUT", "/applications/shop/definition", {"text": DEFINED})
    assert (made.status, set(made.body)) == (200, {"name", "commit"})
    assert shop.get("/repositories/cluster/file?path=apps/shop.toml").body["text"] == DEFINED
    assert shop.get("/applications/shop").body["definition"]["waive"] == {"nowhere": "not here"}
    again = shop.ask("PUT", "/applications/shop/definition", {"text": DEFINED})
    assert again.body["commit"] == made.body["commit"]
    changed = shop.ask("PUT", "/applications/shop/definition", {"text": DEFINED + "threads = 3\n"})
    assert changed.body["commit"] != made.body["commit"]
    assert shop.get("/applications/shop").body["definition"]["threads"] == 3


def test_a_definition_that_cannot_be_used_is_refused_whole(shop: ApiClient) -> None:
    for text, word in [
        ("[app.other]\nrepository = 'shop'\nentry = 'a:b'\n", "must define shop alone"),
        (DEFINED + "thread = 3\n", "threads"),
        (DEFINED.replace('"shop"', '"nowhere"'), "nowhere"),
        ("[", "not TOML"),
    ]:
        answer = shop.ask("PUT", "/applications/shop/definition", {"text": text})
        assert answer.status in (404, 422), answer.body
        assert word in answer.body["detail"] + str(answer.body.get("remedy"))
    assert shop.get("/applications/shop").status == 404


def test_a_definition_gives_way_to_the_repositorys_own(shop: ApiClient) -> None:
    head = shop.get("/repositories/shop/log").body["commits"][0]["commit"]
    commit(shop, {"lampas.toml": '[app.shop]\nentry = "shop.wsgi:application"\n'}, head)
    assert shop.get("/applications/shop").body["source"] == "shop:lampas.toml"
    answer = shop.ask("PUT", "/applications/shop/definition", {"text": DEFINED})
    assert (answer.status, "counts first" in answer.body["detail"]) == (409, True)
