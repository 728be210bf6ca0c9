"""Debian packages: what applications ask for, what operators approved."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status

from lampas.actions.add_packages import AddPackages
from lampas.actions.add_requirements import Added
from lampas.actions.approve_packages import ApprovePackages
from lampas.actions.frame import perform
from lampas.actions.index_packages import IndexPackages
from lampas.actions.withdraw_package import WithdrawPackage
from lampas.api.permissions import actor, declared
from lampas.api.routes.traffic import Accepted, accept
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.queries import packages

router = Router(tags=["packages"])


class Packages(Schema):
    """Debian packages; `indexed` is when it was last read which of them ship which Perl modules."""

    packages: list[packages.Package]
    indexed: datetime | None = None


class NamesIn(Schema):
    """Names of Debian packages."""

    names: list[str]


class Approved(Schema):
    """Those that were not approved before."""

    approved: list[str]


@router.get("/packages", response=Packages)
@declared(Permission.VIEW)
def every(request: HttpRequest) -> Packages:
    """All that are approved or asked for."""
    return Packages(packages=packages.every(), indexed=packages.indexed())


@router.get("/applications/{app}/packages", response=Packages)
@declared(Permission.VIEW, application="app")
def of_application(request: HttpRequest, app: str, at: str | None = None) -> Packages:
    """Those that an application asks for at a branch, tag or commit."""
    return Packages(packages=packages.of(AppName(app), at))


@router.post("/applications/{app}/packages", response={201: Added})
@declared(AddPackages, application="app")
def ask(request: HttpRequest, app: str, body: NamesIn) -> Status[Added]:
    """Has an application ask for packages, by a commit to its definition."""
    return Status(201, perform(AddPackages(AppName(app), tuple(body.names)), actor(request)))


@router.post("/packages", response=Approved)
@declared(ApprovePackages)
def approve(request: HttpRequest, body: NamesIn) -> Approved:
    """Approves packages."""
    return Approved(approved=perform(ApprovePackages(tuple(body.names)), actor(request)))


@router.post("/packages/index", response={202: Accepted})
@declared(IndexPackages)
def index(request: HttpRequest) -> Status[Accepted]:
    """Reads which Debian packages ship which Perl modules, from the mirrors of the console's machine."""
    return accept(request, IndexPackages())


@router.get("/packages/modules/{module}", response=packages.Ships)
@declared(Permission.VIEW, some=True)
def ships(request: HttpRequest, module: str) -> packages.Ships:
    """Who provides a Perl module."""
    return packages.ships(module)


@router.delete("/packages/{package}", response={204: None})
@declared(WithdrawPackage)
def withdraw(request: HttpRequest, package: str) -> None:
    """Takes an approval back."""
    perform(WithdrawPackage(package), actor(request))
