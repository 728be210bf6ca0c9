"""Pairs as people type them on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click


class Pair(click.ParamType[tuple[str, str]]):
    """`NAME=VALUE`; the value may hold further `=`."""

    name = "NAME=VALUE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """`A=b` → ("A", "b")."""
        if isinstance(value, tuple):
            return value
        name, separator, rest = str(value).partition("=")
        if not separator or not name:
            self.fail(f"{value!r} is no pair: write NAME=VALUE", param, ctx)
        return name, rest


class LocalFile(Pair):
    """`PATH=FILE`: a path, and the text of a file of this machine."""

    name = "PATH=FILE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """`A=b` → ("A", what b holds)."""
        if isinstance(value, tuple):
            return value
        path, file = super().convert(value, param, ctx)
        try:
            return path, Path(file).read_bytes().decode()
        except OSError as error:
            self.fail(f"{file} cannot be read: {error.strerror}", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{file} is not UTF-8 text", param, ctx)


class Share(click.ParamType[tuple[int, int]]):
    """`NUMBER=PERCENT`: a release's share of traffic."""

    name = "N=PERCENT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """`2=10` → (2, 10)."""
        if isinstance(value, tuple):
            return value
        number, separator, percent = str(value).partition("=")
        if not separator or not _whole(number) or not _whole(percent):
            self.fail(f"{value!r} is no share: write NUMBER=PERCENT, 2=10 for example", param, ctx)
        return int(number), int(percent)


def once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a mapping.

    Raises:
        click.BadParameter: A name is given twice.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise click.BadParameter(f"{name} is given twice")
        found[name] = value
    return found


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
