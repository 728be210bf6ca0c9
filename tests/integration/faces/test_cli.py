"""The command line against a live server: JSON documents, exit statuses, importing with stock git."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engines.api import ApiClient
from engines.commandline import CommandLine


@pytest.fixture
def lampas(server: str, admin: ApiClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    """The command line of an administrator."""
    monkeypatch.setenv("LAMPAS_URL", server)
    monkeypatch.setenv("LAMPAS_TOKEN", admin.token)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("LAMPAS_HOME", raising=False)
    return CommandLine()


def _directory(base: Path, **files: str) -> Path:
    for name, text in files.items():
        path = base / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return base


def test_a_repository_is_made_and_listed(lampas: CommandLine) -> None:
    made = lampas.json("repo", "create", "shop")
    assert made["name"] == "shop"
    assert made["url"].endswith("/git/shop.git")
    assert [row["name"] for row in lampas.json("repo", "list")["repositories"]] == ["shop"]
    assert "shop" in lampas("repo", "list").out


def test_json_may_stand_anywhere(lampas: CommandLine) -> None:
    before = lampas("--json", "repo", "list")
    behind = lampas("repo", "list", "--json")
    between = lampas("repo", "--json", "list")
    assert json.loads(before.out) == json.loads(behind.out) == json.loads(between.out)


def test_an_error_is_one_line_with_what_to_do(lampas: CommandLine) -> None:
    done = lampas("repo", "create", "Bad Name")
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        "lampas: 'Bad Name' is not a repository name; "
        "use lower-case letters, digits, '.', '_' and '-', at most 64, not ending in .git\n"
    )


def test_an_error_with_json_is_a_document(lampas: CommandLine) -> None:
    done = lampas("repo", "create", "Bad Name", "--json")
    assert done.status == 1
    assert set(json.loads(done.out)["error"]) == {"code", "message", "remedy"}
    assert json.loads(done.out)["error"]["code"] == "invalid-input"


@pytest.mark.parametrize("words", [["nonsense"], ["repo", "create"], ["traffic", "shop", "1"], ["deploy", "shop", "x"]])
def test_bad_usage_ends_with_2(lampas: CommandLine, words: list[str]) -> None:
    assert lampas(*words).status == 2
    done = lampas(*words, "--json")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (2, "usage")


def test_a_server_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, lampas: CommandLine) -> None:
    monkeypatch.setenv("LAMPAS_URL", "http://127.0.0.1:9")
    done = lampas("repo", "list")
    assert done.status == 1
    assert "does not answer at http://127.0.0.1:9" in done.err
    assert "lampas up" in done.err


def test_a_wrong_token_is_said(monkeypatch: pytest.MonkeyPatch, lampas: CommandLine) -> None:
    monkeypatch.setenv("LAMPAS_TOKEN", "lampas_wrong")
    assert lampas.json("repo", "list", status=1)["error"]["code"] == "unauthenticated"


def test_tokens_are_made_listed_and_revoked(lampas: CommandLine) -> None:
    made = lampas.json("token", "create", "--name", "ci", "--expires", "90d")
    assert made["token"].startswith("lampas_")
    rows = lampas.json("token", "list")["tokens"]
    assert [row["name"] for row in rows] == ["ci", "test"]
    assert lampas.json("token", "revoke", str(made["id"])) == {"id": made["id"], "revoked": True}


def test_people_are_added_and_granted(lampas: CommandLine) -> None:
    assert lampas.json("user", "add", "bob")["name"] == "bob"
    assert lampas.json("user", "grant", "bob", "developer", "--app", "shop")["application"] == "shop"
    assert [row["name"] for row in lampas.json("user", "list")["users"]] == ["ada", "bob"]
    assert lampas.json("audit", "verify") == {"ok": True, "rows": 2, "broken": None}
    assert [row["action"] for row in lampas.json("audit", "list")["audit"]] == ["user.grant", "user.add"]


def test_a_changed_audit_row_ends_with_1(lampas: CommandLine) -> None:
    from lampas.store.models import AuditRow

    lampas.json("user", "add", "bob")
    AuditRow.objects.update(actor="eve")
    assert lampas.json("audit", "verify", status=1)["ok"] is False


def test_a_login_is_stored_for_its_owner_alone(
    lampas: CommandLine, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert lampas.json("login", server) == {"url": server, "name": "ada"}
    stored = tmp_path / "config" / "lampas" / "login.json"
    assert stored.stat().st_mode & 0o777 == 0o600
    monkeypatch.delenv("LAMPAS_URL")
    monkeypatch.delenv("LAMPAS_TOKEN")
    monkeypatch.setattr("lampas.cli.target.default_home", lambda: tmp_path / "nowhere")
    assert lampas.json("repo", "list")["repositories"] == []


def test_a_directory_becomes_one_commit(lampas: CommandLine, tmp_path: Path) -> None:
    code = _directory(tmp_path / "shop", README="hello", shop__cart_py="x = 1\n", _hidden="h")
    (code / "link").symlink_to("README")
    (code / "README").chmod(0o755)
    done = lampas.json("import", str(code), "--repo", "shop", "-m", "First")
    assert (done["repository"], done["files"]) == ("shop", 4)
    found = lampas.json("module", "history", "shop:README")["commits"]
    assert [(row["commit"], row["message"], row["author"]) for row in found] == [(done["commit"], "First", "ada")]
    files = {row["path"]: row["mode"] for row in _api("/repositories/shop/files")["files"]}
    assert files == {"README": "100755", "_hidden": "100644", "link": "120000", "shop/cart_py": "100644"}


def test_importing_again_makes_the_tree_equal(lampas: CommandLine, tmp_path: Path) -> None:
    code = _directory(tmp_path / "shop", one="1", two="2")
    first = lampas.json("import", str(code), "--repo", "shop")
    again = lampas.json("import", str(code), "--repo", "shop")
    assert again["commit"] == first["commit"]
    (code / "one").unlink()
    _directory(code, three="3")
    second = lampas.json("import", str(code), "--repo", "shop")
    assert second["commit"] != first["commit"]
    assert [row["path"] for row in _api("/repositories/shop/files")["files"]] == ["three", "two"]
    assert len(_api("/repositories/shop/log")["commits"]) == 2


def test_names_that_git_must_quote_are_imported(lampas: CommandLine, tmp_path: Path) -> None:
    names = ['quo"te', "back\\slash", "späße", " lead", "-option", "a'b"]
    code = tmp_path / "odd"
    code.mkdir()
    for name in names:
        (code / name).write_text(name)
    lampas.json("import", str(code), "--repo", "odd")
    rows = _api("/repositories/odd/files")["files"]
    assert sorted(row["path"] for row in rows) == sorted(names)


def test_a_name_that_is_refused_is_said_in_one_line(lampas: CommandLine, tmp_path: Path) -> None:
    code = tmp_path / "odd"
    code.mkdir()
    (code / "new\nline").write_text("x")
    error = lampas.json("import", str(code), "--repo", "odd", status=1)["error"]
    assert error["code"] == "invalid-input"
    assert "control characters" in error["message"]
    assert error["remedy"]


def test_a_checkout_is_imported_with_its_history(lampas: CommandLine, tmp_path: Path) -> None:
    code = _directory(tmp_path / "shop", one="1")
    git = ["git", "-C", str(code), "-c", "user.name=bob", "-c", "user.email=b@x"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["commit", "-qm", "two", "--allow-empty"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run([*git, "tag", "v1"], check=True)
    done = lampas.json("import", str(code), "--repo", "shop")
    rows = _api("/repositories/shop/log")["commits"]
    assert [(row["message"], row["author"]) for row in rows] == [("two", "bob"), ("one", "bob")]
    assert done["commit"] == rows[0]["commit"]
    assert _api("/repositories/shop")["refs"].keys() == {"refs/heads/main", "refs/tags/v1"}
    assert lampas.json("import", str(code), "--repo", "shop")["commit"] == done["commit"]


def test_a_checkout_with_another_history_is_refused(lampas: CommandLine, tmp_path: Path) -> None:
    lampas.json("import", str(_directory(tmp_path / "shop", one="1")), "--repo", "shop")
    other = _directory(tmp_path / "other", one="2")
    git = ["git", "-C", str(other), "-c", "user.name=bob", "-c", "user.email=b@x"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    done = lampas.json("import", str(other), "--repo", "shop", status=1)
    assert done["error"]["code"] == "conflict"


@pytest.mark.parametrize("make", [None, Path.mkdir, Path.touch])
def test_nothing_to_import_is_said(lampas: CommandLine, tmp_path: Path, make: Any) -> None:
    if make is not None:
        make(tmp_path / "code")
    done = lampas.json("import", str(tmp_path / "code"), "--repo", "shop", status=1)
    assert done["error"]["code"] == "invalid-input"
    assert lampas.json("repo", "list")["repositories"] == []


def test_the_token_is_on_no_command_line(lampas: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lampas import process

    seen: list[str] = []
    run = process.run

    def spy(argv: Any, **more: Any) -> Any:
        seen.extend(str(word) for word in argv)
        return run(argv, **more)

    monkeypatch.setattr(process, "run", spy)
    lampas.json("import", str(_directory(tmp_path / "shop", one="1")), "--repo", "shop")
    assert "push" in seen
    assert not [word for word in seen if "lampas_" in word or "Authorization" in word]


def test_code_is_searched_and_blamed(lampas: CommandLine, tmp_path: Path) -> None:
    code = _directory(tmp_path / "shop", shop__cart="alpha\nbeta needle\n")
    first = lampas.json("import", str(code), "--repo", "shop")["commit"]
    (code / "shop" / "cart").write_text("alpha\nbeta needle\ngamma\n")
    second = lampas.json("import", str(code), "--repo", "shop")["commit"]
    match = {"repository": "shop", "path": "shop/cart", "line": 2, "text": "beta needle"}
    assert lampas.json("search", "needle") == {"matches": [match], "more": False}
    blamed = _api("/repositories/shop/blame?path=shop/cart")["lines"]
    assert [row["commit"] for row in blamed] == [first, first, second]
    assert "+gamma" in _api(f"/repositories/shop/diff?older={first}&path=shop/cart")["diff"]


def test_the_command_line_runs_as_a_program(lampas: CommandLine) -> None:
    done = lampas.program("repo", "list", "--json")
    assert (done.status, json.loads(done.out)) == (0, {"repositories": []})
    assert lampas.program("nonsense").status == 2


def _api(path: str) -> Any:
    return ApiClient(os.environ["LAMPAS_TOKEN"]).get(path).body
