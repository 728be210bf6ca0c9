"""The only place that starts other programs. Arguments are lists, never strings for a shell.

What may run for long is bounded by a timeout; what may print without end is read by the caller as a stream.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lampas.errors import Failed

PIPE = subprocess.PIPE  # for `start`
Started = subprocess.Popen[bytes]  # what `start` gives
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy")
_KEPT = ("PATH", "LANG", "HOME", "TMPDIR", *_CERTIFICATES, *_PROXIES)


@dataclass(frozen=True)
class Finished:
    """What a program left behind: its exit status and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment cut down to what programs need to find files and trust certificates.

    Args:
        extra: Variables to set on top.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **(extra or {})}


def run(
    argv: Sequence[str | Path],
    *,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Finished:
    """Runs a program to its end.

    Args:
        argv: The program and its arguments.
        stdin: What it reads.
        cwd: Where it runs.
        env: Its whole environment; left out: `clean_environment()`.
        timeout: Seconds after which it is killed.

    Raises:
        Failed: It could not be started or did not end in time.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            cwd=cwd,
            env=dict(env) if env is not None else clean_environment(),
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise Failed(f"{words[0]} is not installed", "run: lampas doctor") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{words[0]} did not end within {timeout:g} s") from error
    return Finished(done.returncode, done.stdout, done.stderr)


def check(
    argv: Sequence[str | Path],
    *,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> bytes:
    """Runs a program that must succeed and returns what it wrote to stdout.

    Raises:
        Failed: It ended with another status than 0; the message quotes the end of its stderr.
    """
    done = run(argv, stdin=stdin, cwd=cwd, env=env, timeout=timeout)
    if done.status != 0:
        words = done.stderr.decode(errors="replace").strip()[-2000:]
        raise Failed(f"{argv[0]} ended with status {done.status}: {words}")
    return done.stdout


def start(
    argv: Sequence[str | Path],
    *,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = subprocess.PIPE,
    stderr: int | IO[bytes] | None = subprocess.PIPE,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    new_session: bool = False,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts a program and returns at once; the caller reads, waits and bounds it.

    Args:
        argv: The program and its arguments.
        stdin: As in `subprocess.Popen`; also stdout and stderr.
        cwd: Where it runs.
        env: Its whole environment; left out: `clean_environment()`.
        new_session: Whether it gets a session of its own, so that it can be ended with all its children.
        pass_fds: Open files that it inherits, beside the three.

    Raises:
        Failed: It is not installed.
    """
    words = [str(word) for word in argv]
    try:
        return subprocess.Popen(
            words,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=dict(env) if env is not None else clean_environment(),
            start_new_session=new_session,
            pass_fds=tuple(pass_fds),
        )
    except FileNotFoundError as error:
        raise Failed(f"{words[0]} is not installed", "run: lampas doctor") from error
