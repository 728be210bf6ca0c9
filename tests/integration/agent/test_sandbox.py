"""Commands in a sandbox: what they see, what they leave, and that nothing of them gets out or stays."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engines.interface import ROOT, Code, Interface, interface
from engines.waiting import until
from lampas.core.nodestate import ReleaseOnNode, Sandbox, Task
from lampas.errors import Failed

APP = "def application(environ, start_response):\n    return []\n"
TREE = Sandbox(tree="copy", output=True)


@pytest.fixture(scope="module", params=["users", "none"] if ROOT else ["none"])
def node(request: pytest.FixtureRequest) -> Iterator[Interface]:
    """A node of each kind of isolation."""
    with interface(plain=request.param == "none") as made:
        yield made


@pytest.fixture(autouse=True)
def _clean() -> None:
    """Nothing is applied here."""


def released(node: Interface, number: int, files: Mapping[str, str] | None = None, **more: Any) -> ReleaseOnNode:
    made, _ = node.release(node.app("shop"), number, Code({"app.py": APP, **(files or {})}, **more))
    node.ship()
    return made


def confined(
    node: Interface,
    release: ReleaseOnNode,
    *commands: tuple[str, ...],
    sandbox: Sandbox | None = None,
    seconds: float = 60,
    env: Mapping[str, str] | None = None,
) -> tuple[dict[str, Any], str]:
    """The last frame, and all that was said."""
    task = node.task("sandbox", release, env=env, seconds=seconds)
    task = Task(**{**vars(task), "commands": commands, "sandbox": sandbox or Sandbox()})
    frames = list(node.console.task(task))
    return dict(frames[-1]), "".join(frame.get("said", "") for frame in frames)


def python(text: str) -> tuple[str, ...]:
    return ("python", "-c", text)


def test_commands_run_one_after_the_other_until_one_fails(node: Interface) -> None:
    release = released(node, 1)
    last, said = confined(node, release, ("sh", "-c", "echo one; echo two >&2"), ("sh", "-c", "exit 7"), ("echo", "no"))
    assert (last["status"], last["ran"], last["files"]) == (7, 2, [])
    assert said == "$ sh -c 'echo one; echo two >&2'\none\ntwo\n$ sh -c 'exit 7'\n"
    assert confined(node, release, ("nonexistent-program",))[0]["status"] == 127
    assert confined(node, release, ("sh", "-c", "kill -9 $$"))[0]["status"] == 137
    assert confined(node, release, ("cat",))[0]["status"] == 0  # there is nothing to read


def test_a_command_runs_as_the_applications_user_in_its_release(node: Interface) -> None:
    release = released(node, 2, root="")
    last, said = confined(node, release, ("sh", "-c", "id -un; pwd; command -v python; echo $A"), env={"A": "b c"})
    user, cwd, found, value = said.splitlines()[1:]
    assert last["status"] == 0
    assert user == (f"lampas-{release.app}" if node.users else "nobody" if ROOT else user)
    assert (cwd.endswith("/releases/2/code"), found.endswith("/releases/2/env/bin/python")) == (True, True)
    assert value == "b c"


def test_what_a_command_leaves_in_the_copy_is_taken_back(node: Interface) -> None:
    release = released(node, 3, {"a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n"}, persist=("media",))
    text = """
set -e
mkdir -p out/deep __pycache__; echo new > out/deep/new.txt; echo '#!/bin/sh' > out/run; chmod 755 out/run
echo changed > a.txt; touch b.txt; rm c.txt; echo x > __pycache__/x.pyc; echo upload > media/upload
ln -s deep/new.txt out/link; chmod 200 out/deep/new.txt
"""
    last, _ = confined(node, release, ("sh", "-c", text), sandbox=TREE)
    assert (last["status"], last["links"]) == (0, [])
    found = {file["path"]: (file["mode"], file["sha256"]) for file in last["files"]}
    new, changed, run = (hashlib.sha256(data).hexdigest() for data in (b"new\n", b"changed\n", b"#!/bin/sh\n"))
    assert found == {
        "a.txt": (0o444, changed),
        "out/deep/new.txt": (0o444, new),
        "out/link": (0o444, new),
        "out/run": (0o555, run),
    }
    content = dict(node.console.fetch([new, changed, run]))
    assert content == {new: b"new\n", changed: b"changed\n", run: b"#!/bin/sh\n"}
    tree = Path(node.home / f"agent/apps/{release.app}/releases/3/code")
    assert sorted(path.name for path in tree.iterdir()) == ["a.txt", "app.py", "b.txt", "c.txt", "media"]
    assert (tree / "a.txt").read_text() == "a\n"
    assert not list((node.home / "data").rglob("upload"))


@pytest.mark.parametrize("tree", ["copy", "watched"])
def test_what_was_read_of_a_copy_is_told_and_nothing_else(node: Interface, tree: str) -> None:
    files = {"a.txt": "a", "b.txt": "b", "run.sh": "#!/bin/sh\n", "d/x": "x", "d/e/y": "y", "q/z": "z", "empty": ""}
    release = released(node, 15 + len(tree), files)
    text = """
