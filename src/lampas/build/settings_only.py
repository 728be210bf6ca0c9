"""A release that differs from a verified one in its settings alone: it has that one's tree, and nothing is built.

What it costs does not depend on how large the application is, but for copying rows. It is named by its inputs like any
other release: a build of the same inputs gives the same one. Its state is `built`; its first deployment is its proof.
"""

from __future__ import annotations

import json
from dataclasses import replace

from lampas.core.definition.values import Definition
from lampas.core.names import Oid
from lampas.core.nodestate import Manifest
from lampas.core.release.assembly import release_id
from lampas.store import artifacts, releases
from lampas.store.models import Release
from lampas.store.releases import NewRelease

_MAY_DIFFER = frozenset({"env", "commit", "definition_commit"})


def derive(definition: Definition, actor: str) -> Release | None:
    """Makes it from the newest verified release.

    Args:
        definition: The definition with the new settings.
        actor: Who asked for it.

    Returns:
        The release, or the one that the same inputs gave before; None where there is no verified release, or more
        than `[app.NAME.env]` differs from it: then it takes a build.
    """
    base = releases.newest_verified(definition.name)
    if base is None or not base.inputs or not _same_tree(definition, base):
        return None
    made = replace(definition, commit=Oid(base.commit))
    named = release_id(artifacts.get(base.inputs), made.settings())
    existing = releases.by_id(definition.name, named)
    if existing is not None:
        return existing
    manifest = replace(Manifest.decode(artifacts.get(base.manifest)), release=named)
    new = NewRelease(
        release_id=named,
        tree=base.tree,
        manifest=artifacts.put(manifest.encode()),
        repository=base.repository,
        commit=base.commit,
        definition_commit=definition.definition_commit,
        definition=made.recorded(),
        closure=base.closure,
        env=dict(definition.env),
        author=actor,
        hooks=base.hooks,
        inputs=base.inputs,
        base=base.number,
        compressed=base.compressed,
    )
    return releases.derive(base, new)[0]


def _same_tree(definition: Definition, base: Release) -> bool:
    """Whether nothing that a tree or a proof depends on has changed. Keys that are newer than the release have the
    value there that they have where they are left out."""
    left_out = Definition(definition.name, definition.repository, definition.entry).recorded()
    now, then = json.loads(json.dumps(definition.recorded())), {**json.loads(json.dumps(left_out)), **base.definition}
    return all(now[key] == then[key] for key in now if key not in _MAY_DIFFER)
