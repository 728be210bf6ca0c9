"""Where things stand on a node."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


def label(number: int, slot: int) -> str:
    """`v3-18203`: what tells the units of one application apart, two of one release too.

    Args:
        number: The release's number.
        slot: The unit's port; 0 for a unit of the first LAMPAS, whose name had none (`v3`).
    """
    return f"v{number}-{slot}" if slot else f"v{number}"


def volatile(home: str, *, users: bool, shm: bool) -> str:
    """The directory of what must not come to a disk: the environments of units, which hold secrets.

    Args:
        home: LAMPAS's home on the node.
        users: Whether applications have Unix users of their own, so that root makes it.
        shm: Whether there is a /dev/shm.
    """
    name = f"lampas-{hashlib.sha256(home.encode()).hexdigest()[:12]}"
    if users:
        return f"/run/{name}"
    return f"/dev/shm/{name}" if shm else f"{home}/run/volatile"  # noqa: S108 - made and checked by the root helper


def environment_file(directory: str, app: str, number: int, slot: int) -> str:
    """The environment of a unit, in the directory that `volatile` names."""
    return f"{directory}/{app}/{label(number, slot)}.env"


@dataclass(frozen=True)
class Places:
    """Where things of applications stand on a node: rendered configuration names these paths, the agent fills them.

    Attributes:
        home: LAMPAS's home on that node, absolute.
    """

    home: str

    def release(self, app: str, number: int) -> str:
        """The release's tree, read-only: `code/` and `env/`, and of Perl `perl/`."""
        return f"{self.home}/agent/apps/{app}/releases/{number}"

    def environment(self, app: str, number: int) -> str:
        """Its virtual environment: `bin/`, `lib/`, `pyvenv.cfg`. The code stands beside it, not inside: frameworks take
        code under `sys.prefix` for installed packages and look for their data elsewhere then."""
        return f"{self.release(app, number)}/env"

    def perl(self, app: str, number: int) -> str:
        """The modules of a Perl release's CPAN distributions: @INC has it behind the code."""
        return f"{self.release(app, number)}/perl"

    def code(self, app: str, number: int, root: str = "") -> str:
        """Where module names start in the release; also its working directory."""
        return f"{self.release(app, number)}/code" + (f"/{root}" if root else "")

    def unit(self, app: str, number: int, slot: int) -> str:
        """The unit's `httpd.conf` and `app.wsgi`; for `slot` see `label`."""
        return f"{self.home}/agent/apps/{app}/units/{label(number, slot)}"

    @property
    def static_files(self) -> str:
        """Where the front's user reads static files of releases."""
        return f"{self.home}/front/static"

    def static(self, app: str, number: int) -> str:
        """What the front serves of the release itself: `plain/` by URL, and `br/` and `gzip/` where it has files that
        are compressed already."""
        return f"{self.static_files}/{app}/{number}"

    def data(self, app: str) -> str:
        """The application's persistent directory."""
        return f"{self.home}/data/{app}"

    def logs(self, app: str) -> str:
        """What its units write, `vN.log`: one file for all units of a release."""
        return f"{self.home}/logs/apps/{app}"

    def run(self, app: str) -> str:
        """Sockets and pid files of its units."""
        return f"{self.home}/run/apps/{app}"
