"""The root helper believes nothing: requests that are not exactly its verbs are refused, links are not followed."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.interface import ROOT, Interface
from lampas.errors import InvalidInput
from lampas.roothelper import rules


@pytest.fixture(scope="module")
def node() -> Iterator[Interface]:
    """A home; its supervisor is not started."""
    made = Interface()
    yield made
    made.close()


def ask(node: Interface, *requests: Any) -> list[dict[str, Any]]:
    lines = "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in requests)
    done = subprocess.run(rules.command(str(node.home)), input=lines.encode(), capture_output=True, timeout=30)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "request_",
    [
        "not json",
        "[]",
        {},
        {"verb": "app-ensure"},
        {"verb": "shell", "app": "shop", "number": 1},
        {"verb": "app-ensure", "app": "../etc"},
        {"verb": "app-ensure", "app": "shop\nx"},
        {"verb": "app-ensure", "app": "a" * 25},
        {"verb": "app-ensure", "app": ["shop"]},
        {"verb": "app-ensure", "app": "front"},
        {"verb": "app-ensure", "app": "shop", "persist": ["../x"]},
        {"verb": "app-ensure", "app": "shop", "persist": ["/etc"]},
        {"verb": "app-ensure", "app": "shop", "persist": "x"},
        {"verb": "unit-start", "app": "shop", "number": "1", "slot": 18200},
        {"verb": "unit-start", "app": "shop", "number": True, "slot": 18200},
        {"verb": "unit-start", "app": "shop", "number": 0, "slot": 18200},
        {"verb": "unit-start", "app": "shop", "number": 1, "slot": 80},
        {"verb": "unit-start", "app": "shop", "number": 1, "slot": True},
        {"verb": "unit-start", "app": "shop", "number": 1, "slot": "../1"},
        {"verb": "unit-stop", "app": "shop", "number": 1, "slot": 18200, "port": "x"},
    ],
)
def test_a_request_that_is_not_one_of_the_verbs_is_refused(node: Interface, request_: Any) -> None:
    answers = ask(node, request_)
    assert [answer["ok"] for answer in answers] == [False]
    assert answers[0]["error"]
    assert list((node.home / "supervisor/units").iterdir()) == []


def test_without_a_supervisor_the_answer_says_so(node: Interface) -> None:
    assert ask(node, {"verb": "unit-start", "app": "shop", "number": 1, "slot": 18201}) == [
        {"ok": False, "error": "the supervisor does not answer"}
    ]
    for file in (node.home / "supervisor/units").iterdir():
        file.unlink()


@pytest.mark.parametrize(
    "request_",
    [
        {"verb": "run", "app": "shop", "number": 1, "argv": [], "env": {}},
        {"verb": "run", "app": "shop", "number": 1, "argv": ["true"], "env": {"A B": "x"}},
        {"verb": "run", "app": "shop", "number": 1, "argv": ["true"], "env": {}, "seconds": -1},
        {"verb": "run", "app": "shop", "number": 1, "argv": ["true"], "env": {}, "root": "../../.."},
        {"verb": "run", "app": "shop", "number": 1, "argv": ["a\0b"], "env": {}},
    ],
)
def test_a_command_that_is_none_does_not_run(node: Interface, request_: Any) -> None:
    done = subprocess.run(
        rules.command(str(node.home)), input=json.dumps(request_).encode() + b"\n", capture_output=True, timeout=30
    )
    assert done.returncode == 126
    assert done.stderr


@pytest.mark.root
@pytest.mark.skipif(not ROOT, reason="applications have Unix users of their own where LAMPAS runs as root")
def test_an_applications_directories_are_its_own_and_links_are_not_followed(node: Interface) -> None:
    app = node.app("shop")
    assert ask(node, {"verb": "app-ensure", "app": app, "persist": ["a/b"]}) == [{"ok": True}]
    user, agent = pwd.getpwnam(f"lampas-{app}"), pwd.getpwnam("lampas")
    found = {
        name: (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o7777)
        for name in (f"data/{app}", f"logs/apps/{app}", f"agent/apps/{app}/units", f"data/{app}/a/b")
        for path in [node.home / name]
    }
    assert found == {
        f"data/{app}": (user.pw_uid, user.pw_gid, 0o700),
        f"logs/apps/{app}": (user.pw_uid, agent.pw_gid, 0o2750),
        f"agent/apps/{app}/units": (agent.pw_uid, user.pw_gid, 0o2750),
        f"data/{app}/a/b": (user.pw_uid, user.pw_gid, 0o700),
    }
    # The application puts a link where its next persistent directory would be made.
    target = node.home / "precious"
    target.mkdir(mode=0o700)
    (node.home / "data" / app / "c").symlink_to(target)
    assert ask(node, {"verb": "app-ensure", "app": app, "persist": ["c/d"]})[0]["ok"] is False
    assert list(target.iterdir()) == []
    # The agent's user puts one where the application's directory would be.
    other = node.app("blog")
    (node.home / "agent/apps" / other).symlink_to(target)
    assert ask(node, {"verb": "app-ensure", "app": other})[0]["ok"] is False
    assert target.stat().st_uid == 0
    assert ask(node, {"verb": "app-remove", "app": app})[0]["stays"]
    shutil.rmtree(node.home / "data" / app)
    assert ask(node, {"verb": "app-remove", "app": app}) == [{"ok": True, "stays": ""}]
    with pytest.raises(KeyError):
        pwd.getpwnam(f"lampas-{app}")


def test_the_rule_of_sudo_allows_one_command_line(tmp_path: Path) -> None:
    text = rules.sudoers("/var/lib/lampas")
    assert "*" not in text
    assert text.splitlines()[-1].endswith("NOPASSWD: " + " ".join(rules.command("/var/lib/lampas")))
    file = tmp_path / "lampas"
    file.write_text(text)
    if os.path.exists("/usr/sbin/visudo"):  # noqa: PTH110 - a program of the machine
        assert subprocess.run(["/usr/sbin/visudo", "-cf", str(file)], capture_output=True).returncode == 0
    for home in ("/a b", "/a\nb", "/a,b", "/a=b", "relative", "/a*"):
        with pytest.raises(InvalidInput):
            rules.sudoers(home)
