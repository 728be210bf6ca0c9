"""`lampas doctor`: what is missing or wrong on this machine, each with its remedy."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from lampas import process
from lampas.errors import LampasError, NotFound
from lampas.host import boot, health, preflight, settings, users
from lampas.host.layout import Layout
from lampas.host.settings import USERS, Settings
from lampas.host.supervisor import RUNNING
from lampas.host.users import as_user
from lampas.roothelper import rules

_ROOM = 1 << 30
_CERTIFICATE = timedelta(days=30)
_CLOCK = 120.0  # seconds that a file may seem to come from the future


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `remedy` says what is wrong and what to do, "" where all is well."""

    name: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.remedy


def examine(home: Path) -> list[Check]:
    """Looks at everything. A node that is not there, or not this user's, is a finding, not an error."""
    layout = Layout(home)
    found = [_packages()]
    try:
        existing = settings.read(layout.settings)
    except NotFound as error:
        return [*found, _sandbox(), _room(home), Check("home", f"{error.message}; {error.remedy}")]
    except LampasError as error:
        return [*found, Check("home", f"{error.message}; {error.remedy}")]
    if existing.owner != users.current():
        return [*found, Check("home", f"the node in {home} belongs to {existing.owner}: run this as {existing.owner}")]
    return [
        *found,
        _python(existing),
        _home(layout),
        _users(existing),
        _sandbox(),
        _sudo(layout, existing),
        _room(home),
        *_ports(layout, existing),
        _certificates(layout),
        _clock(layout),
        _boot(layout, existing),
        *_running(layout, existing),
    ]


def _packages() -> Check:
    try:
        preflight.installed()
    except LampasError as error:
        return Check("packages", f"{error.message}; {error.remedy}")
    return Check("packages")


def _python(existing: Settings) -> Check:
    if Path(existing.python).exists():
        return Check("python")
    return Check("python", f"the Python environment of {existing.python} is gone: run ./lampas up from a checkout")


def _home(layout: Layout) -> Check:
    """Secrets closed, and every directory that processes start from there."""
    wrong = [path for path in (layout.pki, layout.supervisor) if not path.is_dir() or path.stat().st_mode & 0o077]
    wrong += [
        path for path in (layout.server, layout.agent_secrets) if not path.is_dir() or path.stat().st_mode & 0o077
    ]
    files = (layout.vault, layout.operator_token, layout.server_json, layout.agent_json)
    wrong += [path for path in files if not path.is_file() or path.stat().st_mode & 0o077]
    wrong += [path for path in (layout.current, layout.run, layout.logs, layout.maps) if not path.is_dir()]
    if wrong:
        return Check("home", f"missing, or open to others: {', '.join(str(path) for path in wrong)}; run: lampas up")
    return Check("home")


def _users(existing: Settings) -> Check:
    if existing.isolation != USERS:
        return Check("users")
    missing = [name for name in users.ISOLATED.all if not users.exists(name)]
    return Check("users", f"no Unix user {', '.join(missing)}; run: lampas up" if missing else "")


def _sandbox() -> Check:
    """As the root helper starts it: by root, or by the plain user whose node it is."""
    words = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/"]
    try:
        done = process.run([*words, "--dev", "/dev", "--proc", "/proc", "--", "/bin/true"], timeout=10)
    except LampasError as error:
        return Check("sandbox", f"{error.message}; install the Debian package bubblewrap")
    if done.status == 0:
        return Check("sandbox")
    said = done.stderr.decode(errors="replace").strip()[:200]
    return Check("sandbox", f"bubblewrap cannot make a sandbox ({said}): allow unprivileged user namespaces")


def _sudo(layout: Layout, existing: Settings) -> Check:
    if existing.isolation != USERS:
        return Check("sudo")
    words = as_user(users.ISOLATED.agent, ["sudo", "-n", "-l", "--", *rules.command(str(layout.home))])
    if process.run(words, timeout=10).status == 0:
        return Check("sudo")
    return Check(
        "sudo",
        "the agent may not start the root helper: run lampas up, and see that /etc/sudoers includes /etc/sudoers.d",
    )


def _room(home: Path) -> Check:
    there = next(path for path in [home, *home.parents] if path.exists())
    free = shutil.disk_usage(there).free
    return Check("disk", "" if free >= _ROOM else f"{free >> 20} MiB are free at {there}: make room")


def _ports(layout: Layout, existing: Settings) -> Iterator[Check]:
    for name, address, port in (
        ("port", existing.bind, existing.port),
        ("console port", existing.bind, existing.console_port),
        ("agent port", "127.0.0.1", existing.agent_port),
        ("database port", "127.0.0.1", existing.database_port),
    ):
        if preflight.available(layout, address, port):
            yield Check(name)
        else:
            option = (
                f": stop it, or: lampas up --{name.replace(' ', '-')} P" if name in ("port", "console port") else ""
            )
            yield Check(name, f"another program has port {port}{option or '; run: lampas up'}")


def _certificates(layout: Layout) -> Check:
    soon = []
    for path in [*layout.pki.glob("*.crt"), *layout.server.glob("*.crt"), *layout.agent_secrets.glob("*.crt")]:
        left = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc - datetime.now(UTC)
        if left < _CERTIFICATE:
            soon.append(f"{path.name} ({max(left.days, 0)} days left)")
    remedy = f"{', '.join(soon)}: remove these files and run: lampas up" if soon else ""
    return Check("certificates", remedy)


def _clock(layout: Layout) -> Check:
    """A clock that was set back: login links, tokens and signed states would count for longer than they should."""
    newest = max(path.stat().st_mtime for path in [layout.settings, *layout.logs.glob("*.log")])
    ahead = newest - time.time()
    return Check(
        "clock", f"files of this home are {ahead:.0f} s in the future: set the clock" if ahead > _CLOCK else ""
    )


def _boot(layout: Layout, existing: Settings) -> Check:
    if not boot.has_systemd() or existing.owner != "root" or boot.enabled(layout):
        return Check("boot")
    return Check("boot", "the node does not start at boot; run: lampas up")


def _running(layout: Layout, existing: Settings) -> Iterator[Check]:
    seen = health.status(layout, existing)
    for one in seen.processes:
        detail = f": {one.detail}" if one.detail else ""
        remedy = f"{one.state}{detail}; see {layout.logs}, and run: lampas up"
        yield Check(f"process {one.name}", "" if one.state == RUNNING else remedy)
    for role in seen.roles:
        yield Check(f"role {role.name}", "" if role.ok else f"{role.detail}; run: lampas up")
