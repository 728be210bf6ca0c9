"""One line of a log: when it was written, by whom, and what it says. Pure: text in, values out."""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass

APP = "app"  # what the application wrote, to stdout, stderr or its logging
APACHE = "apache"  # what the Apache around it has to say
ACCESS = "access"  # one request, as the front saw it
LONGEST = 16 << 10  # characters of a line that are told
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}  # of the C locale
_ERROR = re.compile(
    r"\[[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) +(?P<day>\d+) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?:\.(?P<micro>\d{1,6}))? (?P<year>\d{4})\] \[(?P<module>[a-z_0-9]*):[a-z0-9]+\] (?:\[pid [^\]]*\] )?"
    r"(?:\[(?:client|remote) [^\]]*\] )?(?P<text>.*)",
    re.DOTALL,
)
_REQUEST = re.compile(
    r"(?P<text>.*) \[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<hour>\d\d):(?P<minute>\d\d):"
    r"(?P<second>\d\d) (?P<zone>[+-]\d{4})\] (?P<rest>.*) (?P<app>[a-z0-9-]+)/(?P<number>\d+) (?P<micros>\d+)",
    re.DOTALL,
)
_OWN = re.compile(r"mod_wsgi \(pid=\d+")


@dataclass(frozen=True)
class Line:
    """A line: Unix seconds, 0.0 where it does not say when; the release, 0 where it does not say which."""

    time: float
    source: str
    text: str
    release: int = 0


def written(line: str) -> Line:
    """A line of a unit's log. What has no prefix of Apache's was written by the application past Apache."""
    found = _ERROR.fullmatch(line)
    if found is None:
        return Line(0.0, APP, cut(line))
    source = APP if found["module"] == "wsgi" and not _OWN.match(found["text"]) else APACHE
    return Line(_time(found, int((found["micro"] or "0").ljust(6, "0"))), source, cut(found["text"]))


def request(line: str, app: str) -> Line | None:
    """A line of the front's access log; None where it is about another application."""
    found = _REQUEST.fullmatch(line)
    if found is None or found["app"] != app:
        return None
    zone = found["zone"]
    ahead = (int(zone[1:3]) * 60 + int(zone[3:])) * (-60 if zone[0] == "-" else 60)
    text = f"{found['text']} {found['rest']} {int(found['micros']) / 1000:.1f} ms"
    return Line(_time(found, 0, ahead), ACCESS, cut(text), int(found["number"]))


def cut(text: str) -> str:
    """A text of at most `LONGEST` characters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more)"


def _time(found: re.Match[str], micro: int, ahead: int | None = None) -> float:
    """Unix seconds; `ahead` is how far the line's zone is ahead of UTC, None for this machine's own zone."""
    date = (int(found["year"]), _MONTHS.get(found["month"], 1), int(found["day"]))
    clock = (int(found["hour"]), int(found["minute"]), int(found["second"]))
    try:
        if ahead is None:
            return time.mktime((*date, *clock, 0, 0, -1)) + micro / 1e6
        return calendar.timegm((*date, *clock, 0, 0, 0)) - ahead + micro / 1e6
    except (OverflowError, ValueError):
        return 0.0
