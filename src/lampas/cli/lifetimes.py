"""Lengths of time and moments as people type them: 90d, 12h, 30m, 2026-11-24T16:00."""

from __future__ import annotations

import re
import time
from datetime import datetime

import click

_UNITS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.0}
_DAY = 86400.0
_FORM = re.compile(r"([0-9]{1,5})([mhdwy])")


class Lifetime(click.ParamType[float]):
    """A length of time, as days."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """`90d` → 90.0."""
        if isinstance(value, float):
            return value
        found = _FORM.fullmatch(str(value))
        if not found or int(found[1]) == 0:
            self.fail(f"{value!r} is no length of time: write 90d, 12h or 30m", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Moment(click.ParamType[float]):
    """A moment, as Unix seconds: a length of time ago, or a date with or without a time of day, in this machine's
    zone."""

    name = "WHEN"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """`2h` → two hours ago."""
        if isinstance(value, float):
            return value
        word = str(value)
        if word.endswith("s") and word[:-1].isascii() and word[:-1].isdigit() and len(word) < 10:
            return time.time() - int(word[:-1])
        if found := _FORM.fullmatch(word):
            return time.time() - int(found[1]) * _UNITS[found[2]] * _DAY
        try:
            return datetime.fromisoformat(word).astimezone().timestamp()
        except (ValueError, OverflowError, OSError):
            self.fail(f"{word!r} is no moment: write 90s, 15m, 2h, 7d or 2026-11-24T16:00", param, ctx)
