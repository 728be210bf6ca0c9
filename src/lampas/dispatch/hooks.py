"""Build hooks: has the console's own node run them in its sandbox, in a copy of a tree that is no release yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from lampas.core.names import Sha256
from lampas.core.nodestate import Manifest, ReleaseOnNode, Sandbox
from lampas.core.release.hooks import HookFile, HookRun
from lampas.core.release.values import Content
from lampas.core.serving.units import environment
from lampas.dispatch import blobs, confined, nodes

SECONDS = 900.0
DRAFT = 0  # the number of a tree that has none
# What is made from the same tree should be the same: no time of day, no order of sets, no bytecode beside the code.
_REPRODUCIBLE = {"SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


class AgentHooks:
    """Fills the port `HookRunner` of `build` through the Management Interface of the console's node."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Runs nothing yet.

        Args:
            tell: Hears what hooks write, as it comes.
        """
        self._tell = tell

    def run(self, draft: Manifest, commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> HookRun:
        """Runs hooks as the application's user: no network, no secrets, no database, scratch directories.

        Raises:
            Failed: No sandbox can be made.
            Unreachable: The node does not answer.
        """
        node = nodes.of_console()
        interface = nodes.connect(node)
        blobs.ship_draft(interface, draft)
        variables = {**_REPRODUCIBLE, **environment(node.home, draft.app, DRAFT, env)}
        del variables["LAMPAS_RELEASE"]
        ended = confined.run(
            interface,
            node.name,
            ReleaseOnNode(draft.app, DRAFT, draft.release, draft.sha256),
            commands,
            env=variables,
            sandbox=Sandbox(tree="copy", output=True),
            seconds=SECONDS,
            tell=self._tell,
        )
        files = tuple(HookFile(f.path, f.mode, Content(Sha256(f.sha256), f.size)) for f in ended.files)
        return HookRun(ended.status, ended.ran, ended.said, files, ended.links, ended.reads, ended.seconds)

    def fetch(self, names: Iterable[str]) -> Iterator[tuple[Sha256, bytes]]:
        """The content of what the last run left.

        Raises:
            Failed: The node has lost it.
            Unreachable: It does not answer.
        """
        for name, data in nodes.connect(nodes.of_console()).fetch(names):
            yield Sha256(name), data