import glob, mmap, os, shutil
os.stat("b.txt"); os.path.exists("q/z"); os.path.getsize("b.txt")
open("a.txt").read(); os.listdir("d")
with open("d/e/y") as file: mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
"""
    last, said = confined(node, release, python(text), sandbox=Sandbox(tree=tree))
    assert last["status"] == 0, said
    assert set(last["reads"]) == {"", "a.txt", "d/", "d/e/y", "empty"}  # Python lists where it starts to find modules


def test_a_watched_release_cannot_be_written_to(node: Interface) -> None:
    release = released(node, 16, {"a.txt": "a", "d/x": "x"})
    for words in ("echo x > a.txt", "echo x > new", "rm a.txt", "mkdir d/new", "rm -r d"):
        assert confined(node, release, ("sh", "-c", words), sandbox=Sandbox(tree="watched"))[0]["status"] != 0, words


def test_a_scratch_directory_is_taken_back_whole_and_laid_in_again(node: Interface) -> None:
    release = released(node, 17, persist=("var",))
    make = "mkdir -p var/empty var/d; echo kept > var/d/x; chmod 700 var/d; ln -s d/x var/link; echo h > $LAMPAS_DATA/h"
    env = {"LAMPAS_DATA": f"{node.home}/data/{release.app}"}
    last, said = confined(node, release, ("sh", "-c", make), sandbox=Sandbox(tree="watched", pack=True), env=env)
    [archive] = last["files"]
    assert (archive["path"], last["status"]) == ("data.tar", 0), said
    look = "cat var/link $LAMPAS_DATA/h; ls var; stat -c %a var/d; echo more >> var/d/x && cat var/d/x"
    seeded = Sandbox(seed=archive["sha256"])
    last, said = confined(node, release, ("sh", "-c", look), sandbox=seeded, env=env)
    assert said.splitlines()[1:] == ["kept", "h", "d", "empty", "link", "700", "kept", "more"]
    assert confined(node, release, ("true",), sandbox=Sandbox(seed="0" * 64))[0]["status"] == 126


def test_links_that_lead_out_are_told_and_not_taken(node: Interface) -> None:
    release = released(node, 4)
    text = "ln -s /etc/passwd a; ln -s ../../../.. b; mkdir d; ln -s d c; ln -s nowhere e"
    last, _ = confined(node, release, ("sh", "-c", text), sandbox=TREE)
    assert (last["links"], last["files"]) == (["a", "b", "c", "e"], [])


def test_inputs_are_there_and_an_output_comes_back_without_any_release(node: Interface) -> None:
    data = b"given\n"
    name = hashlib.sha256(data).hexdigest()
    node.console.send([(name, data)])
    release = ReleaseOnNode(node.app("fresh"), 0, "", "")
    sandbox = Sandbox(tree="none", inputs={"in-1.0.txt": name}, output=True)
    last, said = confined(node, release, ("sh", "-c", "pwd; rev /inputs/in-1.0.txt > /output/out"), sandbox=sandbox)
    assert last["status"] == 0, said
    [file] = last["files"]
    assert (file["path"], dict(node.console.fetch([file["sha256"]]))[file["sha256"]]) == ("out", b"nevig\n")
    missing = Sandbox(tree="none", inputs={"x": "0" * 64})
    assert "lacks 1 pieces" in confined(node, release, ("true",), sandbox=missing)[0]["error"]


def test_the_live_directory_is_there_only_if_it_is_asked_for(node: Interface) -> None:
    release = released(node, 5, persist=("media/a",))
    write = ("sh", "-c", "cat media/a/x; echo $1 >> media/a/x", "sh")
    for word in ("one", "two"):
        last, said = confined(node, release, (*write, word), sandbox=Sandbox(data="live"))
        assert last["status"] == 0
    assert said.splitlines()[1:] == ["one"]
    last, said = confined(node, release, (*write, "three"))
    assert "No such file" in said
    assert (node.home / "data" / release.app / "media/a/x").read_text() == "one\ntwo\n"


def test_neither_the_network_nor_other_applications_nor_secrets_are_in_sight(node: Interface) -> None:
    release, other = released(node, 6), node.app("other")
    run = confined(node, ReleaseOnNode(other, 0, "", ""), ("true",), sandbox=Sandbox(tree="none"))
    assert run[0]["status"] == 0
    precious = node.home / "data" / other / "precious"
    precious.write_text("x")
    precious.chmod(0o666)
    hidden = [
        str(precious),
        str(node.home / "secrets"),
        str(node.home / "run"),
        "/root",
        "/home",
        "/var",
        "/etc/shadow",
    ]
    text = f"""
