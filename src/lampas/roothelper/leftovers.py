# ruff: noqa: PTH110, PTH123, PTH208, SIM105
"""Starts a program after ending what a killed predecessor left behind. Standard library only; one file.

    python3 -I -S leftovers.py HOME NAME [--env FILE] [--grace SECONDS] -- PROGRAM [ARGUMENT…]

Every process of LAMPAS carries the mark `LAMPAS_PROCESS=HOME:NAME` in its environment, and its children inherit it. A
killed Apache parent leaves children on its port and a killed supervisord leaves orphans: whatever carries this mark
when the program is to start again is such a leftover. It is asked to end (TERM), and after the grace it is killed.

With `--env` the program's environment is what FILE says, `NAME=VALUE` entries that each end with NUL, on top of PATH
and LANG; without it the program inherits the wrapper's. FILE stands in memory, and after a reboot the agent writes it
again: it is waited for. The wrapper replaces itself by the program, so that its pid is
the program's.

It stands before the start of every unit, so it imports next to nothing: each import costs a deploy milliseconds.
"""

import os
import sys

MARK = "LAMPAS_PROCESS"
_AFTER_KILL = 10.0  # seconds that the kernel may need to end what was killed
_WAIT = 120.0  # seconds that an environment file is waited for
_UNUSABLE = 78  # EX_CONFIG: supervisord should give up rather than try for ever
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def mark(home: str, name: str) -> str:
    """The value of LAMPAS_PROCESS for one process of one home."""
    return f"{home}:{name}"


def marked(value: str, proc: str = "/proc") -> list[int]:
    """Pids of the processes that carry the mark, this one left out. Those of other users are seen by root alone."""
    entry = os.fsencode(f"{MARK}={value}")
    found = []
    for name in os.listdir(proc):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"{proc}/{name}/environ", "rb", buffering=0) as file:
                if entry in file.read().split(b"\0"):
                    found.append(int(name))
        except OSError:
            pass  # it has ended, or belongs to somebody else
    return sorted(found)


def end(value: str, grace: float) -> list[int]:
    """Ends every process that carries the mark.

    Args:
        value: The mark.
        grace: Seconds between TERM and KILL.

    Returns:
        The pids that were found.
    """
    ended = marked(value)
    if not ended:
        return []
    from signal import SIGKILL, SIGTERM

    for number, seconds in ((SIGTERM, grace), (SIGKILL, _AFTER_KILL), (SIGKILL, _AFTER_KILL)):
        handles = _signal_all(value, number)
        if not handles:
            break
        ended += [pid for pid in handles if pid not in ended]
        _wait(list(handles.values()), seconds)
    return ended


def _signal_all(value: str, number: int) -> dict[int, int]:
    """Sends a signal to each process of the mark, by handle, so that a pid that was given away is never hit."""
    from signal import pidfd_send_signal

    handles: dict[int, int] = {}
    for pid in marked(value):
        try:
            handles[pid] = os.pidfd_open(pid)
        except OSError:
            pass
    for pid in set(handles) - set(marked(value)):
        os.close(handles.pop(pid))
    for handle in handles.values():
        try:
            pidfd_send_signal(handle, number)
        except OSError:
            pass
    return handles


def _wait(handles: list[int], seconds: float) -> None:
    """Waits until all have ended, at most that long, and closes the handles."""
    import select
    import time

    poll, left, deadline = select.poll(), set(handles), time.monotonic() + seconds
    for handle in handles:
        poll.register(handle, select.POLLIN)
    while left and time.monotonic() < deadline:
        for handle, _ in poll.poll((deadline - time.monotonic()) * 1000):
            poll.unregister(handle)
            left.discard(handle)
    for handle in handles:
        os.close(handle)


def environment(home: str, name: str, file: str) -> dict[bytes, bytes]:
    """The environment of the program; `file` "" is none.

    Raises:
        ValueError: The file does not hold such entries.
        OSError: It cannot be read.
    """
    base = dict(os.environb)
    if file:
        _await(file)
        with open(file, "rb") as opened:
            *entries, rest = opened.read().split(b"\0")
        if rest or not all(entry.find(b"=") > 0 for entry in entries):
            raise ValueError("it does not hold NAME=VALUE entries")
        base = {b"PATH": base.get(b"PATH", _PATH.encode()), b"LANG": base.get(b"LANG", b"C.UTF-8")}
        for entry in entries:
            key, _, text = entry.partition(b"=")
            base[key] = text
    return {**base, MARK.encode(): os.fsencode(mark(home, name))}


def _await(file: str) -> None:
    if os.path.exists(file):
        return
    import time

    deadline = time.monotonic() + _WAIT
    while not os.path.exists(file) and time.monotonic() < deadline:
        time.sleep(0.05)


def main(words: list[str]) -> int:
    """Ends the leftovers and becomes the program; returns the exit status where that fails."""
    try:
        split = words.index("--")
        home, name, *options = words[:split]
        given = dict(zip(options[::2], options[1::2], strict=True))
        program = words[split + 1 :]
        grace = float(given.pop("--grace", "5"))
        file = given.pop("--env", "")
        if given or not program:
            raise ValueError
    except ValueError:
        sys.stderr.write("usage: leftovers.py HOME NAME [--env FILE] [--grace SECONDS] -- PROGRAM [ARGUMENT...]\n")
        return 2
    try:
        env = environment(home, name, file)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"lampas: {name}: its environment {file} cannot be used: {error}\n")
        return _UNUSABLE
    found = end(mark(home, name), grace)
    if found:
        sys.stderr.write(f"lampas: {name}: ended what was left of its predecessor: {found}\n")
        sys.stderr.flush()
    try:
        os.setsid()
    except OSError:
        pass  # the leader of a process group, as supervisord starts it, has what this gives
    try:
        os.execvpe(program[0], program, env)  # noqa: S606 - replacing itself is its task
    except OSError as error:
        sys.stderr.write(f"lampas: {name}: {program[0]} cannot be started: {error}\n")
    return _UNUSABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
