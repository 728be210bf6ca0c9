"""Commands that people run: terminal or streams, spoken to while they run, ended with the one who asked."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.commands import Run
from engines.interface import ROOT, Code, Interface, interface
from engines.waiting import until
from lampas.core.nodestate import ReleaseOnNode, Terminal
from lampas.errors import Denied, Failed, NotFound

APP = "def application(environ, start_response):\n    return []\n"
JOB = b"sh -c 'echo on with i\"\"t; exec sleep 600'\n"  # what it prints is not what the terminal echoes


@pytest.fixture(scope="module", params=["users", "none"] if ROOT else ["none"])
def node(request: pytest.FixtureRequest) -> Iterator[Interface]:
    """A node of each kind of isolation."""
    with interface(plain=request.param == "none") as made:
        yield made


@pytest.fixture(autouse=True)
def _clean() -> None:
    """Nothing is applied here."""


@pytest.fixture(scope="module")
def release(node: Interface) -> ReleaseOnNode:
    """A release to run commands in."""
    made, _ = node.release(node.app("shop"), 1, Code({"app.py": APP, "pkg/x.py": "print('found')\n"}))
    node.ship()
    return made


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def test_a_command_runs_in_the_releases_environment(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sh", "-c", "echo $SHOP; pwd; id -un; command -v python", env={"SHOP": "open"})
    assert run.end() == 0
    shop, cwd, user, python = run.out.decode().split()
    assert shop == "open"
    assert cwd.endswith("/releases/1/code")
    assert python.endswith("/releases/1/env/bin/python")
    assert user == (f"lampas-{release.app}" if node.users else "nobody" if ROOT else user)


def test_stdout_and_stderr_are_kept_apart_and_the_exit_status_is_a_shells(
    node: Interface, release: ReleaseOnNode
) -> None:
    run = Run(node, release, "sh", "-c", "cat; echo problem >&2; exit 7")
    run.tell(data=b"a\0b\n", end=True)
    assert (run.end(), run.out, run.err) == (7, b"a\0b\n", b"problem\n")
    assert Run(node, release, "sh", "-c", "kill -9 $$").end() == 137
    assert Run(node, release, "nonexistent-program").end() == 127
    assert Run(node, release, "sleep", "60", seconds=0.5).end() == 124


def test_stdin_of_any_length_goes_in_piece_by_piece(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sha256sum")
    whole = os.urandom(6 << 20)
    while run.given < len(whole):
        run.tell(data=whole[run.given : run.given + (1 << 19)])
    run.tell(data=whole[-10:], begin=len(whole) - 10)  # sent again: it is not taken again
    run.tell(end=True)
    assert run.end() == 0
    assert run.out.split()[0].decode() == hashlib.sha256(whole).hexdigest()


def test_stdin_that_nobody_reads_is_not_kept_and_does_not_hold_a_signal_up(
    node: Interface, release: ReleaseOnNode
) -> None:
    run = Run(node, release, "sleep", "600")
    given = run.tell(data=b"x" * (2 << 20))
    assert given < 2 << 20
    run.tell(signal="TERM")
    assert run.end() == 143


def test_stdin_of_a_command_that_closed_it_is_thrown_away(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sh", "-c", "exec 0<&-; echo closed; sleep 0.2")
    run.until(b"closed")
    run.tell(data=b"x" * 100_000, end=True)
    assert run.end() == 0


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "USR1", "USR2", "TERM"])
def test_signals_are_passed_on(node: Interface, release: ReleaseOnNode, name: str) -> None:
    run = Run(node, release, "sh", "-c", f"trap 'echo got; exit 3' {name}; echo ready; while :; do sleep 0.05; done")
    run.until(b"ready")
    run.tell(signal=name)
    assert (run.end(), run.out) == (3, b"ready\ngot\n")


def test_a_stopped_command_goes_on(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sh", "-c", "echo $$; read line; echo $line")
    pid = int(run.until(b"\n"))
    run.tell(signal="TSTP")
    until(lambda: b") T " in Path(f"/proc/{pid}/stat").read_bytes())
    run.tell(data=b"on\n")
    run.tell(signal="CONT")
    assert run.end() == 0
    assert run.out.endswith(b"on\n")


def test_a_command_with_a_terminal_has_job_control_and_the_size_that_it_is_told(
    node: Interface, release: ReleaseOnNode
) -> None:
    run = Run(node, release, "bash", "--norc", terminal=Terminal(40, 100, "xterm-256color"))
    run.tell(data=b"stty -echo; PS1=; stty size; echo $TERM; tty\n")
    run.until(b"/dev/pts/")
    assert b"40 100" in run.out
    assert b"xterm-256color" in run.out
    assert b"no job control" not in run.out
    run.tell(size=(50, 120))
    run.tell(data=b"stty size\n")
    run.until(b"50 120")
    run.tell(data=JOB)
    run.until(b"on with it")
    run.tell(data=b"\x1a")  # Ctrl-Z
    run.until(b"Stopped")
    run.tell(data=b"kill %1; sh -c 'echo a\"\"gain; exec sleep 600'\n")
    run.until(b"again\r\n")
    run.tell(data=b"\x03")  # Ctrl-C
    run.tell(data=b"echo back $?\n")
    run.until(b"back 130")
    run.tell(data=b"exit 9\n")
    assert run.end() == 9


def test_signals_reach_what_is_in_the_foreground_of_a_terminal(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "bash", "--norc", terminal=Terminal(24, 80))
    run.tell(data=JOB)
    run.until(b"on with it")
    run.tell(signal="INT")
    run.tell(data=b"exit $?\n")
    assert run.end() == 130


def test_what_a_command_left_behind_ends_with_it(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!; sleep 0.1")
    pid = int(run.until(b"\n"))
    assert run.end() == 0
    until(lambda: gone(pid))


@pytest.mark.parametrize("terminal", [None, Terminal(24, 80)])
def test_a_command_ends_with_the_one_who_asked(
    node: Interface, release: ReleaseOnNode, terminal: Terminal | None
) -> None:
    text = "trap '' HUP TERM; echo $$; setsid sleep 600 & while :; do sleep 0.1; done"
    run = Run(node, release, "sh", "-c", text, terminal=terminal)
    pid = int(run.until(b"\n").split()[0])
    assert not gone(pid)
    run.frames.close()  # type: ignore[attr-defined]
    until(lambda: gone(pid))
    with pytest.raises(NotFound):
        run.tell(signal="TERM")


def test_output_that_nobody_reads_is_not_kept(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sh", "-c", "echo ready; yes")
    run.until(b"ready")
    agent = next(
        pid
        for pid in Path("/proc").iterdir()
        if pid.name.isdigit() and f"LAMPAS_PROCESS={node.home}:agent".encode() in _environ(pid).split(b"\0")
    )
    before = _resident(agent)
    for _ in range(20):
        time.sleep(0.05)
    assert _resident(agent) < before + (32 << 20)
    run.frames.close()  # type: ignore[attr-defined]


def test_only_the_one_who_started_a_command_is_listened_to(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "sh", "-c", "read line; echo $line")
    with pytest.raises(Denied, match="somebody else"):
        run.tell(by="eve", data=b"evil\n")
    run.app, app = "other", run.app
    with pytest.raises(NotFound):
        run.tell(data=b"evil\n")
    run.app = app
    run.tell(data=b"good\n")
    assert (run.end(), run.out) == (0, b"good\n")


def test_a_command_is_run_once(node: Interface, release: ReleaseOnNode) -> None:
    run = Run(node, release, "true")
    assert run.end() == 0
    with pytest.raises(Failed, match="carried out before"):
        list(node.console.run(run.command))


def _environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def _resident(process: Path) -> int:
    line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) << 10
