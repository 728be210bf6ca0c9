"""Debian packages: what applications ask for, what operators approved."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.actions.approve_packages import ApprovePackages
from lampas.actions.frame import perform
from lampas.actions.withdraw_package import WithdrawPackage
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.queries import packages

router = Router(tags=["packages"])


class Packages(Schema):
    """Debian packages."""

    packages: list[packages.Package]


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
    return Packages(packages=packages.every())


@router.get("/applications/{app}/packages", response=Packages)
@declared(Permission.VIEW, application="app")
def of_application(request: HttpRequest, app: str, at: str | None = None) -> Packages:
    """Those that an application asks for at a branch, tag or commit."""
    return Packages(packages=packages.of(AppName(app), at))


@router.post("/packages", response=Approved)
@declared(ApprovePackages)
def approve(request: HttpRequest, body: NamesIn) -> Approved:
    """Approves packages."""
    return Approved(approved=perform(ApprovePackages(tuple(body.names)), actor(request)))


@router.delete("/packages/{package}", response={204: None})
@declared(WithdrawPackage)
def withdraw(request: HttpRequest, package: str) -> None:
    """Takes an approval back."""
    perform(WithdrawPackage(package), actor(request))
