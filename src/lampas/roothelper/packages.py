"""Debian packages, by one fixed verb: installed by apt-get from the machine's own sources, by name.

What is asked for is tried first without doing it. It is refused where it would remove, downgrade or upgrade anything:
what stands on this machine serves other applications as it is. Then it is fetched and looked into: a package that
brings a service, or a job for cron, is refused too, since an application's library has no business to run anything by
itself. A policy-rc.d that denies everything is there while it is installed, for what maintainer scripts may still try.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lampas.roothelper.typed import Refused

MOST = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,127}")
_VALUE = re.compile(r"[\x21-\x7e]{1,2000}")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_CERTIFICATES = "SSL_CERT_FILE"
_WAIT = 120  # seconds for another apt or dpkg to end
_FETCH = 600.0  # seconds to work it out and to fetch
_INSTALL = 1800.0  # seconds; dpkg is not left in the middle for less
_SAID = 20_000  # characters of output that are kept
_POLICY = Path("/usr/sbin/policy-rc.d")
_MARK = "# Written by LAMPAS while it installs packages."
_RUNS = re.compile(r"\./(?:(?:usr/)?lib/systemd/system/.|etc/(?:init\.d|systemd/system|cron\.[a-z]+|xinetd\.d|init)/.)")
_STEP = re.compile(r"^(Inst|Remv|Purg) (\S+)(?: \[([^]]+)\])?(?: \((\S+))?", re.MULTILINE)


def names(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The packages that a request names."""
    value = request.get("names")
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        raise Refused(f"names is not a list of 1 to {MOST} packages")
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in value):
        raise Refused("names holds something that is no name of a Debian package")
    return tuple(dict.fromkeys(value))


def environment(request: Mapping[str, Any]) -> dict[str, str]:
    """Of a request, where certificates and proxies are; everything else is refused."""
    value = request.get("env", {})
    if not isinstance(value, dict):
        raise Refused("env is not an object")
    for name, text in value.items():
        if name not in (*_PROXIES, _CERTIFICATES) or not isinstance(text, str) or not _VALUE.fullmatch(text):
            raise Refused("env holds something that apt is not told")
    if not value.get(_CERTIFICATES, "/").startswith("/"):
        raise Refused("env names certificates that are no file")
    return value


def install(request: Mapping[str, Any], *, as_root: bool, apt: Apt | None = None) -> dict[str, Any]:
    """Installs packages; one that is there already stays as it is.

    Returns:
        What was installed as {name: version}, with what came along, and what apt-get said.

    Raises:
        Refused: It may not be done, or apt-get could not do it.
    """
    wanted, env = names(request), environment(request)
    if not as_root:
        raise Refused(f"this node runs as a plain user; as root on it: apt-get install {' '.join(wanted)}")
    apt = apt or Apt(env)
    if any(not apt.knows(name) for name in wanted):
        apt.run("update", seconds=_FETCH)  # the lists are older than the package, or were never fetched
    new = apt.tried(wanted)
    if not new:
        return {"installed": {}, "said": ""}
    apt.run("install", "--download-only", "--", *wanted, seconds=_FETCH)
    apt.check_archives(new)
    with no_services(apt.policy):
        said = apt.run("install", "--", *wanted, seconds=_INSTALL)
    return {"installed": new, "said": said[-_SAID:]}


