"""One file → what it needs, by its facts, the name table and the rules."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lampas.core.closure.files import CODE, FileTable, Place
from lampas.core.closure.rules.all import APPLICATIONS, MODULES, SHAPES, TEXTS
from lampas.core.closure.rules.values import Shapes, Texts
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver, Target, ToBelow, ToDistribution, ToModule
from lampas.core.modules.values import Facts, Import, Kind, Module, Text, When
from lampas.core.names import RepositoryName

# What a need leads to: a file by its place; a hub, which stands for several and is never shown; a distribution.
Hub = str
Goal = Place | Hub
_GROUP = re.compile(r"(?:entry-point:|entry_points=\.)(.+)")
_MODULE_RULES = re.compile("|".join(f"(?:{rule.module.pattern})" for rule in MODULES))


_Asked = str | tuple[str, tuple[str, ...], bool, bool]  # a string; an import: name, names, relative, computed


class Need(NamedTuple):
    """One need of a file.

    Attributes:
        goal: What it leads to.
        provenance: See `Edge`.
        line: The line that says it; 0 where none does.
        rule: The rule that says it; "" where none does.
        certain: Whether Python itself takes this way whenever the file is loaded.
    """

    goal: Goal
    provenance: str
    line: int
    rule: str = ""
    certain: bool = False


class Nowhere(NamedTuple):
    """An import that leads nowhere, before somebody asks for it."""

    name: str
    line: int
    when: When


class Joint(NamedTuple):
    """What comes with an application once a sign is given."""

    sign: Hub
    rule: str
    needs: tuple[Place, ...]


@dataclass
class Answer:
    """What an import leads to, whoever asks.

    Attributes:
        targets: What it leads to.
        users: The nodes whose rows hold it.
    """

    targets: tuple[Target, ...]
    users: set[int] = field(default_factory=set)


@dataclass
class Row:
    """What one file or hub needs.

    Attributes:
        needs: Its needs, each goal once.
        nowhere: Its imports that lead nowhere.
        joints: For the hub of an application.
        asked: What it depended on, in the words of the tables.
        answers: What it shares with other rows.
    """

    needs: list[Need] = field(default_factory=list)
    nowhere: list[Nowhere] = field(default_factory=list)
    joints: list[Joint] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)


class Needs:
    """Resolves files of the repositories in scope.

    Args:
        table: The names in scope.
        files: The files in scope.
        resolver: What imports mean.

    Attributes:
        declared: Group of entry points → the file that declares some → them.
    """

    def __init__(self, table: NameTable, files: FileTable, resolver: Resolver) -> None:
        self._table, self._files, self._resolver = table, files, resolver
        self._answers: dict[_Asked, Answer] = {}
        self._by_name: dict[str, set[_Asked]] = {}
        self._rules: dict[str, tuple[Texts, ...]] = {}
        self.declared: dict[str, dict[Place, list[Text]]] = {}

    def forget(self, changed: Iterable[str]) -> set[int]:
        """Forgets answers that depended on something that changed.

        Args:
            changed: Names, in the words of the tables.

        Returns:
            The nodes whose rows hold one of them.
        """
        users: set[int] = set()
        for name in changed:
            for key in self._by_name.pop(name, ()):
                if (gone := self._answers.pop(key, None)) is not None:
                    users |= gone.users
        return users

    def of(self, module: Module, facts: Facts) -> Row:
        """What a file needs.

        Args:
            module: The file.
            facts: What its analyser read.
        """
        row = Row()
        found: dict[Goal, Need] = {}
        for need in self._all(module, facts, row):
            known = found.get(need.goal)
            if known is None or (need.certain and not known.certain):
                found[need.goal] = need
        found.pop((module.repository, module.path), None)
        row.needs = list(found.values())
        row.asked |= self._take_asked()
        return row

    def declare(self, module: Module, facts: Facts) -> set[str]:
        """Keeps the entry points that a file declares, instead of those that it declared.

        Args:
            module: The file.
            facts: What is read in it; without texts where it is gone.

        Returns:
            What changed, in the words of `Row.asked`.
        """
        place, changed = _place(module), set()
        for group, by_file in self.declared.items():
            if by_file.pop(place, None):
                changed |= {f"group {group}", "group *"}
        for text in facts.texts:
            declared = _GROUP.match(text.context)
            for name in (declared[1], "*") if declared else ():
                self.declared.setdefault(name, {}).setdefault(place, []).append(text)
                changed.add(f"group {name}")
        return changed

    def of_hub(self, hub: Hub) -> Row:
        """What a hub stands for."""
        row = Row()
        word, _, rest = hub.partition(" ")
        row.needs = list(dict.fromkeys(self._hub(word, rest, row)))
        row.asked |= self._take_asked()
        return row

    def _take_asked(self) -> set[str]:
        asked = self._table.asked | self._files.asked
        self._table.asked.clear()
        self._files.asked.clear()
        return asked

    def _all(self, module: Module, facts: Facts, row: Row) -> Iterator[Need]:
        folder = module.path.rpartition("/")[0]
        if module.kind in CODE:
            for found in facts.imports:
                if found.when is not When.TYPING:
                    yield from self._import(module, found, row)
            for name in facts.files:
                yield from self._string(module, folder, name.text, name.line, row)
            if module.kind is not Kind.SCRIPT:
                for parent in self._table.parents(module.name)[:1]:
                    yield Need(_place(parent), "implicit package", 0, certain=True)
            if _MODULE_RULES.fullmatch(module.name):
                yield from self._by_module(module.name, 0)
            yield Need(f"data {module.repository} {folder}", "package data", 0)
        for text in facts.texts:
            for rule in self._rules_for(text.context):
                yield from self._text(module, folder, text, rule, row)

    def _import(self, module: Module, found: Import, row: Row) -> Iterator[Need]:
        name = self._resolver.absolute(module, found)
        if name is None:
            row.nowhere.append(Nowhere("." * found.level + found.module, found.line, found.when))
            return
        computed = found.provenance == "computed"
        certain = found.when is When.ALWAYS and not computed
        for target in self._answer((name, found.names, found.level > 0, computed), row):
            if isinstance(target, ToModule):
                yield Need(_place(target.module), found.provenance, found.line, certain=certain)
            elif isinstance(target, ToDistribution):
                yield Need(f"distribution {target.distribution}", found.provenance, found.line, certain=certain)
                if _MODULE_RULES.fullmatch(name):
                    yield from self._by_module(name, found.line)
            elif isinstance(target, ToBelow):
                yield Need(f"below {target.package} {target.begun}", "computed", found.line)
            else:
                row.nowhere.append(Nowhere(target.name, found.line, found.when))

    def _answer(self, key: _Asked, row: Row) -> tuple[Target, ...]:
        """What an import or a string means, looked up once for all files that have it."""
        known = self._answers.get(key)
        if known is None:
            before = self._take_asked()
            known = self._answers[key] = Answer(tuple(self._looked_up(key)))
            for name in self._take_asked():
                self._by_name.setdefault(name, set()).add(key)
            self._table.asked |= before
        row.answers.append(known)
        return known.targets

    def _looked_up(self, key: _Asked) -> Iterator[Target]:
        if isinstance(key, str):
            target = self._resolver.string(key)
            yield from (target,) if target is not None else ()
            return
        name, names, relative, computed = key
        if computed:
            yield from self._resolver.computed(name, names[0])
        else:
            yield from self._resolver.named(name, names, relative=relative)

    def _string(self, module: Module, folder: str, text: str, line: int, row: Row) -> Iterator[Need]:
        """The module that a string names; else the file, as seen from the module, from the root, or from the top."""
        if "/" not in text:
            for target in self._answer(text, row):
                if isinstance(target, ToModule):
                    yield Need(_place(target.module), "string", line)
                    return
        found = self._file_from(module, folder, text)
        if found is not None:
            yield Need(_place(found), "string", line)
            return
        for template in self._files.templates(text, module):
            yield Need(_place(template), "template", line)

    def _file_from(self, module: Module, folder: str, text: str) -> Module | None:
        root = self._files.root(module.repository).strip("/")
        for base in dict.fromkeys((folder, root, "")):
            if (found := self._files.file(module.repository, f"{base}/{text.strip('/')}".lstrip("/"))) is not None:
                return found
        return None

    def _rules_for(self, context: str) -> tuple[Texts, ...]:
        known = self._rules.get(context)
        if known is None:
            known = self._rules[context] = tuple(rule for rule in TEXTS if rule.context.fullmatch(context))
        return known

    def _text(self, module: Module, folder: str, text: Text, rule: Texts, row: Row) -> Iterator[Need]:
        if rule.only is not None and rule.only.fullmatch(text.text) is None:
            return
        if rule.unless is not None and rule.unless.fullmatch(module.name):
            return
        for goal in self._meant(module, folder, text, rule, row):
            yield Need(goal, "framework rule", text.line, rule.name)
        if rule.fires:
            for name in _prefixes(text.text):
                yield Need(f"sign {rule.fires.format(name)}", "framework rule", text.line, rule.name)

    def _meant(self, module: Module, folder: str, text: Text, rule: Texts, row: Row) -> Iterator[Goal]:
        if text.computed:
            front = text.text.rpartition(".")[0]
            if rule.means in ("module", "application") and front and self._table.is_package(front):
                yield f"below {front} *"
                for child in self._table.directly_below(front):
                    yield from self._patterns(rule.needs, child.name)
            return
        if rule.means in ("module", "application"):
            yield from self._module(text.text, rule, row)
        elif rule.means == "template":
            yield from map(_place, self._files.templates(text.text, module))
        elif rule.means == "folder":
            root = self._files.root(module.repository)
            for base in dict.fromkeys((f"{folder}/", root, "")):
                path = posixpath.normpath(f"{base}{text.text}").strip("/")
                yield f"folder {module.repository} {path}"
        elif rule.means == "file":
            found = self._files.file(module.repository, posixpath.normpath(f"{folder}/{text.text}").lstrip("/"))
            yield from (_place(found),) if found is not None else ()
        elif rule.means == "migration":
            for other in self._files.inside((module.repository, folder)):
                if other.path.rpartition("/")[2].rpartition(".")[0] == text.text:
                    yield _place(other)
        elif rule.means == "group":
            yield f"group {text.text or '*'}"
        elif rule.means == "name":
            yield from self._patterns(rule.needs, text.text.lower().replace("-", "_") if rule.only else text.text)

    def _module(self, text: str, rule: Texts, row: Row) -> Iterator[Goal]:
        name = text.partition(":")[0]
        if not all(part.isidentifier() for part in name.split(".")):
            return
        found = self._table.module(name)
        if found is None:
            target = next(iter(self._answer(text, row)), None)
            found = target.module if isinstance(target, ToModule) else None
        if found is not None:
            yield _place(found)
            yield from self._patterns(rule.needs, found.name)
        elif not self._table.is_namespace(name):
            distribution = self._resolver.distribution(name)
            yield from (f"distribution {distribution}",) if distribution is not None else ()
            return
        if rule.means == "application":
            package = found.name if found is not None else name
            while package and not self._table.is_package(package):
                package = package.rpartition(".")[0]
            yield f"app {package or text}"  # a single module can be an application as well

    def _by_module(self, name: str, line: int) -> Iterator[Need]:
        for rule in MODULES:
            if rule.module.fullmatch(name):
                for goal in self._patterns(rule.needs, name):
                    yield Need(goal, "framework rule", line, rule.name)
                if rule.fires:
                    yield Need(f"sign {rule.fires}", "framework rule", line, rule.name)

    def _patterns(self, patterns: tuple[str, ...], given: str) -> Iterator[Place]:
        for pattern in patterns:
            yield from map(_place, self._pattern(pattern.format(given)))

    def _pattern(self, text: str) -> list[Module]:
        if text.startswith("*.templatetags."):
            name = text.removeprefix("*.templatetags.")
            self._files.asked.add(f"file {name}.py")
            ending = f"/templatetags/{name}.py"
            return [found for found in self._files.named(f"{name}.py") if f"/{found.path}".endswith(ending)]
        if text.startswith("**/"):
            return self._files.ending(text.removeprefix("**/"))
        if text.endswith(".**"):
            return self._table.below(text.removesuffix(".**"))
        if text.endswith(".*"):
            return self._table.directly_below(text.removesuffix(".*"))
        found = self._table.module(text)
        return [found] if found is not None else []

    def _hub(self, word: str, rest: str, row: Row) -> Iterator[Need]:
        if word == "below":
            package, _, begun = rest.partition(" ")
            found = self._table.below(package) if begun == "**" else self._table.directly_below(package)
            front = f"{package}.{begun.rstrip('*')}"
            yield from (Need(_place(module), "computed", 0) for module in found if module.name.startswith(front))
        elif word == "app":
            yield from self._application(rest, row)
        elif word == "data":
            repository, _, folder = rest.partition(" ")
            owned = self._files.owned((RepositoryName(repository), folder))
            yield from (Need(_place(module), "package data", 0) for module in owned)
            yield Need(f"beside {repository}", "package data", 0)
        elif word == "beside":
            yield from (Need(_place(module), kind, 0) for kind, module in self._files.beside(RepositoryName(rest)))
        elif word == "folder":
            repository, _, folder = rest.partition(" ")
            under = self._files.under((RepositoryName(repository), folder))
            yield from (Need(_place(module), "framework rule", 0) for module in under)
        elif word == "group":
            yield from self._entry_points(rest, row)
        elif word == "sign":
            yield from self._shapes(rest)

    def _entry_points(self, group: str, row: Row) -> Iterator[Need]:
        row.asked.add(f"group {group}")
        for texts in self.declared.get(group, {}).values():
            for text in texts:
                for target in self._answer(text.text.partition("=")[2].strip() or text.text, row):
                    if isinstance(target, ToModule):
                        yield Need(_place(target.module), "framework rule", 0, "entry points")

    def _shapes(self, sign: str) -> Iterator[Need]:
        for rule in SHAPES:
            if rule.sign != sign:
                continue
            first, *others = rule.holds
            for found in self._files.named(first):
                place = (found.repository, found.path.rpartition("/")[0])
                there = {module.path.rpartition("/")[2] for module in self._files.inside(place)}
                if there.union(self._files.folders(place)).issuperset(others):
                    yield from (
                        Need(_place(module), "framework rule", 0, rule.name) for module in self._taken(rule, place)
                    )

    def _taken(self, rule: Shapes, place: Place) -> Iterator[Module]:
        for name in rule.takes:
            for module in self._files.inside(place):
                if name in ("*", module.path.rpartition("/")[2]):
                    yield module
            if name in self._files.folders(place):
                yield from self._files.inside((place[0], f"{place[1]}/{name}".lstrip("/")))

    def _application(self, package: str, row: Row) -> Iterator[Need]:
        for rule in APPLICATIONS:
            goals = tuple(self._patterns(rule.needs, package))
            if rule.sign:
                row.joints += [Joint(f"sign {rule.sign}", rule.name, goals)] if goals else []
            else:
                yield from (Need(goal, "framework rule", 0, rule.name) for goal in goals)


def _place(module: Module) -> Place:
    return module.repository, module.path


def _prefixes(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`."""
    while name:
        yield name
        name = name.rpartition(".")[0]
    yield ""
