"""`lampas run` as a person types it: on a terminal and in a pipe, against a whole node."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from engines.node import Node, eventually

APP = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""


@pytest.fixture(scope="module")
def shop(node: Node) -> Node:
    """A node with the application `shop`, release 1."""
    code = node.directory / "shop"
    code.mkdir()
    (code / "shop.py").write_text(APP)
    node.json("import", str(code), "--repo", "shop")
    node.json("app", "create", "shop", "--repo", "shop", "--entry", "shop:application")
    node.json("release", "build", "shop")
    return node


def started(node: Node, *words: str, **more: object) -> subprocess.Popen[bytes]:
    """`lampas run shop 1 -- WORDS…` as a program that runs."""
    argv = [sys.executable, "-P", "-m", "lampas.cli", "run", "shop", "1", "--", *words]
    return subprocess.Popen(argv, env=node.environment(), cwd="/", **more)  # type: ignore[call-overload,no-any-return]


class Typing:
    """Somebody at a terminal of 30 × 90 who runs a command."""

    def __init__(self, node: Node, *words: str) -> None:
        self.here, there = os.openpty()
        self.resize(30, 90)
        self.before = termios.tcgetattr(there)
        self.there = there
        self.running = started(
            node, *words, stdin=there, stdout=there, stderr=there, start_new_session=True, preexec_fn=_controlling
        )
        self.shown = b""

    def type(self, text: str) -> None:
        """Keys."""
        os.write(self.here, text.encode())

    def see(self, pattern: str) -> None:
        """Waits until this is shown, and forgets what was shown up to there."""
        deadline = time.monotonic() + 60
        while not (found := re.search(pattern.encode(), self.shown)):
            assert time.monotonic() < deadline, self.shown
            if select.select([self.here], [], [], 0.2)[0]:
                self.shown += os.read(self.here, 65536)
        self.shown = self.shown[found.end() :]

    def resize(self, rows: int, columns: int) -> None:
        """Makes the window another size."""
        ioctl(self.here, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self) -> int:
        """Waits for the end; the terminal must be as it was."""
        status = self.running.wait(60)
        assert termios.tcgetattr(self.there) == self.before
        os.close(self.here)
        os.close(self.there)
        return status


def _controlling() -> None:
    ioctl(0, termios.TIOCSCTTY, 0)


def test_python_on_a_terminal_feels_right(shop: Node) -> None:
    at = Typing(shop, "python", "-q")
    at.see(">>> ")
    at.type("import shop, os; os.get_terminal_size()\r")
    at.see(r"columns=90, lines=30")
    at.type("6 * 8\x087\r")  # rubbed out and typed anew
    at.see("42")
    at.see(">>> ")
    at.resize(40, 100)
    at.see(r"\x1b\[K\r>>> ")  # the line is drawn anew
    at.type("os.get_terminal_size()\r")
    at.see(r"columns=100, lines=40")
    at.type("import time; time.sleep(600)\r")
    at.see("sleep")
    at.type("\x03")
    at.see("KeyboardInterrupt")
    at.type("\x04")
    assert at.end() == 130  # Python's own way after an interrupt


def test_a_shell_on_a_terminal_has_job_control(shop: Node) -> None:
    at = Typing(shop, "bash", "--norc")
    at.type("echo $LAMPAS_APP$LAMPAS_RELEASE\r")
    at.see("shop1")
    at.type("sh -c 'echo on with i\"\"t; exec sleep 600'\r")
    at.see("on with it")
    at.type("\x1a")
    at.see("Stopped")
    at.type("kill %1; exit 5\r")
    at.see("exit")
    at.type("exit 5\r")
    assert at.end() == 5


def test_a_terminal_is_put_back_when_the_command_is_killed(shop: Node) -> None:
    at = Typing(shop, "sh", "-c", "echo $$; exec sleep 600")
    at.see(r"\d+")
    at.running.send_signal(signal.SIGTERM)
    assert at.end() == 143


def test_input_of_any_length_is_streamed_and_the_exit_status_passed_on(shop: Node) -> None:
    size = 64 << 20
    run = started(shop, "sh", "-c", "wc -c; exit 3", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert run.stdin is not None
    assert run.stdout is not None
    piece, most = b"x" * (1 << 20), 0
    for _ in range(size >> 20):
        run.stdin.write(piece)
        most = max(most, resident(run.pid))
    run.stdin.close()
    assert int(run.stdout.read()) == size
    assert run.wait(60) == 3
    assert most < 100 << 20
    run.stdout.close()


def test_signals_to_the_command_line_reach_the_command(shop: Node) -> None:
    text = "trap 'echo usr' USR1; trap 'echo int; exit 4' INT; echo ready; while :; do sleep 0.05; done"
    run = started(shop, "sh", "-c", text, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stdout.readline() == b"ready\n"
    run.send_signal(signal.SIGUSR1)
    assert run.stdout.readline() == b"usr\n"
    run.send_signal(signal.SIGINT)
    assert run.stdout.read() == b"int\n"
    assert run.wait(60) == 4
    run.stdout.close()


def test_stopping_the_command_line_stops_the_command_until_it_goes_on(shop: Node) -> None:
    run = started(shop, "sh", "-c", "echo $$; read line; echo $line", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert run.stdout is not None
    pid = int(run.stdout.readline())
    run.send_signal(signal.SIGTSTP)
    eventually(lambda: state(pid) == "T" and state(run.pid) == "T")
    run.send_signal(signal.SIGCONT)
    eventually(lambda: state(pid) != "T")
    out, _ = run.communicate(b"on\n", timeout=60)
    assert (out, run.returncode) == (b"on\n", 0)


def test_a_command_line_that_vanishes_ends_its_command(shop: Node) -> None:
    run = started(shop, "sh", "-c", "echo $$; exec sleep 600", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert run.stdout is not None
    pid = int(run.stdout.readline())
    run.kill()
    run.communicate()
    eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_the_audit_says_who_ran_what_and_how_it_ended(shop: Node) -> None:
    shop.lampas("run", "shop", "1", "--", "sh", "-c", "exit 6", status=6)
    rows = [row for row in shop.json("audit", "list")["audit"] if row["action"] == "release.run"][:2]
    ended, begun = sorted(rows, key=lambda row: -row["id"])
    assert begun["detail"] == {"argv": ["sh", "-c", "exit 6"]}
    assert (begun["outcome"], ended["outcome"]) == ("started", "failed")
    assert ended["detail"]["status"] == 6


def state(pid: int) -> str:
    """A process's state letter; "" once it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) << 10
