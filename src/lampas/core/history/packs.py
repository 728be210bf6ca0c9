"""Packs as values, and the choice which of them to merge. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PackFacts:
    """One published pack: its name (the checksum it ends with), size in bytes, number of objects."""

    name: str
    size: int
    objects: int


def to_merge(packs: Sequence[PackFacts], factor: int = 2) -> tuple[PackFacts, ...]:
    """The packs to merge so that each one left has at least `factor` times the objects of all smaller ones together
    (as `git repack --geometric`). Small pushes are merged often, large packs hardly ever.

    Returns:
        The packs to merge into one, smallest first; empty where the progression holds already.
    """
    ordered = sorted(packs, key=lambda pack: (pack.objects, pack.size, pack.name))
    split = 0
    for index in range(len(ordered) - 1, 0, -1):
        if ordered[index].objects < factor * ordered[index - 1].objects:
            split = index + 1
            break
    total = sum(pack.objects for pack in ordered[:split])
    while 0 < split < len(ordered) and ordered[split].objects < factor * total:
        total += ordered[split].objects
        split += 1
    return tuple(ordered[:split]) if split > 1 else ()
