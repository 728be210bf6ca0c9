"""Distributions: what releases are made of, what is proposed, what is known to be vulnerable."""

from __future__ import annotations

import tempfile
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from lampas.actions.add_requirements import Added, AddRequirements
from lampas.actions.frame import perform
from lampas.actions.import_advisories import ImportAdvisories
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.errors import InvalidInput
from lampas.queries import advisories, bom, proposals, releases
from lampas.queries.rights import visible

router = Router(tags=["distributions"])

_LARGEST = 512 << 20  # bytes of an archive of advisories
_CHUNK = 1 << 20


class Proposals(Schema):
    """Imports that lead nowhere, with distributions that may be meant."""

    proposals: list[proposals.Proposal]


class RequirementsIn(Schema):
    """Requirements to add, in PEP 508 form."""

    requirements: list[str]


class Imported(Schema):
    """How many advisories are kept now."""

    advisories: int


@router.get("/applications/{app}/releases/{int:number}/sbom")
@declared(Permission.VIEW, application="app")
def sbom(request: HttpRequest, app: str, number: int) -> dict[str, Any]:
    """A release's bill of materials, as CycloneDX 1.6 JSON."""
    return bom.of(AppName(app), number)


@router.get("/applications/{app}/proposals", response=Proposals)
@declared(Permission.VIEW, application="app")
def proposed(request: HttpRequest, app: str, at: str | None = None) -> Proposals:
    """Imports that lead nowhere, with distributions that may be meant."""
    return Proposals(proposals=proposals.of(AppName(app), at))


@router.post("/applications/{app}/requirements", response={201: Added})
@declared(AddRequirements, application="app")
def require(request: HttpRequest, app: str, body: RequirementsIn) -> Status[Added]:
    """Adds requirements where the application's requirements stand, by a commit."""
    return Status(201, perform(AddRequirements(AppName(app), tuple(body.requirements)), actor(request)))


@router.get("/advisories", response=advisories.Known)
@declared(Permission.VIEW, some=True)
def every(request: HttpRequest) -> advisories.Known:
    """Known vulnerabilities of what runs or may run next, in every application that one may see."""
    return advisories.of(advisories.applications(visible(actor(request))))


@router.get("/applications/{app}/advisories", response=advisories.Known)
@declared(Permission.VIEW, application="app")
def of_application(request: HttpRequest, app: str) -> advisories.Known:
    """Known vulnerabilities of what runs or may run next of one application."""
    return advisories.of([AppName(releases.standing_application(AppName(app)).name)])


@router.put("/advisories", response=Imported)
@declared(ImportAdvisories)
def import_advisories(request: HttpRequest) -> Imported:
    """Replaces what is known by the OSV documents of a zip archive, which is the body."""
    with tempfile.TemporaryFile() as archive:
        while chunk := request.read(_CHUNK):
            archive.write(chunk)
            if archive.tell() > _LARGEST:
                raise InvalidInput(f"the archive is larger than {_LARGEST:,} bytes")
        size = archive.tell()
        archive.seek(0)
        return Imported(advisories=perform(ImportAdvisories(archive, size), actor(request)))
