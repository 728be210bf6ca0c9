"""What a definition may ask for and this version does not do: said at build, never passed over in silence."""

from __future__ import annotations

from lampas.core.definition.errors import NotYet
from lampas.core.definition.values import Definition


def check_available(definition: Definition) -> None:
    """Passes a definition that can be built and run now.

    Raises:
        NotYet: It asks for something that comes with a later version; the message names it.
    """
    wanted = {
        'runtime = "perl"': definition.runtime == "perl",
        "path": bool(definition.path),
        "persist_shared": bool(definition.persist_shared),
    }
    for name, asked in wanted.items():
        if asked:
            raise NotYet(definition.file, name)
