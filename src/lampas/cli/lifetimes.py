"""Lengths of time as people type them: 90d, 12h, 30m."""

from __future__ import annotations

import re

import click

_UNITS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.0}
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
