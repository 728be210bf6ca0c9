"""Verifications and commands: as the application's user, bounded, and ended with the one who asked."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from engines.commands import run
from engines.interface import ROOT, Code, Interface, interface
from lampas import pki
from lampas.core.nodestate import ReleaseOnNode
from lampas.errors import Failed, LampasError

APP = "def application(environ, start_response):\n    return []\n"


@pytest.fixture(scope="module", params=["users", "none"] if ROOT else ["none"])
def node(request: pytest.FixtureRequest) -> Iterator[Interface]:
    """A node of each kind of isolation."""
    with interface(plain=request.param == "none") as made:
        yield made


@pytest.fixture(autouse=True)
def _clean() -> None:
    """Nothing is applied here."""


def released(node: Interface, code: Code, name: str = "shop", number: int = 1) -> ReleaseOnNode:
    made, _ = node.release(node.app(name), number, code)
    node.ship()
    return made


def verify(node: Interface, code: Code, number: int, seconds: float = 30.0) -> Mapping[str, Any]:
    release = released(node, code, number=number)
    return list(node.console.task(node.task("verify", release, seconds=seconds)))[-1]


def test_a_release_that_starts_is_verified(node: Interface) -> None:
    assert verify(node, Code({"app.py": APP}), 1)["ok"] is True
    made = Code({"src/pkg/__init__.py": "def make():\n    return lambda e, s: []\n"}, entry="pkg:make()", root="src")
    assert verify(node, made, 2)["ok"] is True


@pytest.mark.parametrize(
    ("number", "text", "entry", "word"),
    [
        (11, "import nowhere\n", "app", "No module named 'nowhere'"),
        (12, APP, "app:other", "has no attribute 'other'"),
        (13, "application = 3\n", "app", "is not a WSGI application: it is a int"),
        (14, "raise SystemExit(0)\n", "app", "SystemExit"),
        (15, "def f(:\n", "app", "SyntaxError"),
        (16, "import os\nos.kill(os.getpid(), 9)\n", "app", "ended with status 137"),
    ],
)
def test_one_that_does_not_start_says_why_in_its_own_words(
    node: Interface, number: int, text: str, entry: str, word: str
) -> None:
    answer = verify(node, Code({"app.py": text}, entry=entry), number)
    assert answer["ok"] is False
    assert word in answer["log"]
    assert "lampas" not in answer["log"].replace(str(node.home), "").replace("lampas-shop", "")


def test_a_verification_has_no_network_and_no_lasting_data(node: Interface) -> None:
    text = f"""
import os, pathlib, socket
pathlib.Path("instance/mark").write_text("x")
pathlib.Path(os.environ.get("TMPDIR", "/tmp"), "y").write_text("y")
try:
    socket.create_connection(("127.0.0.1", {node.agent_port}), 2)
except OSError:
    pass
else:
    raise RuntimeError("the network is there")
if os.path.exists({str(node.home / "secrets")!r}):
    raise RuntimeError("secrets are in sight")
try:
    pathlib.Path(__file__).with_name("z").write_text("z")
except OSError:
    pass
