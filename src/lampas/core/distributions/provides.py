"""What a wheel provides and requires, from the names of its files and its own metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.parser import HeaderParser

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_DATA = re.compile(r"[^/]+\.data/(?:purelib|platlib)/(.*)")
_MODULE = re.compile(r"(\w+)(?:\.py|(?:\.cpython-\d+[\w-]*|\.abi3)?\.so)")


def import_prefixes(paths: Iterable[str]) -> tuple[str, ...]:
    """The shortest dotted names that a wheel answers for: packages with `__init__`, and modules beside them.

    A directory without `__init__` may be shared with other wheels, so it answers for what stands in it alone.

    Args:
        paths: The names of the wheel's files.
    """
    files = [(moved[1] if (moved := _DATA.fullmatch(path)) else path) for path in paths]
    packages = {path.rpartition("/")[0] for path in files if re.search(r"/__init__\.(?:py|\w*\.?so)$", path)}
    found = set()
    for path in files:
        folder, _, name = path.rpartition("/")
        module = _MODULE.fullmatch(name)
        if module is None or ".dist-info" in path or ".data/" in path:
            continue
        parts = folder.split("/") if folder else []
        within = next((n for n in range(1, len(parts) + 1) if "/".join(parts[:n]) in packages), None)
        names = parts[:within] if within else [*parts, module[1]]
        if all(part.isidentifier() for part in names):
            found.add(".".join(names))
    return tuple(sorted(found))


def required_names(metadata: str) -> tuple[str, ...]:
    """The distributions that a wheel's METADATA requires without an extra, normalised and sorted."""
    names = set()
    for line in HeaderParser().parsestr(metadata).get_all("Requires-Dist", []):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or "extra" not in str(requirement.marker):
            names.add(canonicalize_name(requirement.name))
    return tuple(sorted(names))
