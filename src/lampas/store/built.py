"""What blobs became in release trees, read and written in bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lampas.core.names import Sha256
from lampas.core.release.values import BuiltFile, Content
from lampas.store.models import BuiltRow

NAMES = 1000  # keys in one IN (…)


def load(keys: Collection[str]) -> dict[str, BuiltFile]:
    """What is known of some keys."""
    wanted = list(keys)
    found: dict[str, BuiltFile] = {}
    for start in range(0, len(wanted), NAMES):
        rows = BuiltRow.objects.filter(key__in=wanted[start : start + NAMES])
        for key, code, size, bytecode, compiled in rows.values_list(
            "key", "code", "code_size", "bytecode", "bytecode_size"
        ):
            made = Content(Sha256(bytecode), compiled) if bytecode else None
            found[key] = BuiltFile(Content(Sha256(code), size), made)
    return found


def save(built: Mapping[str, BuiltFile]) -> None:
    """Keeps what blobs became. Their content is kept already."""
    rows = [
        BuiltRow(
            key=key,
            code=one.code.sha256,
            code_size=one.code.size,
            bytecode=one.bytecode.sha256 if one.bytecode else "",
            bytecode_size=one.bytecode.size if one.bytecode else 0,
        )
        for key, one in sorted(built.items())
    ]
    BuiltRow.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
