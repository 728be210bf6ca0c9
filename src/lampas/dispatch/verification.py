"""Proof of start: has the console's own node start a release alone, in its sandbox, before it may get traffic."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from lampas.core.nodestate import Manifest, ReleaseOnNode, Task
from lampas.core.release.values import VerifyReport
from lampas.dispatch import blobs, nodes, rendering


class AgentVerifier:
    """Fills the port `Verifier` of `build` through the Management Interface of the console's node."""

    def verify(self, manifest: Manifest, release: ReleaseOnNode, env: Mapping[str, str]) -> VerifyReport:
        """Starts the release as the application's user, without network, with scratch directories.

        Raises:
            Unreachable: The node does not answer.
        """
        node = nodes.of_console()
        interface = nodes.connect(node)
        blobs.ship(interface, [release.manifest])
        environment = rendering.environment_for(node, manifest.app, release.number, env, {})
        task = Task(
            node=node.name,
            expires=int(time.time()) + 60,
            nonce=secrets.token_hex(16),
            kind="verify",
            release=release,
            env=environment.plain,
            sealed=environment.sealed,
        )
        for frame in interface.task(task):
            if "ok" in frame:
                return VerifyReport(bool(frame["ok"]), str(frame.get("log") or ""))
        return VerifyReport(False, "the node did not say how the verification ended")
