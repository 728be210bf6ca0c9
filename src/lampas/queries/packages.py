"""Which Debian packages do applications ask for, who approved them, and where are they?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lampas.build.perl_installed import installed_perl
from lampas.core.distributions.perl import is_module
from lampas.core.names import AppName
from lampas.dispatch import nodes
from lampas.errors import InvalidInput, LampasError
from lampas.queries import definitions
from lampas.store import packages
from lampas.store.models import ApprovedPackage


@dataclass(frozen=True)
class Package:
    """A Debian package. `approved_by` is who approved it ("": nobody); `applications` ask for it; `nodes` are the app
    servers that have it, with its version; `missing` are those that lack it."""

    name: str
    approved_by: str
    approved: datetime | None
    applications: list[str]
    nodes: dict[str, str]
    missing: list[str]


def every() -> list[Package]:
    """All that are approved or asked for, by name. A node that does not answer is in neither list."""
    asked: dict[str, list[str]] = {}
    for app, found in sorted(definitions.every().items()):
        for name in (*found.packages, *found.build_packages):
            asked.setdefault(name, []).append(app)
    approved = {row.name: row for row in ApprovedPackage.objects.all()}
    return _packages(sorted({*asked, *approved}), asked, approved)


def of(app: AppName, at: str | None = None) -> list[Package]:
    """Those that an application asks for at a ref of its repository, also those that building it takes.

    Raises:
        NotFound: No such application or ref.
        InvalidInput: Its definition cannot be used.
    """
    found = definitions.in_force(app, at)
    names = sorted({*found.packages, *found.build_packages})
    approved = {row.name: row for row in ApprovedPackage.objects.filter(name__in=names)}
    return _packages(names, {name: [app] for name in names}, approved)


@dataclass(frozen=True)
class Ships:
    """Who provides a Perl module: `kind` core, package or "" (nobody is known), the Debian package, and whether it is
    installed on the console's machine."""

    module: str
    kind: str
    package: str
    installed: bool


def ships(module: str) -> Ships:
    """Who provides a Perl module.

    Raises:
        InvalidInput: It is no module's name.
    """
    if not is_module(module):
        raise InvalidInput(f"{module!r} is no name of a Perl module", "write it as Foo::Bar")
    found = installed_perl(packages.shipping).provider(module)
    return Ships(module, found.kind, found.name, found.installed) if found else Ships(module, "", "", False)


def indexed() -> datetime | None:
    """When it was last read which packages ship which Perl modules; None: it never was."""
    return packages.indexed()


def missing(names: Sequence[str]) -> dict[str, list[str]]:
    """Node → those of some packages that it lacks, of the nodes that answer."""
    found = {node: [name for name in names if name not in there] for node, there in _there(names).items()}
    return {node: lacking for node, lacking in found.items() if lacking}


def _packages(
    names: Sequence[str], asked: Mapping[str, list[str]], approved: Mapping[str, ApprovedPackage]
) -> list[Package]:
    there = _there(names)
    return [
        Package(
            name=name,
            approved_by=approved[name].person if name in approved else "",
            approved=approved[name].approved if name in approved else None,
            applications=asked.get(name, []),
            nodes={node: versions[name] for node, versions in there.items() if name in versions},
            missing=[node for node, versions in there.items() if name not in versions],
        )
        for name in names
    ]


def _there(names: Sequence[str]) -> dict[str, dict[str, str]]:
    found = {}
    for node in nodes.with_role("appserver") if names else ():
        try:
            found[node.name] = nodes.connect(node).packages(names)
        except LampasError:
            continue
    return found
