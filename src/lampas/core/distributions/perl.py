"""Who provides a Perl module: Perl itself, a Debian package, a CPAN distribution; and where Debian keeps modules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

CORE = "core"
PACKAGE = "package"
CPAN = "cpan"
_NAME = re.compile(r"[A-Za-z_]\w*(?:::\w+)*", re.ASCII)
# Where Debian's Perl looks, below the root: what stands for the version and the architecture is not looked at.
_DIRECTORY = re.compile(
    r"/?(?:etc/perl|usr/share/perl5"
    r"|usr/share/perl/5\.\d+(?:\.\d+)?"
    r"|usr/lib/[a-z0-9_]+-linux-[a-z0-9]+/(?:perl-base|perl/5\.\d+(?:\.\d+)?|perl5/5\.\d+|perl5))/(.+)\.pm"
)


@dataclass(frozen=True)
class Provider:
    """Who provides a module.

    Attributes:
        kind: "core" (Perl itself), "package" (a Debian package) or "cpan" (a distribution of the application's lock).
        name: The Debian package, or the distribution.
        installed: Whether it is there on the node that builds; what is only known of is proposed, never taken.
    """

    kind: str
    name: str
    installed: bool


class PerlProvides(Protocol):
    """Knows who provides Perl modules."""

    def provider(self, module: str) -> Provider | None:
        """Who provides a module; None where nobody is known to.

        Args:
            module: Its name, `Foo::Bar`.
        """


def is_module(name: str) -> bool:
    """Whether this is a module's name, `Foo::Bar`."""
    return bool(_NAME.fullmatch(name))


def module_at(path: str) -> str:
    """The module that a file of Debian's is, `usr/share/perl5/Foo/Bar.pm` → `Foo::Bar`; "" where it is none."""
    found = _DIRECTORY.fullmatch(path)
    name = found[1].replace("/", "::") if found else ""
    return name if name and _NAME.fullmatch(name) else ""


def is_core(package: str) -> bool:
    """Whether a Debian package is a part of Perl itself."""
    return bool(re.fullmatch(r"perl|perl-base|perl-modules-5\.\d+|libperl5\.\d+", package))


def best(module: str, packages: Iterable[str]) -> str:
    """Of several Debian packages that ship a module, the one to propose: Perl itself, then the one that is named after
    it, then one of Perl's own naming, then the shortest name.

    Args:
        module: `Foo::Bar`.
        packages: At least one.
    """
    parts = module.lower().replace("_", "-").split("::")
    named = ["lib" + "-".join(parts[:count]) + "-perl" for count in range(len(parts), 0, -1)]

    def rank(package: str) -> tuple[bool, int, bool, int, str]:
        place = named.index(package) if package in named else len(named)
        return not is_core(package), place, not package.endswith("-perl"), len(package), package

    return min(packages, key=rank)
