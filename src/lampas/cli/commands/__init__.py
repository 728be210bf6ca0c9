"""The commands, one file for each part. `COMMANDS` is all of them that talk to the API."""

from lampas.cli.commands import (
    accounts,
    applications,
    closures,
    code,
    databases,
    disk,
    distributions,
    hooks,
    logs,
    nodes,
    operations,
    packages,
    releases,
    repositories,
    running,
    secrets,
    traffic,
)

_PARTS = (
    repositories,
    applications,
    closures,
    releases,
    hooks,
    distributions,
    traffic,
    running,
    logs,
    secrets,
    databases,
    disk,
    code,
    nodes,
    packages,
    operations,
    accounts,
)
COMMANDS = tuple(command for part in _PARTS for command in part.COMMANDS)