else:
    raise RuntimeError("the release can be written to")
{APP}"""
    answer = verify(node, Code({"app.py": text}, persist=("instance",)), 21)
    if "bubblewrap could not make a sandbox" in answer["log"]:
        pytest.skip("this machine allows no sandbox to a plain user: " + answer["log"].splitlines()[0])
    assert answer["ok"] is True, answer["log"]
    data = [path for path in (node.home / "data").rglob("*") if path.name == "mark"]
    assert data == []


def test_a_start_that_takes_too_long_is_ended(node: Interface) -> None:
    answer = verify(node, Code({"app.py": "import time\ntime.sleep(60)\n"}), 22, seconds=1.0)
    assert answer["ok"] is False
    assert "did not start within 1 s" in answer["log"]


def test_a_task_is_carried_out_once(node: Interface) -> None:
    release = released(node, Code({"app.py": APP}), number=35)
    task = node.task("verify", release)
    assert list(node.console.task(task))[-1]["ok"] is True
    with pytest.raises(Failed, match="carried out before"):
        list(node.console.task(task))


def test_a_secret_of_a_task_is_on_no_command_line(node: Interface) -> None:
    release = released(node, Code({"app.py": APP}), number=36)
    _, out, _ = run(
        node, release, "sh", "-c", "cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' '", env={"S": "canary-7f3a"}
    )
    assert b"canary-7f3a" not in out


def test_console_scripts_of_wheels_run(node: Interface) -> None:
    release = released(node, Code({"app.py": APP}, wheels={"tool": wheel()}), number=37)
    assert run(node, release, "tool", "x") == (5, b"tool 1 ['x']\n", b"")
    assert run(node, release, "old-tool") == (0, b"old\n", b"")
    tree = node.home / f"agent/apps/{release.app}/releases/37"
    assert list((tree / "env/lib/python3.11/site-packages/tool/__pycache__").glob("*.pyc"))


def wheel() -> bytes:
    import io
    import zipfile

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(
            "tool/__init__.py", "import sys\ndef main():\n    print('tool', 1, sys.argv[1:])\n    return 5\n"
        )
        archive.writestr("tool-1.dist-info/entry_points.txt", "[console_scripts]\ntool = tool:main\n")
        archive.writestr("tool-1.data/scripts/old-tool", "#!python\nprint('old')\n")
    return data.getvalue()


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/../../x", "tool-1.data/scripts/../../../x"])
def test_a_wheel_that_leaves_its_place_is_refused(node: Interface, name: str) -> None:
    import io
    import zipfile

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, "x")
    release = released(node, Code({"app.py": APP}, wheels={"bad": data.getvalue()}), number=40 + len(name))
    frames = list(node.console.task(node.task("verify", release)))
    assert frames[-1]["ok"] is False
    assert "leaves it" in frames[-1]["log"]


def test_content_is_checked_against_its_name(node: Interface) -> None:
    good, bad = b"good", b"bad"
    import hashlib

    name = hashlib.sha256(good).hexdigest()
    for blobs in ([(name, bad)], [("../../../../etc/passwd".ljust(64, "x"), good)]):
        with pytest.raises(LampasError):
            node.console.send(blobs)
    assert node.console.missing([name]) == [name]
    node.console.send([(name, good)])
    assert node.console.missing([name]) == []
    cut = name.encode() + (10).to_bytes(8, "big") + b"123"
    assert node.console._http.post("/v1/blobs", content=cut).status_code == 400
    assert not list((node.home / "agent/store").glob(".receiving-*"))


def test_only_the_consoles_certificate_opens_the_interface(node: Interface) -> None:
    url = f"https://127.0.0.1:{node.agent_port}/v1/status"
    roots = (node.home / "secrets/nodes-ca.crt").read_text()
    strange = pki.make_authority("console")
    for identity in (None, pki.issue(strange, "console", server=False)):
        context = ssl.create_default_context(cadata=roots)
        if identity:
            file = node.home / "strange.pem"
            file.write_bytes(identity.certificate + identity.key)
            context.load_cert_chain(file)
        with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.TransportError):
            client.get(url)
    with socket.create_connection(("127.0.0.1", node.agent_port)) as plain:
        plain.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" not in plain.recv(100)


def test_requests_that_are_none_are_refused_in_words(node: Interface) -> None:
    http = node.console._http
    assert http.post("/v1/blobs/missing", content=b"nope").status_code == 400
    assert http.post("/v1/blobs/missing", json={"sha256": ["../x"]}).status_code == 400
    assert http.get("/v1/logs", params={"app": "../../secrets", "lines": "5"}).status_code == 400
    assert http.get("/v1/nothing").status_code == 404
    assert http.post("/v1/task", content=b"{}").status_code == 403
    assert http.post("/v1/task", content=b"{}", headers={"Lampas-Signature": node.sign(b"{}")}).status_code == 400