import os, socket
for place in {hidden!r}:
    assert not os.path.exists(place), place
assert os.listdir({str(node.home / "data")!r}) == [{release.app!r}]
for address in (("127.0.0.1", {node.agent_port}), ("192.0.2.1", 80)):
    try:
        socket.create_connection(address, 2)
    except OSError:
        continue
    raise SystemExit("the network is there")
own = socket.create_server(("127.0.0.1", 0))
socket.create_connection(own.getsockname(), 2)  # its own loopback is
others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > 3 and int(pid) != os.getpid()]
assert not others, others
for place in ("/", "/dev", "/etc", "/usr", "/run", "/run/lampas", "..", "."):
    try:
        open(os.path.join(place, "mark"), "w")
    except OSError:
        continue
    raise SystemExit(f"{{place}} can be written to")
try:
    os.setuid(0)
except OSError:
    pass
else:
    raise SystemExit("it became root")
"""
    last, said = confined(node, release, python(text))
    assert last["status"] == 0, said


def test_a_command_that_hangs_is_ended_with_all_that_it_started(node: Interface) -> None:
    release = released(node, 7)
    mark = f"hang-{os.urandom(4).hex()}"
    text = f"import os, signal, time\nsignal.signal(15, signal.SIG_IGN)\nos.fork()\nos.setsid\ntime.sleep(600) # {mark}"
    last, _ = confined(node, release, python(text), seconds=1.5)
    assert (last["status"], last["ran"]) == (124, 0)
    until(lambda: not processes(mark))


def test_what_a_command_leaves_running_ends_before_the_next_one_is_done(node: Interface) -> None:
    release = released(node, 8)
    mark = f"left-{os.urandom(4).hex()}"
    text = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600) # {mark}'])"
    last, _ = confined(node, release, python(text), sandbox=TREE)
    assert last["status"] == 0
    until(lambda: not processes(mark))


def test_a_fork_bomb_stays_within_its_bounds(node: Interface) -> None:
    release = released(node, 9)
    text = """
import os, time
made = 0
try:
    while made < 20000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError as error:
    raise SystemExit(f"stopped after {made}: {error}")
