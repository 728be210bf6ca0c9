"""Setup hooks of a verification, on an empty persistent directory: what they make of it is remembered.

Migrating an empty database from its first version takes longer than all the rest of a build. Where everything that the
hooks saw is as it was, what they made then is laid into the scratch directory instead. Not where there is a database of
the application's own, which is no file, nor where there are secrets, which must not stand in content.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from lampas.core.definition.values import Definition
from lampas.core.nodestate import Environment, Manifest, ReleaseOnNode, Sandbox
from lampas.core.release import hooks
from lampas.dispatch import confined
from lampas.dispatch.confined import Ended
from lampas.dispatch.interface import ManagementInterface
from lampas.store import proofs
from lampas.store.proofs import Remembered

ARCHIVE = "data.tar"


@dataclass(frozen=True)
class Rehearsed:
    """How setup hooks did.

    Attributes:
        ok: Whether all ended with 0.
        seed: The sha256 of what they made of the directory, on the node; "" where that cannot be kept.
        log: What they wrote, and why they failed.
    """

    ok: bool
    seed: str
    log: str


def may(definition: Definition, environment: Environment) -> bool:
    """Whether setup hooks can be tried apart from the rest."""
    return bool(definition.setup_hooks) and definition.database == "none" and not environment.sealed


def rehearse(
    interface: ManagementInterface,
    node: str,
    manifest: Manifest,
    release: ReleaseOnNode,
    definition: Definition,
    environment: Environment,
    seconds: float,
    tell: Callable[[str], None],
) -> Rehearsed:
    """Runs a release's setup hooks on an empty directory, or says what they would make of it.

    Args:
        interface: The node's; it holds the release's content.
        node: Its name.
        manifest: The release's content.
        release: Its name on the node.
        definition: Its hooks.
        environment: Their environment.
        seconds: The bound in time of all.
        tell: Hears what they write.

    Raises:
        Failed: They could not be run.
        Unreachable: The node does not answer.
    """
    scope = _scope(manifest, definition)
    for run in proofs.alike(scope):
        if hooks.seen(manifest, run.saw) == run.saw and not interface.missing([run.data]):
            return Rehearsed(True, run.data, run.log)
    ended = confined.run(
        interface,
        node,
        release,
        hooks.words(definition.setup_hooks),
        env=environment.plain,
        sandbox=Sandbox(tree="watched", pack=True),
        seconds=seconds,
        tell=tell,
    )
    if ended.status:
        return Rehearsed(False, "", ended.said.rstrip() + _why(definition, ended))
    data = next((file.sha256 for file in ended.files if file.path == ARCHIVE), "")
    if data and ended.reads:
        proofs.save(definition.name, scope, Remembered(hooks.seen(manifest, ended.reads), data, ended.said))
    return Rehearsed(True, data, ended.said)


def _scope(manifest: Manifest, definition: Definition) -> str:
    """What they may depend on besides the contents of files; the release's number is taken for no part of it."""
    around = [hooks.scope(manifest, definition.setup_hooks), sorted(definition.env.items())]
    return hashlib.sha256(json.dumps(around).encode()).hexdigest()


def _why(definition: Definition, ended: Ended) -> str:
    if ended.status == confined.OUT_OF_TIME:
        return f"\nthe setup hooks did not end within {ended.seconds:.0f} s"
    words = hooks.words(definition.setup_hooks)[max(ended.ran - 1, 0)]
    return f"\nthe setup hook {shlex.join(words)} ended with status {ended.status}"
