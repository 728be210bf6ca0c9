"""Requirements of a Perl application → a lock: distributions of CPAN, each built into a tree, all of them kept.

What Perl itself and the Debian packages of the definition provide in a version that will do is taken as it is. The rest
is looked up in the mirror's index, which knows one version of each module; what a distribution's META requires follows.
Tests are not run, and what only tests require is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lampas.build import archives, perlmeta
from lampas.build.cpan_trees import Archive, Workplace, tree_of
from lampas.build.mirror import Mirror
from lampas.build.perl_installed import installed_perl, with_dependencies
from lampas.core.distributions.cpan import BrokenMirror, NoMirror, NotOnMirror, name_and_version
from lampas.core.distributions.cpanfile import module_and_range
from lampas.core.distributions.perl import CORE, PerlProvides
from lampas.core.distributions.perlversions import Range
from lampas.core.distributions.sources import WheelBuilder
from lampas.core.distributions.values import Distribution, Lock, Requirements
from lampas.core.names import AppName, Sha256
from lampas.errors import Failed
from lampas.store import artifacts, locks, packages
from lampas.store.wheels import BuiltWheel

_PERL = "5.36"
_MOST = 500  # distributions of one lock


@dataclass(frozen=True)
class Locking:
    """What locking is done with.

    Attributes:
        mirror: Where CPAN is; "" where the node was given none.
        builder: Builds distributions; None: nothing is built.
        app: The application; its Unix user builds.
        packages: Debian packages that the application asks for: what they provide is not taken from CPAN.
        build_packages: Debian packages that building takes.
        tell: Hears one line about each build.
    """

    mirror: str
    builder: WheelBuilder | None
    app: AppName
    packages: tuple[str, ...] = ()
    build_packages: tuple[str, ...] = ()
    tell: Callable[[str], None] = lambda _: None


def known(requirements: Requirements, using: Locking) -> Lock | None:
    """The lock that some requirements have; None where they were never resolved."""
    return locks.find(_inputs(requirements, using)) if requirements.lines else Lock(source=requirements.source)


def locked(requirements: Requirements, using: Locking) -> Lock:
    """The lock of some requirements. It is resolved once for the same inputs; its trees are kept when it returns, so
    that the mirror is not asked again.

    Args:
        requirements: What is required.
        using: What it is done with.

    Raises:
        NoMirror: Something has to be fetched, and the node has no mirror.
        NotOnMirror: A module is nowhere, or in no version that will do.
        BrokenMirror, BrokenSource: What the mirror serves cannot be used.
        BuildFailed: A distribution does not build.
        Unreachable: The mirror or the node does not answer.
    """
    if not requirements.lines:
        return Lock(source=requirements.source)
    inputs = _inputs(requirements, using)
    lock = locks.find(inputs)
    if lock is not None:
        wanted = {found.sha256 for found in lock.distributions}
        if len(artifacts.have(wanted)) == len(wanted):
            return lock
        locks.forget(inputs)
    lock = _Resolver(requirements, using).lock()
    locks.save(inputs, lock, using.app)
    return lock


def _inputs(requirements: Requirements, using: Locking) -> str:
    parts = {
        "cpan": _PERL,
        "lines": requirements.lines,
        "source": requirements.source,
        "mirror": using.mirror,
        "packages": sorted(using.packages),
        "build_packages": sorted(using.build_packages),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass
class _Chosen:
    """A distribution that was chosen: its archive, and the distributions that it requires, by path."""

    archive: Archive
    modules: tuple[str, ...]
    requires: dict[str, None] = field(default_factory=dict)


class _Resolver:
    """Resolves and builds the requirements of one application."""

    def __init__(self, requirements: Requirements, using: Locking) -> None:
        self._requirements, self._using = requirements, using
        self._mirror = Mirror(using.mirror) if using.mirror else None
        self._perl: PerlProvides = installed_perl(lambda _: "")
        self._packages = with_dependencies(using.packages)
        self._chosen: dict[str, _Chosen] = {}
        self._trees: dict[str, BuiltWheel] = {}

    def lock(self) -> Lock:
        direct: dict[str, None] = {}
        wanted = dict(module_and_range(line) for line in self._requirements.lines)
        for module in self._not_given(wanted):
            direct[self._choose(module, wanted[module], self._requirements.source)] = None
        found = [self._distribution(path) for path in self._chosen]
        names = tuple(sorted(self._chosen[path].archive.name for path in direct))
        return Lock(tuple(sorted(found, key=lambda one: one.name)), names, self._requirements.source)

    def _not_given(self, wanted: Mapping[str, Range]) -> list[str]:
        """Those of some modules that neither Perl nor the Debian packages asked for have in a version that will do."""
        given = [module for module in wanted if self._is_there(module)]
        bounded = [module for module in given if wanted[module].clauses]
        versions = perlmeta.versions(bounded)
        enough = {
            module for module in given if module not in bounded or wanted[module].holds(versions.get(module, "0"))
        }
        return [module for module in wanted if module not in enough]

    def _is_there(self, module: str) -> bool:
        found = self._perl.provider(module)
        return found is not None and found.installed and (found.kind == CORE or found.name in self._packages)

    def _choose(self, module: str, versions: Range, needed_by: str) -> str:
        """Chooses the distribution that has a module, and all that it requires; returns its path on the mirror."""
        if self._mirror is None:
            raise NoMirror(needed_by)
        where = self._mirror.index.get(module)
        package = packages.shipping(module)
        if where is None:
            raise NotOnMirror(module, needed_by, "the CPAN mirror does not have it", package)
        if not versions.holds(where.version):
            raise NotOnMirror(module, needed_by, f"the CPAN mirror has {where.version}, not {versions}", package)
        if where.path in self._chosen:
            return where.path
        if len(self._chosen) == _MOST:
            raise Failed(f"{self._requirements.source} takes more than {_MOST} distributions of CPAN")
        name, version = name_and_version(where.path)
        if name == "perl":
            raise NotOnMirror(module, needed_by, f"it is a part of Perl {version}, and Debian's Perl lacks it", package)
        sha256, data = self._fetched(where.path)
        filename = where.path.rpartition("/")[2]
        archives.pyproject(filename, data)  # all its names are checked on the way
        archive = Archive(name, version, filename, sha256)
        chosen = self._chosen[where.path] = _Chosen(archive, self._mirror.modules[where.path])
        needs = perlmeta.read(filename, data).requires
        for each in self._not_given({one: bound for one, bound in needs.items() if one not in chosen.modules}):
            chosen.requires[self._choose(each, needs[each], f"{name} {version}")] = None
        return where.path

    def _fetched(self, path: str) -> tuple[Sha256, bytes]:
        """An archive, fetched if it is not kept."""
        assert self._mirror is not None  # noqa: S101 - asked by `_choose` alone
        told = Sha256(self._mirror.sha256(path))
        if artifacts.have([told]):
            return told, artifacts.get(told)
        data = self._mirror.archive(path)
        return artifacts.put(data), data

    def _distribution(self, path: str) -> Distribution:
        tree, chosen = self._tree(path, ()), self._chosen[path]
        requires = tuple(sorted(self._chosen[each].archive.name for each in chosen.requires))
        size = len(artifacts.get(tree.sha256))
        return Distribution(tree.name, tree.version, tree.filename, tree.sha256, size, chosen.modules, requires)

    def _tree(self, path: str, above: tuple[str, ...]) -> BuiltWheel:
        """The tree of a distribution; what it requires is built before it."""
        if path in self._trees:
            return self._trees[path]
        if path in above:
            raise BrokenMirror(path, "it requires itself by way of others")
        using = self._using
        if using.builder is None:
            raise Failed(f"{path} has to be built, and nothing builds here", "build a release")
        needed: dict[str, BuiltWheel] = {}
        for each in self._all(path):
            tree = self._tree(each, (*above, path))
            needed[tree.filename] = tree
        place = Workplace(using.builder, using.app, using.build_packages, using.tell)
        self._trees[path] = tree_of(self._chosen[path].archive, [needed[name] for name in sorted(needed)], place)
        return self._trees[path]

    def _all(self, path: str) -> list[str]:
        """Everything that a distribution requires, and what that requires."""
        found: dict[str, None] = {}
        waiting = list(self._chosen[path].requires)
        while waiting:
            each = waiting.pop()
            if each not in found and each != path:
                found[each] = None
                waiting += self._chosen[each].requires
        return list(found)
