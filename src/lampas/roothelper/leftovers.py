"""Starts a program after ending what a killed predecessor left behind. Standard library only; one file.

    python3 -I -S leftovers.py HOME NAME [--env FILE] [--grace SECONDS] -- PROGRAM [ARGUMENT…]

Every process of LAMPAS carries the mark `LAMPAS_PROCESS=HOME:NAME` in its environment, and its children inherit it. A
killed Apache parent leaves children on its port and a killed supervisord leaves orphans: whatever carries this mark
when the program is to start again is such a leftover. It is asked to end (TERM), and after the grace it is killed.

With `--env` the program's environment is what the JSON object in FILE says, on top of PATH and LANG; without it the
program inherits the wrapper's. The wrapper replaces itself by the program, so that its pid is the program's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import sys
from pathlib import Path

MARK = "LAMPAS_PROCESS"
_AFTER_KILL = 10.0  # seconds that the kernel may need to end what was killed
_UNUSABLE = 78  # EX_CONFIG: supervisord should give up rather than try for ever


def mark(home: str, name: str) -> str:
    """The value of LAMPAS_PROCESS for one process of one home."""
    return f"{home}:{name}"


def marked(value: str, proc: Path = Path("/proc")) -> list[int]:
    """Pids of the processes that carry the mark, this one left out. Those of other users are seen by root alone."""
    entry = f"{MARK}={value}".encode()
    found = []
    for directory in proc.iterdir():
        if not directory.name.isdigit() or int(directory.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if entry in (directory / "environ").read_bytes().split(b"\0"):
                found.append(int(directory.name))
    return sorted(found)


def end(value: str, grace: float) -> list[int]:
    """Ends every process that carries the mark.

    Args:
        value: The mark.
        grace: Seconds between TERM and KILL.

    Returns:
        The pids that were found.
    """
    ended: list[int] = []
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, _AFTER_KILL), (signal.SIGKILL, _AFTER_KILL)):
        handles = _signal_all(value, number)
        if not handles:
            break
        ended += [pid for pid in handles if pid not in ended]
        _wait(list(handles.values()), seconds)
    return ended


def _signal_all(value: str, number: signal.Signals) -> dict[int, int]:
    """Sends a signal to each process of the mark, by handle, so that a pid that was given away is never hit."""
    handles: dict[int, int] = {}
    for pid in marked(value):
        with contextlib.suppress(OSError):
            handles[pid] = os.pidfd_open(pid)
    for pid in set(handles) - set(marked(value)):
        os.close(handles.pop(pid))
    for handle in handles.values():
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(handle, number)
    return handles


def _wait(handles: list[int], seconds: float) -> None:
    """Waits until all have ended, at most that long, and closes the handles."""
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    left, remaining = set(handles), seconds
    while left and remaining > 0:
        step = min(remaining, 0.5)
        ready = poll.poll(step * 1000)
        remaining -= step if not ready else 0.001
        for handle, _ in ready:
            poll.unregister(handle)
            left.discard(handle)
    for handle in handles:
        os.close(handle)


def environment(home: str, name: str, file: Path | None) -> dict[str, str]:
    """The environment of the program.

    Raises:
        ValueError: The file does not hold a JSON object of strings.
        OSError: It cannot be read.
    """
    if file is None:
        base = dict(os.environ)
    else:
        given = json.loads(file.read_bytes())
        if not isinstance(given, dict) or not all(isinstance(word, str) for pair in given.items() for word in pair):
            raise ValueError("not a JSON object of strings")
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        base = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", **kept, **given}
    return {**base, MARK: mark(home, name)}


def main() -> None:
    """Reads the arguments, ends the leftovers, becomes the program."""
    parser = argparse.ArgumentParser(prog="leftovers", description="Starts a program after ending its leftovers.")
    parser.add_argument("home")
    parser.add_argument("name")
    parser.add_argument("--env", type=Path)
    parser.add_argument("--grace", type=float, default=5.0)
    parser.add_argument("argv", nargs="+", metavar="-- PROGRAM [ARGUMENT…]")
    given = parser.parse_args()
    try:
        env = environment(given.home, given.name, given.env)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"lampas: {given.name}: its environment {given.env} cannot be used: {error}\n")
        sys.exit(_UNUSABLE)
    found = end(mark(given.home, given.name), given.grace)
    if found:
        sys.stderr.write(f"lampas: {given.name}: ended what was left of its predecessor: {found}\n")
        sys.stderr.flush()
    with contextlib.suppress(OSError):  # the leader of a process group, as supervisord starts it, has what this gives
        os.setsid()
    try:
        os.execvpe(given.argv[0], given.argv, env)  # noqa: S606 - replacing itself is its task
    except OSError as error:
        sys.stderr.write(f"lampas: {given.name}: {given.argv[0]} cannot be started: {error}\n")
        sys.exit(_UNUSABLE)


if __name__ == "__main__":
    main()
