"""A command that somebody runs in a release, and what they tell it while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lampas.core.nodestate.encoding import FORMAT, canonical, document
from lampas.core.nodestate.manifest import ReleaseOnNode

SIGNALS = ("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "TSTP", "CONT")  # those that are passed on to a command


@dataclass(frozen=True)
class Terminal:
    """The terminal of whoever runs a command: `kind` is what TERM says there."""

    rows: int
    columns: int
    kind: str = "xterm"


@dataclass(frozen=True)
class Command:
    """One signed request to run a command in a release's live environment, as the application's user.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each one different, and names it while it runs; one that was seen is refused.
        by: Who runs it: nobody else may tell it anything.
        release: What it runs in.
        env: The environment, as in `Unit`.
        sealed: Its secrets, as in `Unit`.
        argv: The program and its arguments.
        seconds: Its bound in time.
        terminal: It gets a terminal of its own like this one; None: stdin, stdout and stderr are kept apart.
    """

    node: str
    expires: int
    nonce: str
    by: str
    release: ReleaseOnNode
    env: Mapping[str, str]
    argv: tuple[str, ...]
    seconds: float
    terminal: Terminal | None = None
    sealed: str = ""
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> Command:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a command of this format.
        """
        raw = document(data)
        try:
            raw["release"] = ReleaseOnNode(**raw["release"])
            raw["argv"] = tuple(raw["argv"])
            raw["terminal"] = Terminal(**raw["terminal"]) if raw["terminal"] else None
            return Command(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a command: {error}") from error


@dataclass(frozen=True)
class Word:
    """What somebody tells a command that they run: more of its stdin, a signal, the size of their terminal.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: The command's.
        app: The application that it runs in.
        by: Who tells it.
        begin: Where `data` begins in the whole stdin, in bytes: what was taken before is not taken again.
        data: Bytes of stdin, in base64.
        end: Whether stdin ends with them.
        signal: The name of a signal, one of `SIGNALS`; "": none.
        size: Rows and columns; None: as they were.
    """

    node: str
    expires: int
    nonce: str
    app: str
    by: str
    begin: int = 0
    data: str = ""
    end: bool = False
    signal: str = ""
    size: tuple[int, int] | None = None
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> Word:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not such a word of this format.
        """
        raw = document(data)
        try:
            raw["size"] = tuple(raw["size"]) if raw["size"] else None
            return Word(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a word to a command: {error}") from error
