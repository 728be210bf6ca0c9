"""The commands, one file for each part. `COMMANDS` is all of them that talk to the API."""

from lampas.cli.commands import accounts, code, nodes, operations, repositories

COMMANDS = (
    *repositories.COMMANDS,
    *accounts.COMMANDS,
    *nodes.COMMANDS,
    *operations.COMMANDS,
    *code.COMMANDS,
)
