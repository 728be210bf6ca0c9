"""Where things stand on a node."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Places:
    """Where things of applications stand on a node: rendered configuration names these paths, the agent fills them.

    Attributes:
        home: LAMPAS's home on that node, absolute.
    """

    home: str

    def release(self, app: str, number: int) -> str:
        """The release's tree, read-only: `code/` and `env/`."""
        return f"{self.home}/agent/apps/{app}/releases/{number}"

    def environment(self, app: str, number: int) -> str:
        """Its virtual environment: `bin/`, `lib/`, `pyvenv.cfg`. The code stands beside it, not inside: frameworks take
        code under `sys.prefix` for installed packages and look for their data elsewhere then."""
        return f"{self.release(app, number)}/env"

    def code(self, app: str, number: int, root: str = "") -> str:
        """Where module names start in the release; also its working directory."""
        return f"{self.release(app, number)}/code" + (f"/{root}" if root else "")

    def unit(self, app: str, number: int) -> str:
        """The unit's `httpd.conf`, `app.wsgi` and `env`."""
        return f"{self.home}/agent/apps/{app}/units/v{number}"

    def data(self, app: str) -> str:
        """The application's persistent directory."""
        return f"{self.home}/data/{app}"

    def logs(self, app: str) -> str:
        """What its units write, `vN.log`."""
        return f"{self.home}/logs/apps/{app}"

    def run(self, app: str) -> str:
        """Sockets and pid files of its units."""
        return f"{self.home}/run/apps/{app}"
