"""The wrapper around every child of supervisord: it ends what a predecessor left, and nothing else."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lampas.roothelper import leftovers

WRAPPER = [
    "/usr/bin/python3",
    "-I",
    "-S",
    leftovers.__file__,
]
STUBBORN = "import signal,time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


Wrapped = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def wrapped() -> Iterator[Wrapped]:
    """Starts a program under the wrapper; what still runs when the test ends is killed."""
    started = []

    def start(home: Path, name: str, *argv: str, options: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        command = [*WRAPPER, str(home), name, *options, "--", *argv]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()


def until(what: Callable[[], bool]) -> None:
    for _ in range(1000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come true within 10 s")


def test_the_program_takes_the_place_of_the_wrapper_and_carries_the_mark(tmp_path: Path, wrapped: Wrapped) -> None:
    process = wrapped(tmp_path, "one", "/bin/sh", "-c", "echo $$ $LAMPAS_PROCESS")
    out, _ = process.communicate(timeout=10)
    assert out.decode().split() == [str(process.pid), f"{tmp_path}:one"]
    assert process.returncode == 0


def test_orphans_of_a_killed_predecessor_are_ended_before_the_program_starts(tmp_path: Path, wrapped: Wrapped) -> None:
    parent = wrapped(tmp_path, "one", "/bin/sh", "-c", "sleep 60 & echo $!; wait")
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert leftovers.marked(f"{tmp_path}:one") == [orphan]
    after = wrapped(tmp_path, "one", "/bin/true")
    _, err = after.communicate(timeout=20)
    assert str(orphan) in err.decode()
    assert leftovers.marked(f"{tmp_path}:one") == []


def test_what_ignores_term_is_killed_after_the_grace(tmp_path: Path, wrapped: Wrapped) -> None:
    first = wrapped(tmp_path, "one", "/usr/bin/python3", "-c", STUBBORN)
    assert first.stdout is not None
    assert first.stdout.readline() == b"up\n"
    second = wrapped(tmp_path, "one", "/bin/true", options=("--grace", "0.1"))
    second.communicate(timeout=20)
    assert first.wait(timeout=10) == -9


@pytest.mark.parametrize("other", ["two", "on", "one2"])
def test_processes_of_another_name_are_left_alone(tmp_path: Path, other: str, wrapped: Wrapped) -> None:
    first = wrapped(tmp_path, other, "/bin/sleep", "60")
    until(lambda: leftovers.marked(f"{tmp_path}:{other}") == [first.pid])
    wrapped(tmp_path, "one", "/bin/true").communicate(timeout=20)
    assert first.poll() is None


def test_the_environment_is_what_the_file_says_and_nothing_of_the_caller(tmp_path: Path, wrapped: Wrapped) -> None:
    file = tmp_path / "env"
    file.write_bytes(b"SHOP=a\nb=c\0LANG=de_DE.UTF-8\0")
    process = subprocess.Popen(
        [*WRAPPER, str(tmp_path), "one", "--env", str(file), "--", "/usr/bin/env", "-0"],
        stdout=subprocess.PIPE,
        env={**os.environ, "SECRET_OF_THE_CALLER": "x"},
    )
    out, _ = process.communicate(timeout=10)
    entries = dict(entry.split("=", 1) for entry in out.decode().split("\0") if entry)
    assert entries["SHOP"] == "a\nb=c"
    assert entries["LANG"] == "de_DE.UTF-8"
    assert set(entries) == {"SHOP", "LANG", "PATH", "LAMPAS_PROCESS"}


@pytest.mark.parametrize("content", ["A", "A=1", "=1\0", "A=1\0B\0"])
def test_an_environment_that_cannot_be_used_stops_the_start_with_a_clear_line(
    tmp_path: Path, content: str, wrapped: Wrapped
) -> None:
    file = tmp_path / "env"
    file.write_text(content)
    process = wrapped(tmp_path, "one", "/bin/true", options=("--env", str(file)))
    _, err = process.communicate(timeout=10)
    assert process.returncode == 78
    assert str(file) in err.decode()


def test_a_program_that_does_not_exist_is_named(tmp_path: Path, wrapped: Wrapped) -> None:
    process = wrapped(tmp_path, "one", "/nonexistent/program")
    _, err = process.communicate(timeout=10)
    assert process.returncode == 78
    assert "/nonexistent/program" in err.decode()


@pytest.mark.parametrize(
    "words", [[], ["h", "n"], ["h", "n", "--"], ["h", "n", "--what", "1", "--", "true"], ["h", "--", "true"]]
)
def test_arguments_that_make_no_sense_get_the_usage(words: list[str]) -> None:
    done = subprocess.run([*WRAPPER, *words], capture_output=True)
    assert done.returncode == 2
    assert b"usage:" in done.stderr
