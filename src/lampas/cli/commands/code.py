"""Code: search, modules, their history."""

COMMANDS = ()
