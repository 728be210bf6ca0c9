"""Who provides Perl modules here: what dpkg's lists of files say, where this machine's Perl looks, and the index.

It is read once and kept until dpkg's status changes; asking is a look into a dictionary.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lampas import process
from lampas.core.distributions.perl import CORE, CPAN, PACKAGE, Provider, best, is_core, is_module, module_at
from lampas.errors import LampasError

PERL = "/usr/bin/perl"  # Debian's own: its mod_perl is linked to it
_DPKG = Path("/var/lib/dpkg")


@dataclass(frozen=True)
class InstalledPerl:
    """Fills the port `PerlProvides` for one application.

    Attributes:
        installed: Module → the Debian package on this machine that ships it.
        directories: Where Perl looks.
        distributions: Module → the distribution of the application's lock that has it.
        index: The Debian package that ships a module, "" where none is known; asked for what is not here.
    """

    installed: Mapping[str, str]
    directories: tuple[Path, ...] = ()
    distributions: Mapping[str, str] | None = None
    index: Callable[[str], str] = lambda _: ""

    def provider(self, module: str) -> Provider | None:
        """Who provides a module; None where nobody is known to."""
        if not is_module(module):
            return None
        if self.distributions and module in self.distributions:  # first, as in @INC: it may be newer than Perl's own
            return Provider(CPAN, self.distributions[module], True)
        package = self.installed.get(module, "")
        if package:
            return Provider(CORE if is_core(package) else PACKAGE, package, True)
        if self._stands_in_core(module):
            return Provider(CORE, "perl", True)
        known = self.index(module)
        return Provider(PACKAGE, known, False) if known else None

    def _stands_in_core(self, module: str) -> bool:
        """A directory of Perl's own has it, though no list of dpkg names it."""
        file = module.replace("::", "/") + ".pm"
        return any((directory / file).is_file() for directory in self.directories)


def installed_perl(index: Callable[[str], str], distributions: Mapping[str, str] | None = None) -> InstalledPerl:
    """What this machine's Perl and Debian's packages provide.

    Args:
        index: `lampas.store.packages.shipping`.
        distributions: Module → distribution, of the application's lock.
    """
    status = _DPKG / "status"
    stamp = status.stat().st_mtime_ns if status.exists() else 0
    return InstalledPerl(_installed(stamp), _directories(), distributions, index)


@functools.lru_cache(maxsize=1)
def _installed(stamp: int) -> Mapping[str, str]:
    del stamp  # what is read is another once it changes
    return installed_in(_DPKG / "info")


def installed_in(info: Path) -> dict[str, str]:
    """Module → package, from dpkg's lists of files.

    Args:
        info: The directory that holds them.
    """
    found: dict[str, set[str]] = {}
    for file in sorted(info.glob("*.list")):
        text = file.read_text(errors="replace")
        if ".pm" not in text:
            continue
        package = file.name.removesuffix(".list").partition(":")[0]
        for path in re.findall(r"^/(.*perl.*\.pm)$", text, re.MULTILINE):
            module = module_at(path)
            if module:
                found.setdefault(module, set()).add(package)
    return {module: best(module, names) for module, names in found.items()}


@functools.cache
def _directories() -> tuple[Path, ...]:
    """Where this machine's Perl looks, without what somebody installed by hand: an application must not need that."""
    try:
        told = process.check([PERL, "-e", 'print "$_\\n" for @INC'], env={"PATH": "/usr/bin:/bin"}, timeout=10).decode()
    except LampasError:
        return ()
    return tuple(Path(line) for line in told.splitlines() if line.startswith("/") and "/usr/local" not in line)


def with_dependencies(names: Iterable[str], status: Path = _DPKG / "status") -> frozenset[str]:
    """Those of some Debian packages that are installed, with all installed ones that they depend on.

    Args:
        names: The packages.
        status: dpkg's file.
    """
    text = status.read_text(errors="replace") if status.exists() else ""
    depends: dict[str, list[str]] = {}
    for entry in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.split("\n") if ": " in line and not line.startswith(" "))
        if fields.get("Status", "").endswith(" installed"):
            wanted = f"{fields.get('Depends', '')},{fields.get('Pre-Depends', '')}"
            depends[fields["Package"]] = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", wanted)
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in depends and name not in found:
            found.add(name)
            waiting += depends[name]
    return frozenset(found)
