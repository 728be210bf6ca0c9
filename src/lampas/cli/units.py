"""Sizes as people read them."""

from __future__ import annotations


def size(count: int) -> str:
    """Bytes in the largest unit that they fill: 1536 → 1.5 KiB."""
    value, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        del units[0]
    return f"{value:.0f} {units[0]}" if units[0] == "bytes" or value >= 100 else f"{value:.1f} {units[0]}"
