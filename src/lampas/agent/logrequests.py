"""Requests for logs: what a query asks for, and waiting for lines that are still to be written."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lampas.agent import documents, logbook
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.logbook import Place, Read, Wanted
from lampas.errors import InvalidInput

_LOOK = 0.2  # seconds between two looks for new lines
_MOST_WAIT = 30.0
_MOST_CURSOR = 1 << 16  # characters
_MOST_PLACES = 1000


async def answer(configuration: AgentConfiguration, query: Mapping[str, str]) -> dict[str, Any]:
    """Answers one request.

    Args:
        configuration: The agent's.
        query: `app`; `release`, `access=1`, `since` (Unix seconds); `lines` for the last ones, or `cursor` for those
            that came since and `wait`, seconds to wait for them.

    Returns:
        {"rows": [{time, source, text, release}], "cursor", "more"}.

    Raises:
        InvalidInput: The query cannot be understood.
    """
    number, lines = query.get("release", "0"), query.get("lines", "100")
    since, wait = _seconds(query.get("since", "0")), min(_seconds(query.get("wait", "0")), _MOST_WAIT)
    if not documents.is_app(query.get("app", "")) or not number.isdigit() or not lines.isdigit():
        raise InvalidInput("ask for ?app=NAME&release=N&lines=N")
    wanted = Wanted(query["app"], int(number), query.get("access") == "1", since)
    if "cursor" not in query:
        most = min(int(lines), logbook.MOST_LINES)
        return _told(await asyncio.to_thread(logbook.last, configuration, wanted, most))
    cursor: Mapping[str, Place] = _places(query["cursor"])
    deadline = time.monotonic() + wait
    while True:
        read = await asyncio.to_thread(logbook.after, configuration, wanted, cursor)
        if read.lines or time.monotonic() >= deadline:
            return _told(read)
        cursor = read.cursor
        await asyncio.sleep(0 if read.more else _LOOK)


def _told(read: Read) -> dict[str, Any]:
    text = json.dumps(dict(read.cursor), separators=(",", ":"))
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    return {"rows": [asdict(line) for line in read.lines], "cursor": cursor, "more": read.more}


def _places(text: str) -> dict[str, Place]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(text)) if len(text) <= _MOST_CURSOR else None
    except (ValueError, binascii.Error):
        raw = None
    if not isinstance(raw, dict) or len(raw) > _MOST_PLACES:
        raise InvalidInput("the cursor is none that this node gave", "read from the end: leave it out")
    places: dict[str, Place] = {}
    for name, place in raw.items():
        if not isinstance(place, list) or len(place) != 3 or not all(_is_count(each) for each in place):
            raise InvalidInput("the cursor is none that this node gave", "read from the end: leave it out")
        places[name] = (place[0], place[1], place[2])
    return places


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e11:
        raise InvalidInput("since and wait are numbers of seconds")
    return value
