"""What can be wrong with a definition."""

from __future__ import annotations

from lampas.errors import InvalidInput


class DefinitionError(InvalidInput):
    """A definition cannot be used: `file` and `key` say where.

    Args:
        file: The file.
        key: The key, dotted from the top of the file; "" for the file as a whole.
        message: What is wrong, without file and key.
        remedy: What to do.
    """

    def __init__(self, file: str, key: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{file}: {key}: {message}" if key else f"{file}: {message}", remedy)
        self.file = file
        self.key = key


class UnknownKey(DefinitionError):
    """A key that no definition has."""

    def __init__(self, file: str, key: str, nearest: str, known: str) -> None:
        hint = f"did you mean {nearest!r}?" if nearest else f"known here: {known}"
        super().__init__(file, key, "unknown key", hint)
        self.nearest = nearest


class NotYet(InvalidInput):
    """A definition asks for what this version does not run."""

    def __init__(self, file: str, wanted: str) -> None:
        super().__init__(f"{file}: {wanted} is not available yet", "take it out of the definition, or wait for it")
