"""Known vulnerabilities, in the Open Source Vulnerability format (OSV): which versions of a distribution they affect.

Nothing is fetched: an operator imports what they got from where they trust.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from lampas.errors import InvalidInput

_ECOSYSTEM = "PyPI"
_SUMMARY = 500  # characters


@dataclass(frozen=True)
class Advisory:
    """What one advisory says of one distribution.

    Attributes:
        id: Its name, `PYSEC-2024-1`.
        name: The distribution's normalised name.
        aliases: Other names of the same, CVE numbers first.
        summary: One line.
        severity: As it was given: a word, or a CVSS vector; "" where there is none.
        versions: Affected versions, one by one.
        ranges: Affected ranges: (introduced, fixed, last affected), each "" where it is open.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    versions: tuple[str, ...]
    ranges: tuple[tuple[str, str, str], ...]

    def affects(self, version: str) -> bool:
        """Whether a version is affected."""
        found = _version(version)
        if found is None:
            return version in self.versions
        return any(found == _version(one) for one in self.versions) or any(_within(found, one) for one in self.ranges)

    def fixed(self, version: str) -> str:
        """The first version that mends what a version has; "" where none is named."""
        found = _version(version)
        if found is None:
            return ""
        mended = [one for _, text, _ in self.ranges if (one := _version(text)) is not None and one > found]
        return str(min(mended)) if mended else ""


def read(document: Any) -> Iterator[Advisory]:
    """What an OSV document says of distributions of Python; nothing where it was withdrawn.

    Raises:
        InvalidInput: It is no OSV document.
    """
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise InvalidInput("this is no OSV document: it has no id", "import files as the OSV project exports them")
    if document.get("withdrawn"):
        return
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for entry in _dicts(document.get("affected")):
        package = entry.get("package")
        if (
            isinstance(package, dict)
            and package.get("ecosystem") == _ECOSYSTEM
            and isinstance(package.get("name"), str)
        ):
            entries.setdefault(canonicalize_name(package["name"]), []).append(entry)
    for name, some in entries.items():
        yield Advisory(
            id=document["id"],
            name=name,
            aliases=_aliases(document),
            summary=str(document.get("summary") or document.get("details") or "").strip().partition("\n")[0][:_SUMMARY],
            severity=_severity(document, some),
            versions=tuple(sorted({str(each) for entry in some for each in entry.get("versions") or ()})),
            ranges=tuple(each for entry in some for each in _ranges(entry)),
        )


def _aliases(document: Mapping[str, Any]) -> tuple[str, ...]:
    found = [str(each) for each in document.get("aliases") or ()]
    return tuple(sorted(found, key=lambda each: (not each.startswith("CVE-"), each)))


def _severity(document: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> str:
    specific = document.get("database_specific")
    if isinstance(specific, dict) and isinstance(specific.get("severity"), str):
        return str(specific["severity"])[:100]
    scores = [*_dicts(document.get("severity")), *(each for entry in entries for each in _dicts(entry.get("severity")))]
    return str(scores[0].get("score", ""))[:100] if scores else ""


def _ranges(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Events in order, as pairs: what "introduced" opens, the next "fixed" or "last_affected" closes."""
    for found in _dicts(entry.get("ranges")):
        if found.get("type") != "ECOSYSTEM":
            continue
        introduced: str | None = None
        for event in _dicts(found.get("events")):
            if "introduced" in event:
                introduced = str(event["introduced"])
            elif introduced is not None and ("fixed" in event or "last_affected" in event):
                yield introduced, str(event.get("fixed", "")), str(event.get("last_affected", ""))
                introduced = None
        if introduced is not None:
            yield introduced, "", ""


def _within(found: Version, bounds: tuple[str, str, str]) -> bool:
    introduced, fixed, last = (_version(text) for text in bounds)
    if bounds[0] not in ("", "0") and (introduced is None or found < introduced):
        return False
    if bounds[1]:
        return fixed is not None and found < fixed
    return not bounds[2] or (last is not None and found <= last)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
