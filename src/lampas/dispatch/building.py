"""Source distributions are built by the console's own node, in its sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lampas.core.distributions.sources import WheelOrder, WheelOutcome
from lampas.core.nodestate import ReleaseOnNode, Sandbox
from lampas.dispatch import blobs, confined, nodes, packages


class AgentWheelBuilder:
    """Fills the port `WheelBuilder` of `build` through the Management Interface of the console's node."""

    @property
    def node(self) -> str:
        """The console's node."""
        return str(nodes.of_console().name)

    def installed(self, names: Sequence[str]) -> Mapping[str, str]:
        """The versions of those of some Debian packages that are installed there.

        Raises:
            Unreachable: The node does not answer.
        """
        return nodes.connect(nodes.of_console()).packages(names)

    def ensure(self, names: Sequence[str]) -> Mapping[str, str]:
        """The versions of some Debian packages, all of which are installed there when it returns.

        Raises:
            NotApproved: One is missing and no operator has approved it.
            NotInstalled: One could not be installed.
            Unreachable: The node does not answer.
        """
        return packages.ensure(nodes.of_console(), names)

    def run(self, order: WheelOrder) -> WheelOutcome:
        """Runs one build, as the application's user, with nothing but its inputs in sight.

        Raises:
            Unreachable: The node does not answer.
            Failed: The node could not run it at all.
        """
        node = nodes.of_console()
        interface = nodes.connect(node)
        blobs.ship_inputs(interface, order.inputs.values())
        ended = confined.run(
            interface,
            node.name,
            ReleaseOnNode(order.app, 0, "", ""),
            [order.argv],
            env=order.env,
            sandbox=Sandbox(tree="none", inputs=order.inputs, output=True),
            seconds=order.seconds,
        )
        names = {left.path: left.sha256 for left in ended.files}
        content = dict(interface.fetch(names.values())) if names else {}
        return WheelOutcome(ended.status, {path: content[sha256] for path, sha256 in names.items()}, ended.said)
