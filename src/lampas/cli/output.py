"""What the commands print: one JSON document on stdout with `--json`, else text for people; messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lampas.errors import LampasError

_WIDE = 10_000  # characters of a line where no terminal bounds it: tables are not folded for other programs


class Output:
    """How this run of the command line prints."""

    def __init__(self, *, as_json: bool) -> None:
        self.json = as_json
        wide = None if sys.stdout.isatty() else _WIDE
        self._out = Console(file=sys.stdout, highlight=False, soft_wrap=True, markup=False, width=wide)
        self.err = Console(file=sys.stderr, highlight=False, soft_wrap=True, markup=False)

    @property
    def live(self) -> bool:
        """Whether progress may be drawn: for people, on a terminal."""
        return not self.json and self.err.is_terminal

    def document(self, value: Mapping[str, Any], *lines: str) -> None:
        """Prints a result: the document, or for people the lines."""
        if self.json:
            self.emit(value)
            return
        for line in lines:
            self._out.print(line)

    def styled(self, line: Text) -> None:
        """Prints one line for people, in colours where there are any."""
        self._out.print(line)

    def emit(self, value: Mapping[str, Any]) -> None:
        """The one JSON document of a run."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2) + "\n")
        sys.stdout.flush()

    def rows(
        self, name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, empty: str = "", **more: Any
    ) -> None:
        """Prints rows: under their plural in the document, else as a table with these columns.

        Args:
            name: The plural.
            rows: What to print.
            columns: The keys that people see.
            empty: What people are told where there are no rows.
            more: Further keys of the document.
        """
        if self.json:
            self.emit({name: list(rows), **more})
            return
        if not rows:
            self.say(empty or f"no {name}")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")  # as wide as its content
        for column in columns:
            table.add_column(column.upper(), overflow="fold")
        for row in rows:
            table.add_row(*(text(row.get(column)) for column in columns))
        self._out.print(table)

    def say(self, line: str) -> None:
        """One message, on stderr."""
        self.err.print(line)

    def error(self, error: LampasError) -> None:
        """One error: one line on stderr, or the document."""
        if self.json:
            self.emit({"error": {"code": error.code, "message": error.message, "remedy": error.remedy}})
            return
        message = " ".join(error.message.split("\n")).rstrip(".")
        self.err.print(f"lampas: {message}" + (f"; {error.remedy}" if error.remedy else ""))


def text(value: object) -> str:
    """A value as people read it in a table."""
    if value is None or value == "" or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(text(item) for item in value)
    word = str(value)
    if len(word) > 19 and word[4:5] == "-" and word[10:11] == "T":
        return word[:19].replace("T", " ")
    return word
