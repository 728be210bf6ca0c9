"""Pages of lists: `?page=N`, newest first, from 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest

Item = TypeVar("Item")
DEEPEST = 10_000


@dataclass(frozen=True)
class Pager:
    """Which page this is, and whether there are newer and older ones."""

    page: int
    older: bool

    @property
    def newer(self) -> bool:
        """Whether a page comes before."""
        return self.page > 1

    @property
    def newer_page(self) -> int | None:
        """Its number; None for the first, which needs none in its address."""
        return self.page - 1 if self.page > 2 else None

    @property
    def older_page(self) -> int:
        """The number of the page behind."""
        return self.page + 1


def number(request: HttpRequest, name: str = "page") -> int:
    """The page that is asked for; nonsense is the first page."""
    text = request.GET.get(name, "")
    return min(max(int(text), 1), DEEPEST) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def cut(items: Sequence[Item], page: int, limit: int) -> tuple[Sequence[Item], Pager]:
    """Cuts a list that was read with one more than `limit`."""
    return items[:limit], Pager(page, len(items) > limit)


@dataclass(frozen=True)
class Keyset:
    """A page of a list that grows at its start: `before` is where this page begins (None: at the newest), `following`
    where the next one does (None: this is the last)."""

    before: int | None
    following: int | None


def before(request: HttpRequest) -> int | None:
    """The row that the page begins behind; None: at the newest."""
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
