"""What is a release made of? Its bill of materials."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from lampas.build import fetching
from lampas.core.distributions.licences import licence
from lampas.core.distributions.provides import required_names
from lampas.core.names import AppName
from lampas.core.nodestate import Manifest
from lampas.core.release.bom import Bom, BomDistribution, BomFile, BomPackage, BomRepository, cyclonedx
from lampas.queries import archive, releases
from lampas.store import artifacts, wheels
from lampas.store.models import Release

_MADE = "made-by-the-build"  # files that no repository has: what hooks wrote, what the definition adds


def of(app: AppName, number: int) -> dict[str, Any]:
    """The bill of materials of a release, a CycloneDX 1.6 document.

    Raises:
        NotFound: No such application or number.
    """
    row = releases.row_of(app, number)
    manifest = archive.manifest_of(row)
    return cyclonedx(
        Bom(
            app=app,
            number=number,
            release=row.release_id,
            created=row.created.astimezone(UTC).isoformat(timespec="seconds"),
            repositories=tuple(_repositories(row, manifest)),
            distributions=tuple(_distributions(manifest)),
            direct=_direct(row),
            packages=tuple(BomPackage(one["name"], one["version"]) for one in row.closure.get("packages", [])),
        )
    )


def _repositories(row: Release, manifest: Manifest) -> Iterator[BomRepository]:
    content = {file.path: file.sha256 for file in manifest.files if not file.path.endswith(".pyc")}
    found: dict[str, list[BomFile]] = {row.repository: []}
    for member in row.closure.get("members", []):
        path = str(member["path"])
        file = BomFile(path, str(member["revision"]), content.pop(path, ""))
        found.setdefault(str(member["repository"]), []).append(file)
    for name in sorted(found):
        yield BomRepository(name, row.commit if name == row.repository else "", tuple(found[name]))
    if content:
        yield BomRepository(_MADE, "", tuple(BomFile(path, "", content[path]) for path in sorted(content)))


def _distributions(manifest: Manifest) -> Iterator[BomDistribution]:
    built = wheels.sources_of([wheel.sha256 for wheel in manifest.wheels])
    for wheel in sorted(manifest.wheels, key=lambda wheel: wheel.name):
        if manifest.runtime == "perl":
            source = built.get(wheel.sha256, "")
            yield BomDistribution(wheel.name, wheel.version, wheel.sha256, source=source, kind="cpan")
            continue
        text = fetching.metadata(wheel.filename, artifacts.get(wheel.sha256))
        requires = required_names(text)
        yield BomDistribution(
            wheel.name, wheel.version, wheel.sha256, *licence(text), requires, built.get(wheel.sha256, "")
        )


def _direct(row: Release) -> frozenset[str]:
    """Distributions that the application's own code or its requirements name: whatever no other distribution needs."""
    found = row.closure.get("distributions", [])
    names = {str(one["name"]) for one in found}
    return frozenset(
        str(one["name"]) for one in found if not one.get("edge") or str(one["edge"].get("from")) not in names
    )
