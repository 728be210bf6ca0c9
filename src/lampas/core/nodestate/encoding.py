"""Documents as canonical bytes: the same value always gives the same bytes, so that they can be signed and compared."""

from __future__ import annotations

import json
from typing import Any

FORMAT = 1


def canonical(value: object) -> bytes:
    """JSON without spaces, its keys sorted."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def document(data: bytes) -> dict[str, Any]:
    """Reads what `canonical` wrote of a document.

    Raises:
        ValueError: It is not a document of this format.
    """
    raw = json.loads(data)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(f"not a document of format {FORMAT}")
    return raw
