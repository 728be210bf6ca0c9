"""Which file defines an application, and what it says at a commit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.parsing import parse, parse_app
from lampas.core.definition.values import FILE, Definition
from lampas.core.history.ports import HistoryReader
from lampas.core.names import CLUSTER, AppName, Oid, RepositoryName, app_name
from lampas.errors import InvalidInput, NotFound
from lampas.store.models import Repository


def find(reader: HistoryReader, app: AppName, at: str | None = None) -> Definition:
    """The definition in force: that of the repository's own `lampas.toml`, else `apps/NAME.toml` of `cluster`.

    Args:
        reader: History.
        app: The application.
        at: A branch, tag or commit of its repository; None: its default branch.

    Returns:
        The definition, with `commit` (of its repository) and `definition_commit` (of the file in force) filled.

    Raises:
        NotFound: No file defines it, or there is no such commit.
        InvalidInput: The file in force cannot be used.
    """
    central = _central(reader, app)
    if central is not None:
        commit = reader.resolve(central.repository, at or default_branch(central.repository))
        own = _own(reader, central.repository, commit).get(app)
        return own if own is not None else replace(central, commit=commit)
    repository = _home(reader, app)
    commit = reader.resolve(repository, at or default_branch(repository))
    own = _own(reader, repository, commit).get(app)
    if own is None:
        raise NotFound(f"{FILE} of {repository} does not define {app} at {commit[:12]}", "name a commit that does")
    return own


def at(reader: HistoryReader, app: AppName, repository: RepositoryName | None, commit: Oid) -> Definition:
    """What a file said of an application at a commit of its own.

    Args:
        reader: History.
        app: The application.
        repository: The repository whose `lampas.toml` it is; None: it is `apps/NAME.toml` of `cluster`.
        commit: The commit of that repository.

    Raises:
        NotFound: There is no such commit, or its file does not define it.
        InvalidInput: The file cannot be used.
    """
    if repository is not None:
        found = _own(reader, repository, commit).get(app)
    else:
        entry = reader.entry(CLUSTER, commit, f"apps/{app}.toml")
        found = parse_app(reader.blob(CLUSTER, entry.oid), app) if entry is not None else None
    if found is None:
        raise NotFound(f"{repository or CLUSTER} does not define {app} at {commit[:12]}", "name a commit that does")
    return found


def find_all(reader: HistoryReader) -> dict[AppName, Definition | InvalidInput]:
    """All applications at the heads of the default branches; one that cannot be read gives its error instead."""
    found: dict[AppName, Definition | InvalidInput] = {}
    for app in _central_names(reader):
        try:
            found[app] = find(reader, app)
        except (InvalidInput, NotFound) as error:
            found[app] = error if isinstance(error, InvalidInput) else InvalidInput(error.message, error.remedy)
    for repository, commit in _heads(reader):
        try:
            own = _own(reader, repository, commit)
        except InvalidInput:
            continue  # it is shown where somebody asks for one of its applications
        for app, definition in own.items():
            found.setdefault(app, definition)
    return dict(sorted(found.items()))


def default_branch(repository: RepositoryName) -> str:
    """The branch that counts where none is named.

    Raises:
        NotFound: There is no such repository.
    """
    row = Repository.objects.filter(name=repository).first()
    if row is None:
        raise NotFound(f"there is no repository {repository!r}", "list them: lampas repo list")
    return row.default_branch


def _central(reader: HistoryReader, app: AppName) -> Definition | None:
    head = _head(reader, CLUSTER)
    if head is None:
        return None
    entry = reader.entry(CLUSTER, head, f"apps/{app}.toml")
    if entry is None:
        return None
    return replace(parse_app(reader.blob(CLUSTER, entry.oid), app), definition_commit=head)


def _central_names(reader: HistoryReader) -> Iterator[AppName]:
    head = _head(reader, CLUSTER)
    for path in sorted(reader.tree(CLUSTER, head)) if head else ():
        if path.startswith("apps/") and path.endswith(".toml") and path.count("/") == 1:
            try:
                yield app_name(path[5:-5])
            except InvalidInput:
                continue  # no application can have such a name


def _own(reader: HistoryReader, repository: RepositoryName, commit: Oid) -> dict[AppName, Definition]:
    entry = reader.entry(repository, commit, FILE)
    if entry is None:
        return {}
    found = parse(reader.blob(repository, entry.oid), FILE, repository)
    return {app: replace(one, commit=commit, definition_commit=commit) for app, one in found.items()}


def _home(reader: HistoryReader, app: AppName) -> RepositoryName:
    """The repository whose lampas.toml defines an application that `cluster` does not know."""
    found = []
    broken: InvalidInput | None = None
    for repository, commit in _heads(reader):
        try:
            if app in _own(reader, repository, commit):
                found.append(repository)
        except InvalidInput as error:
            broken = error
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(found)
        raise DefinitionError(FILE, f"app.{app}", f"is defined in {names}", "an application has one repository")
    if broken is not None:
        raise broken
    raise NotFound(f"there is no application {app!r}", f"make it: lampas app create {app} --repo R --entry E")


def _heads(reader: HistoryReader) -> Iterator[tuple[RepositoryName, Oid]]:
    for name in Repository.objects.exclude(name=CLUSTER).order_by("name").values_list("name", flat=True):
        repository = RepositoryName(name)
        head = _head(reader, repository)
        if head is not None:
            yield repository, head


def _head(reader: HistoryReader, repository: RepositoryName) -> Oid | None:
    try:
        return reader.resolve(repository, default_branch(repository))
    except NotFound:
        return None
