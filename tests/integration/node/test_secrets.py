"""A canary: a secret that an application is given is found in its processes and nowhere else on the node."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urljoin

import httpx
import pytest

from engines.node import Node, eventually
from lampas.core.nodestate.places import volatile

CANARY = "Canary/9f8e7d6c+5b4a=ü\nsecond line"
FORMS = [
    part.encode()
    for text in ("Canary/9f8e7d6c+5b4a=", "canary-that-was-replaced")
    for part in (text, quote(text, safe=""), base64.b64encode(text.encode()).decode()[:-4])
]
APP = """
import hashlib, os

def application(environ, start_response):
    if environ["PATH_INFO"] == "/crash":
        raise RuntimeError("the sky is down")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [hashlib.sha256(os.environ.get("TOKEN", "").encode()).hexdigest().encode()]
"""


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


@pytest.fixture(scope="module")
def app(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node with an application that runs in two versions, has the canary and has crashed."""
    source = tmp_path_factory.mktemp("bird")
    (source / "bird.py").write_text(APP)
    node.json("import", str(source), "--repo", "bird")
    node.json("app", "create", "bird", "--repo", "bird", "--entry", "bird:application", "--env", "TOKEN=plain")
    node.lampas("secret", "set", "bird", "TOKEN", stdin="canary-that-was-replaced\n")
    node.json("release", "build", "bird")
    node.json("deploy", "bird", "1")
    assert node.get("bird").text == digest("canary-that-was-replaced"), "a secret wins over a setting"
    (source / "bird.py").write_text(APP + "# second\n")
    node.json("import", str(source), "--repo", "bird")
    node.json("release", "build", "bird")
    node.json("deploy", "bird", "2")
    done = node.lampas("secret", "set", "bird", "TOKEN", stdin=CANARY)
    assert "version 2 runs with the change" in done.stdout
    assert node.get("bird").text == digest(CANARY)
    assert node.get("bird-v1").text == digest(CANARY), "a version that is kept warm is renewed too"
    assert node.get("bird", "/crash").status_code == 500
    yield node


def pages(node: Node) -> Iterator[tuple[str, bytes]]:
    """Every page that links lead to from the first one, and every route of the API that reads."""
    base = f"http://127.0.0.1:{node.console_port}"
    token = (node.home / "secrets/operator.token").read_text().strip()
    with httpx.Client(timeout=30, trust_env=False, follow_redirects=True) as client:
        link = node.up("--no-sample")["login"].replace("localhost", "127.0.0.1")
        token_of_form = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(link).text)
        assert token_of_form
        data = {"csrfmiddlewaretoken": token_of_form[1]}
        assert client.post(link, data=data, headers={"Referer": link, "Origin": base}).status_code == 200
        left, seen = ["/"], set()
        while left:
            path = left.pop()
            shape = re.sub(r"[0-9a-f]{8,}|[0-9]+", "N", path.split("#")[0])
            if shape in seen or len(seen) > 400:
                continue
            seen.add(shape)
            answer = client.get(base + path)
            yield path, answer.content
            if "html" in answer.headers.get("content-type", ""):
                found = (urljoin(base + path, link) for link in re.findall(r'href="([^"]+)"', answer.text))
                left += [link.removeprefix(base) for link in found if link.startswith(base) and "logout" not in link]
        assert len(seen) > 30
        described = client.get(f"{base}/api/v1/openapi.json").json()
        for path, methods in described["paths"].items():
            if "get" in methods:
                filled = path.replace("{app}", "bird").replace("{repository}", "bird").replace("{number}", "2")
                filled = re.sub(r"\{[^}]+\}", "1", filled)
                asked = f"{base}{filled}?module=bird:bird&q=TOKEN&against=HEAD&other=1&text=Canary"
                yield filled, client.get(asked, headers={"Authorization": f"Bearer {token}"}).content


def memory(node: Node) -> Path:
    """Where the environments of the node's units stand."""
    return Path(volatile(str(node.home), users=os.geteuid() == 0, shm=True))


