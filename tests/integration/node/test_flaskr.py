"""flaskr, the application of Flask's own tutorial, from its source distribution to two live versions and back.

The steps are one story: each test stands on the one before, as a user's day does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engines import sources
from engines.node import Node


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's directory."""
    return sources.unpack("flask==3.1.3", tmp_path_factory.mktemp("flask")) / "examples" / "tutorial"


@pytest.fixture(scope="module")
def user(node: Node, source: Path) -> Iterator[httpx.Client]:
    """flaskr imported, built and live in version 1, its database made, and a visitor who logged in."""
    imported = node.json("import", str(source), "--repo", "flaskr")
    assert imported["files"] == sum(1 for path in source.rglob("*") if path.is_file())
    entry = ["--entry", "flaskr:create_app()", "--persist", "instance"]
    node.json("app", "create", "flaskr", "--repo", "flaskr", *entry)
    built = node.json("release", "build", "flaskr")
    assert built["number"] == 1
    assert built["verify"]["ok"] is True
    deployed = node.json("deploy", "flaskr", "1")
    assert [each["state"] for each in deployed["nodes"]] == ["live"]
    init = node.lampas("run", "flaskr", "1", "--", "flask", "--app", "flaskr", "init-db")
    assert "Initialized the database." in init.stdout
    with node.browser("flaskr") as client:
        client.post("/auth/register", data={"username": "ada", "password": "lovelace"})
        entered = client.post("/auth/login", data={"username": "ada", "password": "lovelace"})
        assert entered.status_code == 302
        yield client


def test_what_was_posted_is_read_back(user: httpx.Client) -> None:
    posted = user.post("/create", data={"title": "Notes on the engine", "body": "It weaves."})
    assert posted.status_code == 302
    page = user.get("/")
    assert "Notes on the engine" in page.text
    assert page.headers["Lampas-Release"] == "flaskr/1"


def test_the_release_holds_what_it_needs_and_no_tests(node: Node, user: httpx.Client) -> None:
    closure = node.json("closure", "flaskr")
    paths = {member["path"] for member in closure["members"]}
    assert {"flaskr/__init__.py", "flaskr/db.py", "flaskr/schema.sql", "flaskr/templates/blog/index.html"} <= paths
    assert not any(path.startswith("tests/") for path in paths)
    assert "flask" in {dist["name"].lower() for dist in closure["distributions"]}
    assert closure["unresolved"] == []


def test_why_gives_the_chain_with_its_evidence(node: Node, user: httpx.Client) -> None:
    chain = node.json("why", "flaskr", "flaskr.db")["chain"]
    assert chain[-1]["to"].endswith("flaskr.db")
    assert chain[-1]["file"] == "flaskr/__init__.py"
    assert chain[-1]["line"] > 1


def test_a_second_version_by_git_push_answers_beside_the_first(node: Node, user: httpx.Client, tmp_path: Path) -> None:
    token = node.json("token", "create", "--name", "push")["token"]
    remote = f"http://127.0.0.1:{node.console_port}/git/flaskr.git"
    git = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.http://me:{token}@127.0.0.1.insteadOf"}
    git["GIT_CONFIG_VALUE_0"] = "http://127.0.0.1"
    work = tmp_path / "flaskr"
    subprocess.run(["git", "clone", "-q", remote, str(work)], check=True, env=git)
    base = work / "flaskr" / "templates" / "base.html"
    base.write_text(base.read_text().replace("<h1>Flaskr</h1>", "<h1>Flaskr, second edition</h1>").replace(
        ">Flaskr</a>", ">Flaskr, second edition</a>"))  # fmt: skip
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", *who, "commit", "-qam", "Second edition"], check=True, cwd=work, env=git)
    subprocess.run(["git", "push", "-q", "origin", "HEAD:main"], check=True, cwd=work, env=git)

    assert node.json("release", "build", "flaskr")["number"] == 2
    node.json("deploy", "flaskr", "2")
    assert "second edition" in node.get("flaskr-v2").text
    assert "second edition" not in node.get("flaskr-v1").text
    live = node.get("flaskr")
    assert live.headers["Lampas-Release"] == "flaskr/2"
    assert "Notes on the engine" in live.text, "both versions share the persistent directory"


def test_half_of_the_visitors_see_each_and_stay_there(node: Node, user: httpx.Client) -> None:
    assert node.json("traffic", "flaskr", "1=50", "2=50")["traffic"] == {"1": 50, "2": 50}
    seen: dict[str, int] = {}
    for _ in range(200):
        with node.browser("flaskr") as visitor:
            first = visitor.get("/auth/login").headers["Lampas-Release"]
            again = {visitor.get("/auth/login").headers["Lampas-Release"] for _ in range(2)}
            assert again == {first}
            seen[first] = seen.get(first, 0) + 1
    assert set(seen) == {"flaskr/1", "flaskr/2"}
    assert 60 <= seen["flaskr/1"] <= 140


def test_a_rollback_goes_back_step_by_step(node: Node, user: httpx.Client) -> None:
    assert node.json("rollback", "flaskr")["number"] == 2
    assert node.get("flaskr").headers["Lampas-Release"] == "flaskr/2"
    assert node.json("rollback", "flaskr")["number"] == 1
    back = node.get("flaskr")
    assert back.headers["Lampas-Release"] == "flaskr/1"
    assert "second edition" not in back.text


def test_building_the_same_again_gives_the_same_release(node: Node, user: httpx.Client) -> None:
    first = node.json("release", "show", "flaskr", "2")
    again = node.json("release", "build", "flaskr")
    assert (again["number"], again["id"]) == (2, first["id"])
