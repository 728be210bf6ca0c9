"""`lampas up`: sets a node up the first time, then starts what does not run, and shows where everything is."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lampas import process
from lampas.errors import Failed
from lampas.host import boot, database, install, keeping, ports, preflight, programs, reach, sampling, users
from lampas.host import settings as setting
from lampas.host.layout import Layout
from lampas.host.programs import DATABASE
from lampas.host.secrets import Secrets
from lampas.host.settings import Settings
from lampas.host.supervisor import Program
from lampas.host.users import as_user

PORT = 8080
_ROLES = ("appserver", "database", "console")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What `up` was told; None: as it is, or the default of a new node."""

    home: Path
    port: int | None = None
    console_port: int | None = None
    domain: str | None = None
    bind: str | None = None
    sample: bool = True


@dataclass(frozen=True)
class Up:
    """Where everything is, with what came of trying each address."""

    console: str
    login: str
    git: str
    sample: tuple[str, ...]
    home: Path
    isolation: str
    boots: bool
    tried: tuple[reach.Tried, ...]

    @property
    def ok(self) -> bool:
        """Whether every address answers."""
        return all(one.ok for one in self.tried)


def up(wish: Wish, say: Say) -> Up:
    """Does it.

    Args:
        wish: What was asked for.
        say: Told what is going on, one line at a time.

    Raises:
        LampasError: It cannot be done as asked; what was refused at first changed nothing.
    """
    layout = Layout(wish.home)
    settings = planned(layout, wish)
    with lock(layout):
        say(f"preparing {layout.home} …")
        settings, secrets = install.everything(layout, settings)
        boots = boot.enable(layout, settings)
        say("starting …")
        login = run(layout, settings, secrets)
        return shown(layout, settings, secrets, wish, login, boots, say)


def planned(layout: Layout, wish: Wish) -> Settings:
    """The settings that the node is to have. Reads only.

    Raises:
        LampasError: They cannot be had.
    """
    preflight.home(layout)
    preflight.installed()
    existing = setting.read(layout.settings) if layout.settings.exists() else None
    isolation = preflight.isolation(existing, users.current())
    settings = setting.checked(_wanted(existing or _new(isolation, wish.home), wish))
    if settings.owner == "root":
        preflight.reachable(Path(settings.python), "the Python environment")
    preflight.listen(layout, settings)
    return _own_ports(layout, settings)


def run(layout: Layout, settings: Settings, secrets: Secrets) -> str:
    """Starts what does not run and restarts what changed; returns the secret part of a login link.

    The server's processes wait for its tables: with new software they start after the tables were brought up to it.
    """
    who = users.accounts(settings.isolation, settings.owner)
    all_programs = programs.programs(layout, settings, who)
    if layout.set_up.exists() and layout.set_up.read_text() == settings.software:
        keeping.configure(layout, settings, all_programs)
        keeping.start(layout, settings)
    else:
        _database_alone(layout, settings, all_programs)
    database.wait(layout.database_socket, 60.0, layout.logs / f"{DATABASE}.log")
    login = set_up(layout, settings, secrets)
    layout.set_up.write_text(settings.software)
    keeping.configure(layout, settings, all_programs)
    keeping.everything(layout)
    return login


def set_up(layout: Layout, settings: Settings, secrets: Secrets) -> str:
    """Has the server make its tables and first rows; returns the secret part of a login link.

    Raises:
        Failed: It could not.
    """
    request = {
        "operator_token": secrets.operator,
        "address": f"127.0.0.1:{settings.agent_port}",
        "roles": list(_ROLES),
    }
    who = users.accounts(settings.isolation, settings.owner)
    words = as_user(who.console, [settings.python, "-P", "-m", "lampas.server.setup"])
    env = programs.server_environment(layout, settings)
    answer = process.check(words, stdin=json.dumps(request).encode(), cwd=Path("/"), env=env, timeout=120)
    try:
        return str(json.loads(answer)["login"])
    except (ValueError, KeyError) as error:
        raise Failed("the server's set-up did not answer", f"see {layout.logs}") from error


def shown(layout: Layout, settings: Settings, secrets: Secrets, wish: Wish, login: str, boots: bool, say: Say) -> Up:
    """Waits for the console, makes the sample application if it is wanted, and tries every address."""
    bind, git = settings.bind, reach.basic("operator", secrets.operator)
    console = f"{settings.console_url}/"
    link = f"{settings.console_url}/login/{login}"
    tried = [reach.until_ok(reach.Address(console, bind), 45.0)]
    urls: tuple[str, ...] = ()
    if wish.sample and tried[0].ok:
        urls = sampling.ensure(layout, settings, say)
    say("trying every address …")
    advertised = "/cluster.git/info/refs?service=git-upload-pack"
    tried.append(reach.attempt(reach.Address(link, bind)))
    tried.append(reach.attempt(reach.Address(settings.git_url, bind, git, f"/git{advertised}")))
    tried += [reach.until_ok(reach.Address(url, bind), 15.0) for url in urls]
    return Up(console, link, settings.git_url, urls, layout.home, settings.isolation, boots, tuple(tried))


@contextmanager
def lock(layout: Layout) -> Iterator[None]:
    """Only one `up`, `down` or `destroy` of a home at a time. The lock stands beside the home, so it outlives it."""
    layout.home.parent.mkdir(parents=True, exist_ok=True)
    path = layout.home.parent / f".{layout.home.name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _new(isolation: str, home: Path) -> Settings:
    return Settings(
        node=install.node_name(),
        domain="localhost",
        port=PORT,
        console_port=0,
        agent_port=0,
        database_port=0,
        bind="127.0.0.1",
        isolation=isolation,
        owner=users.current(),
        first_slot=18200 if home == boot.DEFAULT_HOME else ports.free_slots(),
    )


def _wanted(settings: Settings, wish: Wish) -> Settings:
    """The settings with what was wished for now; what may stand in the environment is kept if it does not."""
    port = wish.port or settings.port
    passed: Mapping[str, str] = install.passed_on(os.environ)
    return replace(
        settings,
        port=port,
        console_port=wish.console_port or settings.console_port or port + 1,
        domain=wish.domain or settings.domain,
        bind=wish.bind or settings.bind,
        python=sys.executable,
        environment=passed or settings.environment,
        index_url=install.index_url(os.environ) or settings.index_url,
    )


def _own_ports(layout: Layout, settings: Settings) -> Settings:
    """The settings with loopback ports for agent and database that nobody else has."""
    taken = [settings.port, settings.console_port]
    chosen = {}
    for name in ("agent_port", "database_port"):
        port = getattr(settings, name)
        if not port or not preflight.available(layout, "127.0.0.1", port):
            port = ports.free(taken)
        taken.append(port)
        chosen[name] = port
    return replace(settings, **chosen)


def _database_alone(layout: Layout, settings: Settings, all_programs: Sequence[Program]) -> None:
    """Has the supervisor run, with the database if it is started now; what runs already goes on as it is."""
    if keeping.answers(layout):
        return
    keeping.configure(layout, settings, [one for one in all_programs if one.name == DATABASE])
    keeping.start(layout, settings)