class Apt:
    """apt-get, without questions and without recommendations."""

    def __init__(self, env: Mapping[str, str], options: Sequence[str] = (), policy: Path = _POLICY) -> None:
        """Starts nothing.

        Args:
            env: Where certificates and proxies are.
            options: Further options, `-o…`: another root, other sources.
            policy: The file that maintainer scripts ask whether they may start services.
        """
        self.policy = policy
        ca = [f"-oAcquire::https::CaInfo={env[_CERTIFICATES]}"] if _CERTIFICATES in env else []
        self._options = [f"-oDPkg::Lock::Timeout={_WAIT}", "-oDpkg::Use-Pty=0", *ca, *options]
        plain = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        self._env = {**plain, **{name: text for name, text in env.items() if name in _PROXIES}}

    def run(self, *words: str, seconds: float) -> str:
        """What one call says.

        Raises:
            Refused: It failed, or did not end in time.
        """
        careful = ["--no-install-recommends", "--no-remove", "--no-upgrade"]
        status, said = self._call(["apt-get", "-q", "-y", *careful, *self._options, *words], seconds)
        if status != 0:
            raise Refused(f"apt-get cannot do it: {_reason(said)}")
        return said

    def knows(self, name: str) -> bool:
        """Whether apt has heard of a package that can be installed."""
        status, said = self._call(["apt-cache", *self._options, "policy", "--", name], 60.0)
        return status == 0 and "Candidate:" in said and "Candidate: (none)" not in said

    def tried(self, wanted: Sequence[str]) -> dict[str, str]:
        """What would be installed, {name: version}.

        Raises:
            Refused: Something would be removed, or be another version than it is.
        """
        new: dict[str, str] = {}
        changed = []
        for what, name, old, version in _STEP.findall(self.run("install", "--simulate", "--", *wanted, seconds=_FETCH)):
            if what == "Inst" and not old:
                new[name] = version
            else:
                changed.append(f"{name} would be {'changed' if what == 'Inst' else 'removed'}")
        if changed:
            raise Refused(
                f"what is on this machine would change: {', '.join(changed[:5])}; do it by hand, or not at all"
            )
        return new

    def check_archives(self, new: Mapping[str, str]) -> None:
        """Looks into what was fetched.

        Raises:
            Refused: One of the packages brings something that runs by itself.
        """
        status, said = self._call(["apt-config", *self._options, "shell", "CACHE", "Dir::Cache::Archives/d"], 60.0)
        folder = said.strip().partition("=")[2].strip("'\"")
        if status != 0 or not folder:
            raise Refused("apt does not say where it keeps what it fetched")
        for name, version in new.items():
            file = next(Path(folder).glob(f"{name.partition(':')[0]}_{version.replace(':', '%3a')}_*.deb"), None)
            if file is None:  # from a directory on this machine, apt installs without a copy
                continue
            status, listed = self._call(["dpkg-deb", "--contents", str(file)], 60.0)
            runs = [
                line.split()[5]
                for line in listed.splitlines()
                if len(line.split()) > 5 and _RUNS.match(line.split()[5])
            ]
            if status != 0 or runs:
                raise Refused(f"{name} brings something that runs by itself, {runs[0].lstrip('.') if runs else '?'}: "
                              "an operator installs that by hand")  # fmt: skip

    def _call(self, words: Sequence[str], seconds: float) -> tuple[int, str]:
        try:
            done = subprocess.run(
                list(words), env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=seconds, check=False, cwd="/", umask=0o022,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Refused(f"{words[0]} did not end within {seconds:g} s; look at: dpkg --audit") from error
        return done.returncode, done.stdout.decode(errors="replace")


@contextlib.contextmanager
def no_services(policy: Path) -> Iterator[None]:
    """While it lasts, maintainer scripts may start nothing. What stood there is put back, also what a helper that was
    killed meanwhile had set aside."""
    aside = policy.with_name(f"{policy.name}.lampas-aside")
    if policy.exists() and not aside.exists() and _MARK not in policy.read_text(errors="replace"):
        policy.replace(aside)
    new = policy.with_name(f".{policy.name}.lampas-new")
    new.write_text(f"#!/bin/sh\n{_MARK}\nexit 101\n")
    new.chmod(0o755)
    new.replace(policy)
    try:
        yield
    finally:
        if aside.exists():
            aside.replace(policy)
        else:
            policy.unlink(missing_ok=True)


def _reason(said: str) -> str:
    """What of apt's words says why: its errors, else its last ones."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("E: ") for line in lines if line.startswith(("E: ", "dpkg: error"))]
    return " | ".join(errors or lines[-3:])[-1000:] or os.strerror(5)
