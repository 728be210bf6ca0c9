"""`python -m lampas.agent`: the Management Interface of the node that LAMPAS_AGENT describes."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn

from lampas.agent import configuration, documents
from lampas.agent.applying import Applier
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.logkeeping import Keeper
from lampas.agent.server import ManagementInterface
from lampas.errors import LampasError

_LOG = logging.getLogger("lampas.agent")
_LAST_REQUESTS = 2  # seconds that open requests get after SIGTERM; what is applied is safe between any two steps


def tls(settings: AgentConfiguration) -> ssl.SSLContext:
    """TLS 1.3 with a certificate of the console's authority from every client, before anything is parsed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(settings.certificate, settings.key)
    context.load_verify_locations(cafile=settings.console_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def serve(settings: AgentConfiguration) -> None:
    """Serves until it is told to stop."""
    key = documents.public_key(Path(settings.console_key).read_bytes())
    applier = Applier(settings, key)
    application = ManagementInterface(settings, applier, key).application()
    config = uvicorn.Config(
        application,
        host=settings.bind,
        port=settings.port,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=_LAST_REQUESTS,
        timeout_keep_alive=75,
        server_header=False,
    )
    config.load()
    config.ssl = tls(settings)
    # What was accepted before runs again, while the interface already answers: status shows how far it is.
    Keeper(settings).start()
    threading.Thread(target=_recover, args=(applier,), daemon=True).start()
    asyncio.run(uvicorn.Server(config).serve())


def _recover(applier: Applier) -> None:
    outcome = applier.recover(_tell)
    if outcome:
        _LOG.warning("on start: %s %s", outcome.outcome, outcome.error)


def _tell(event: dict[str, Any]) -> None:
    if event["state"] != "running":
        _LOG.warning("on start: %s: %s %s", event["step"], event["state"], event["detail"])


def main() -> int:
    """Starts the agent; returns its exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        serve(configuration.from_environment())
    except (LampasError, OSError) as error:
        sys.stderr.write(f"lampas agent: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
