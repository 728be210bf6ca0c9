"""The bill of materials of a release, as CycloneDX 1.6 JSON. The same release gives the same document."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lampas.core.names import AppName

_NAMESPACE = uuid.UUID("6f2f0c2e-9f0b-5d3b-8a5e-3f6f1c1f7f11")  # LAMPAS's own, for serial numbers


@dataclass(frozen=True)
class BomFile:
    """A file of the application: its path in the release, the blob that it is, and the sha256 of its content."""

    path: str
    revision: str
    sha256: str


@dataclass(frozen=True)
class BomRepository:
    """The files that one repository gives, at a commit ("" where none is recorded)."""

    name: str
    commit: str
    files: tuple[BomFile, ...]


@dataclass(frozen=True)
class BomDistribution:
    """A distribution.

    Attributes:
        name: Its normalised name.
        version: Its version.
        sha256: The wheel's hash.
        expression: Its licence as an SPDX expression; "" where it gives none.
        licence: Its licence's name; "" where it gives none.
        requires: Normalised names of what it requires.
        source: The sha256 of the source distribution that the wheel was built from; "" for a wheel of the index.
        kind: "pypi" or "cpan".
    """

    name: str
    version: str
    sha256: str
    expression: str = ""
    licence: str = ""
    requires: tuple[str, ...] = ()
    source: str = ""
    kind: str = "pypi"


@dataclass(frozen=True)
class BomPackage:
    """A Debian package that the node must have: its name and its version where the release was built."""

    name: str
    version: str


@dataclass(frozen=True)
class Bom:
    """Everything that a bill of materials says.

    Attributes:
        app: The application.
        number: The release's number.
        release: The release's id.
        created: When it was made, ISO 8601 in UTC.
        repositories: Its own code.
        distributions: What it takes from others, sorted by name.
        direct: Names of those that the application itself needs.
        packages: Debian packages that it asks for, sorted by name.
    """

    app: AppName
    number: int
    release: str
    created: str
    repositories: tuple[BomRepository, ...]
    distributions: tuple[BomDistribution, ...]
    direct: frozenset[str]
    packages: tuple[BomPackage, ...] = ()


def cyclonedx(bom: Bom) -> dict[str, Any]:
    """The document, as JSON values."""
    refs = {found.name: _purl(found) for found in bom.distributions}
    top = f"release:{bom.release}"
    own = [_repository_ref(repository) for repository in bom.repositories]
    debian = [_package_purl(package) for package in bom.packages]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{bom.app}/{bom.release}')}",
        "version": 1,
        "metadata": {
            "timestamp": bom.created,
            "tools": {"components": [{"type": "application", "name": "LAMPAS"}]},
            "component": {"type": "application", "bom-ref": top, "name": bom.app, "version": str(bom.number)},
            "properties": [{"name": "lampas:release", "value": bom.release}],
        },
        "components": [
            *map(_repository, bom.repositories),
            *map(_distribution, bom.distributions),
            *map(_package, bom.packages),
        ],
        "dependencies": [
            {"ref": top, "dependsOn": sorted([*own, *debian, *(refs[name] for name in bom.direct if name in refs)])},
            *({"ref": ref, "dependsOn": []} for ref in (*own, *debian)),
            *({"ref": refs[each.name], "dependsOn": _requires(each, refs)} for each in bom.distributions),
        ],
    }


def _requires(found: BomDistribution, refs: Mapping[str, str]) -> list[str]:
    return sorted({refs[name] for name in found.requires if name in refs} - {refs[found.name]})


def _repository_ref(repository: BomRepository) -> str:
    return f"repository:{repository.name}@{repository.commit}"


def _repository(repository: BomRepository) -> dict[str, Any]:
    ref = _repository_ref(repository)
    return {
        "type": "library",
        "bom-ref": ref,
        "name": repository.name,
        **({"version": repository.commit} if repository.commit else {}),
        "components": [_file(ref, file) for file in repository.files],
    }


def _file(ref: str, file: BomFile) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"{ref}:{file.path}",
        "name": file.path,
        **({"hashes": _hashes(file.sha256)} if file.sha256 else {}),
        **({"properties": [{"name": "lampas:revision", "value": file.revision}]} if file.revision else {}),
    }


def _distribution(found: BomDistribution) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "library",
        "bom-ref": _purl(found),
        "name": found.name,
        "version": found.version,
        "purl": _purl(found),
        "hashes": _hashes(found.sha256),
    }
    if found.expression:
        document["licenses"] = [{"expression": found.expression}]
    elif found.licence:
        document["licenses"] = [{"license": {"name": found.licence}}]
    if found.source:
        document["properties"] = [{"name": "lampas:built-from-sha256", "value": found.source}]
    return document


def _hashes(sha256: str) -> Sequence[Mapping[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]


def _purl(found: BomDistribution) -> str:
    return f"pkg:{found.kind}/{found.name}@{quote(found.version, safe='.-_~')}"


def _package(found: BomPackage) -> dict[str, Any]:
    purl = _package_purl(found)
    return {"type": "library", "bom-ref": purl, "name": found.name, "version": found.version, "purl": purl}


def _package_purl(found: BomPackage) -> str:
    return f"pkg:deb/debian/{quote(found.name, safe='.-_~+')}@{quote(found.version, safe='.-_~')}"
