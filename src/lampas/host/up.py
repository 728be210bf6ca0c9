"""`lampas up`: sets a node up the first time, then starts what does not run, and shows where everything is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lampas.errors import Conflict, LampasError
from lampas.host import boot, health, install, reach, sampling, software, starting, upgrade
from lampas.host.layout import Layout
from lampas.host.planning import Wish, planned
from lampas.host.secrets import Secrets
from lampas.host.settings import Settings
from lampas.host.turns import turn

Say = Callable[[str], None]


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
    """Does it. Over a node that another LAMPAS set up it is an upgrade, with applications serving all the time.

    Args:
        wish: What was asked for.
        say: Told what is going on, one line at a time.

    Raises:
        LampasError: It cannot be done as asked; what was refused at first changed nothing, and an upgrade that failed
            put the LAMPAS of before back.
    """
    layout = Layout(wish.home)
    if layout.restoring.exists():
        raise Conflict(f"a restore into {wish.home} was interrupted", "run: lampas destroy --yes, then restore again")
    planned(layout, wish)
    with turn(wish.home):
        settings = planned(layout, wish)  # again: another `up` may have set the node up meanwhile
        before = upgrade.in_force(layout)
        other = before is not None and before.software != software.digest(software.package())
        say(f"preparing {layout.home} …")
        try:
            settings, secrets = install.everything(layout, settings)
            done = brought_up(layout, settings, secrets, sample=wish.sample, say=say)
            if other:
                upgrade.check(layout, settings)
            return done
        except LampasError as error:
            if before is None or not other:
                raise
            failure = error
    say("putting the LAMPAS of before back …")
    raise upgrade.put_back(layout, before, failure)


def brought_up(layout: Layout, settings: Settings, secrets: Secrets, *, sample: bool, say: Say) -> Up:
    """Starts what is installed, makes the sample application if it is wanted, and tries every address."""
    boots = boot.enable(layout, settings)
    say("starting …")
    login = f"{settings.console_url}/login/{starting.start(layout, settings, secrets)}"
    bind, git = settings.bind, reach.basic("operator", secrets.operator)
    console = f"{settings.console_url}/"
    seen = health.wait(layout, settings, 45.0)
    starting.tell(layout, settings, secrets)
    tried = [reach.attempt(reach.Address(console, bind))]
    for role in seen.roles:
        if not role.ok:
            say(f"the role {role.name} is not well: {role.detail}")
    urls: tuple[str, ...] = ()
    if sample and tried[0].ok:
        urls = sampling.ensure(layout, settings, say)
        health.wait(layout, settings, 15.0)  # its units count as running once they have stayed up for a second
    say("trying every address …")
    advertised = "/git/cluster.git/info/refs?service=git-upload-pack"
    tried.append(reach.attempt(reach.Address(login, bind)))
    tried.append(reach.attempt(reach.Address(settings.git_url, bind, git, advertised)))
    tried += [reach.until_ok(reach.Address(url, bind), 60.0, settle=False) for url in urls]
    return Up(console, login, settings.git_url, urls, layout.home, settings.isolation, boots, tuple(tried))
