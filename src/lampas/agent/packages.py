"""Which Debian packages the node has, as dpkg says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lampas import process
from lampas.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,127}")
_MOST = 200
_SECONDS = 30.0


def installed(names: Sequence[str]) -> dict[str, str]:
    """The versions of those that are installed.

    Args:
        names: Names of Debian packages.

    Raises:
        InvalidInput: One is no name of a package, or there are too many.
    """
    if len(names) > _MOST or not all(_NAME.fullmatch(name) for name in names):
        raise InvalidInput(f"ask for at most {_MOST} Debian packages, by name")
    if not names:
        return {}
    form = "${Package}\t${db:Status-Status}\t${Version}\n"
    # It ends with 1 where one of them was never installed, and tells of the others all the same.
    told = process.run(["dpkg-query", "--show", f"--showformat={form}", "--", *names], timeout=_SECONDS)
    rows = [line.split("\t") for line in told.stdout.decode().splitlines()]
    return {name: version for name, status, version in rows if status == "installed"}