"""
    last, said = confined(node, release, python(text), sandbox=Sandbox(processes=40))
    assert last["status"] == 1
    assert "Resource temporarily unavailable" in said
    assert confined(node, release, ("true",))[0]["status"] == 0


def test_memory_and_disk_are_bounded(node: Interface) -> None:
    release = released(node, 10)
    small = Sandbox(tree="copy", output=True, disk=8 << 20, file=4 << 20, memory=256 << 20)
    last, said = confined(node, release, python("x = bytearray(1 << 30)"), sandbox=small)
    assert (last["status"], "MemoryError" in said) == (1, True)
    for place in (".", "/tmp", f"{node.home}/data/{release.app}"):
        fill = f"import itertools\nfor n in itertools.count():\n open(f'{place}/{{n}}', 'wb').write(bytes(1 << 20))"
        last, said = confined(node, release, python(fill), sandbox=small)
        assert (last["status"], "No space left on device" in said) == (1, True), said
    last, said = confined(node, release, python("open('x', 'wb').write(bytes(6 << 20))"), sandbox=small)
    assert (last["status"], "File too large" in said) == (1, True)
    shared = "import itertools\nfor n in itertools.count():\n open(f'/dev/shm/{n}', 'wb').write(bytes(1 << 20))"
    assert "No space left" in confined(node, release, python(shared), sandbox=small)[1]


def test_what_is_said_comes_live_and_too_much_of_it_is_left_out_in_the_middle(node: Interface) -> None:
    release = released(node, 11)
    gate = node.home / "data" / release.app / "gate"
    text = (
        "import os, time\nprint('first', flush=True)\nwhile not os.path.exists(os.environ['GATE']): time.sleep(0.02)\n"
    )
    text += "print('x' * 79 + '\\n', end='')\n" + "for n in range(40000): print('line', n, 'x' * 70)\nprint('last')"
    task = node.task("sandbox", release, env={"GATE": str(gate)}, seconds=60)
    task = Task(**{**vars(task), "commands": (python(text),), "sandbox": Sandbox(data="live")})
    said = ""
    for frame in node.console.task(task):
        said += frame.get("said", "")
        if "first" in said and not gate.exists():
            gate.write_text("")  # it goes on only now
    assert said.endswith("line 39999 " + "x" * 70 + "\nlast\n")
    assert " bytes are left out here …" in said
    assert len(said) < 2 << 20


def test_a_sandbox_ends_when_the_one_who_asked_goes_away(node: Interface) -> None:
    release = released(node, 12)
    mark = f"gone-{os.urandom(4).hex()}"
    task = node.task("sandbox", release, seconds=600)
    task = Task(
        **{**vars(task), "commands": (python(f"import time\nprint('on', flush=True)\ntime.sleep(600) # {mark}"),)}
    )
    frames = node.console.task(task)
    while "on" not in next(frames).get("said", "").split():  # type: ignore[call-overload]
        pass
    assert processes(mark)
    frames.close()  # type: ignore[attr-defined]
    until(lambda: not processes(mark))


def test_one_door_leads_to_the_database_if_it_is_open(node: Interface) -> None:
    place = node.home / "run/database/mariadb.sock"
    place.parent.mkdir(exist_ok=True, mode=0o755)
    release = released(node, 13)
    text = """
import socket
client = socket.create_connection(("127.0.0.1", 3399), 5)
client.sendall(b"hello" * 100000)
client.shutdown(socket.SHUT_WR)
data = b""
while more := client.recv(65536):
    data += more
print(len(data), data[:5])
"""
    assert "there is no database" in confined(node, release, ("true",), sandbox=Sandbox(database=3399))[0]["error"]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        place.chmod(0o777)
        server.listen()
        echo = threading.Thread(target=_echo, args=(server,))
        echo.start()
        last, said = confined(node, release, python(text), python(text), sandbox=Sandbox(database=3399))
        assert last["status"] == 0, said
        assert said.count("500000 b'hello'") == 2
        assert confined(node, release, python(text))[0]["status"] == 1
        server.shutdown(socket.SHUT_RDWR)
        echo.join(10)
    shutil.rmtree(place.parent)


def test_tasks_that_are_none_are_refused(node: Interface) -> None:
    release = released(node, 14)
    task = vars(node.task("sandbox", release))
    for wrong in (
        {"commands": ()},
        {"commands": ((),)},
        {"commands": (("true",),), "sandbox": Sandbox(tree="write")},
        {"commands": (("true",),), "sandbox": Sandbox(inputs={"../x": "0" * 64})},
        {"commands": (("true",),), "sandbox": Sandbox(disk=-1)},
        {"commands": (("true",),), "sandbox": Sandbox(database=70000)},
        {"commands": (("a\0b",),)},
    ):
        nonce = os.urandom(16).hex()
        try:
            last = list(node.console.task(Task(**{**task, "nonce": nonce, **wrong})))[-1]
        except Failed:
            continue
        assert last["status"] == 126, wrong
        assert last["error"], wrong


def _echo(server: socket.socket) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        data = b""
        while more := client.recv(65536):
            data += more
        client.sendall(data)
        client.close()


def processes(mark: str) -> list[int]:
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and int(directory.name) != os.getpid():
            try:
                if mark.encode() in (directory / "cmdline").read_bytes():
                    found.append(int(directory.name))
            except OSError:
                continue
    return found
