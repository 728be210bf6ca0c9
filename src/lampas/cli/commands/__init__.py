"""The commands, one file for each part. `COMMANDS` is all of them that talk to the API."""

from lampas.cli.commands import (
    accounts,
    applications,
    closures,
    code,
    databases,
<<<<<<< HEAD
    logs,
=======
    distributions,
>>>>>>> 13a65ee (distributions: build sources in the node's sandbox; bills of materials, proposals, known vulnerabilities)
    nodes,
    operations,
    releases,
    repositories,
    running,
    traffic,
)

_PARTS = (
    repositories,
    applications,
    closures,
    releases,
<<<<<<< HEAD
    traffic,
    running,
    logs,
=======
    distributions,
    traffic,
>>>>>>> 13a65ee (distributions: build sources in the node's sandbox; bills of materials, proposals, known vulnerabilities)
    databases,
    code,
    nodes,
    operations,
    accounts,
)
COMMANDS = tuple(command for part in _PARTS for command in part.COMMANDS)