def leaks(data: bytes) -> bool:
    return any(form in data for form in FORMS)


def test_no_page_and_no_route_of_the_api_shows_it(app: Node) -> None:
    found = [path for path, content in pages(app) if leaks(content)]
    assert found == []


@pytest.mark.parametrize(
    "words",
    [
        "status", "doctor", "secret list bird", "app show bird", "release show bird 2", "logs bird", "audit list",
        "operation list", "node list", "running", "release diff bird 1 2",
    ],
)  # fmt: skip
def test_no_command_shows_it(app: Node, words: str) -> None:
    for more in ([], ["--json"]):
        done = app.lampas(*words.split(), *more, status=None)
        assert not leaks((done.stdout + done.stderr).encode()), words


def test_it_is_in_the_environment_of_its_own_processes_alone(app: Node) -> None:
    holders, words = set(), []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words.append((process / "cmdline").read_bytes())
            environ = (process / "environ").read_bytes()
            if leaks(environ):
                mark = re.search(rb"LAMPAS_PROCESS=([^\0]*)", environ)
                holders.add(mark[1].decode() if mark else process.name)
    assert not any(leaks(each) for each in words)
    assert holders
    assert all(re.fullmatch(rf"{re.escape(str(app.home))}:bird-v[12]-[0-9]+", each) for each in holders), holders


def test_no_file_of_the_home_holds_it(app: Node) -> None:
    with_it = []
    for path in app.home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with contextlib.suppress(OSError):
                if leaks(path.read_bytes()):
                    with_it.append(str(path.relative_to(app.home)))
    assert with_it == []


def test_the_file_of_a_units_environment_stands_in_memory_and_is_its_own(app: Node) -> None:
    directory = memory(app)
    files = [path for path in directory.glob("bird/*.env") if leaks(path.read_bytes())]
    assert len(files) == 2
    for file in files:
        kind = subprocess.run(["stat", "-f", "-c", "%T", str(file)], capture_output=True, text=True).stdout.strip()
        assert file.stat().st_mode & 0o7777 == 0o640
        assert file.parent.stat().st_mode & 0o007 == 0
        if directory.parent == Path("/dev/shm"):
            assert kind == "tmpfs"


def test_no_dump_of_the_database_and_no_backup_holds_it(app: Node, tmp_path: Path) -> None:
    socket = app.home / "run/database/mariadb.sock"
    words = ["mariadb-dump", "--no-defaults", f"--socket={socket}", "--all-databases", "--hex-blob"]
    who = (app.home / "database/data").owner()
    done = subprocess.run(["setpriv", f"--reuid={who}", "--clear-groups", "--", *words], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert not leaks(done.stdout)
    assert not any(form.hex().encode() in done.stdout.lower() for form in FORMS)
    app.lampas("backup", str(tmp_path / "backup"), env={"LAMPAS_PASSPHRASE": "a long passphrase"})
    whole = (tmp_path / "backup").read_bytes()
    assert not leaks(whole)
    content = gzip.decompress(whole[:-86])
    assert not leaks(content)


def test_a_command_of_the_application_has_it(app: Node) -> None:
    code = "import hashlib, os; print(hashlib.sha256(os.environ['TOKEN'].encode()).hexdigest())"
    assert app.lampas("run", "bird", "2", "--", "python", "-c", code).stdout.strip() == digest(CANARY)


def test_it_is_there_again_after_the_memory_was_lost(app: Node) -> None:
    app.lampas("down")
    assert not memory(app).exists()
    app.up("--no-sample")
    eventually(lambda: app.get("bird").text == digest(CANARY))


def test_without_it_the_setting_of_the_same_name_counts(app: Node) -> None:
    done = app.json("secret", "unset", "bird", "TOKEN")
    assert set(done["renewed"]) == {1, 2}
    assert app.get("bird").text == digest("plain")
    assert json.loads(app.lampas("secret", "list", "bird", "--json").stdout) == {"secrets": []}
