"""Proof of start: has the console's own node try a release alone, in its sandbox, before it may get traffic."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from lampas.core.definition.values import Definition
from lampas.core.nodestate import Manifest, Proof, ReleaseOnNode, Sandbox, Task
from lampas.core.release.hooks import words
from lampas.core.release.values import VerifyReport
from lampas.dispatch import blobs, databases, nodes, rehearsal, rendering
from lampas.dispatch.confined import NotRun

_START = 60.0  # seconds that a start alone may take
_SECONDS = 900.0  # seconds for setup hooks, start, requests and test together


class AgentVerifier:
    """Fills the port `Verifier` of `build` through the Management Interface of the console's node."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Tries nothing yet.

        Args:
            tell: Hears what setup hooks and tests write, as it comes.
        """
        self._tell = tell

    def verify(
        self, manifest: Manifest, release: ReleaseOnNode, env: Mapping[str, str], definition: Definition
    ) -> VerifyReport:
        """Tries the release as the application's user: no network, scratch directories, a scratch database.

        Raises:
            Failed: Nobody can say how the setup hooks ended.
            Unreachable: The node, or the database's, does not answer.
        """
        node = nodes.of_console()
        interface = nodes.connect(node)
        blobs.ship(interface, [release.manifest])
        proof, seed, log = proof_of(definition), "", ""
        with contextlib.ExitStack() as stack:
            database: Mapping[str, str] = {}
            if definition.database == "own":
                database = stack.enter_context(databases.scratch(definition.name, definition.verify_keep))
            environment = rendering.environment_for(node, manifest.app, release.number, env, database)
            if rehearsal.may(definition, environment):
                try:
                    tried = rehearsal.rehearse(
                        interface, node.name, manifest, release, definition, environment, _SECONDS, self._tell
                    )
                except NotRun as error:
                    return VerifyReport(False, error.message)
                if not tried.ok:
                    return VerifyReport(False, tried.log)
                if tried.seed:  # else they run again, with what they made of the directory in place
                    proof, seed, log = replace(proof, setup=()), tried.seed, tried.log
            task = Task(
                node=node.name,
                expires=int(time.time()) + 60,
                nonce=secrets.token_hex(16),
                kind="verify",
                release=release,
                env=environment.plain,
                sealed=environment.sealed,
                seconds=_SECONDS if proof.setup or proof.requests or proof.test else _START,
                sandbox=Sandbox(database=settings.CONFIGURATION.database_port if database else 0, seed=seed),
                proof=proof,
            )
            return self._report(interface.task(task), log)

    def _report(self, frames: Iterable[Mapping[str, Any]], before: str) -> VerifyReport:
        for frame in frames:
            if "said" in frame:
                self._tell(str(frame["said"]))
            elif "ok" in frame:
                return VerifyReport(bool(frame["ok"]), before + str(frame.get("log") or ""))
        return VerifyReport(False, "the node did not say how the verification ended")


def proof_of(definition: Definition) -> Proof:
    """What a definition wants tried."""
    return Proof(
        setup=words(definition.setup_hooks),
        requests=definition.verify_requests,
        host=_host(definition),
        test=words([definition.verify_test])[0] if definition.verify_test else (),
    )


def _host(definition: Definition) -> str:
    """The host that an application is asked of: its own where it has one."""
    own = definition.canonical_host or next(iter(definition.hosts), "")
    if own:
        return own
    port = settings.CONFIGURATION.port
    return f"{definition.name}.{settings.CONFIGURATION.domain}" + ("" if port == 80 else f":{port}")
