"""Orders to this node's MariaDB: checked here, carried out by the root helper's fixed verbs."""

from __future__ import annotations

from typing import Any

from lampas.agent import documents
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.helper import Helper
from lampas.core.nodestate import DatabaseOrder
from lampas.errors import InvalidInput

VERBS = ("ensure", "drop", "scratch", "scratch-drop", "person", "person-drop", "sweep", "measure")


def order(data: bytes, node: str, now: float) -> DatabaseOrder:
    """Reads an order whose signature was checked. Names are the helper's to refuse: it is what holds the rights.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is no order.
    """
    try:
        found = DatabaseOrder.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the order cannot be read: {error}") from error
    documents.addressed(found.node, found.expires, node, now)
    documents.nonce(found.nonce)
    if found.verb not in VERBS:
        raise InvalidInput(f"{str(found.verb)[:64]!r} is no verb for databases")
    return found


def carry_out(configuration: AgentConfiguration, wanted: DatabaseOrder) -> dict[str, Any]:
    """Has the helper carry an order out; gives its answer, which is for the console alone.

    Raises:
        Failed: It could not be carried out.
    """
    request: dict[str, Any] = {"verb": "database", "do": wanted.verb, "fresh": wanted.fresh}
    request |= {"read_only": wanted.read_only, "connections": wanted.connections, "seconds": wanted.seconds}
    request |= {"proofs": list(wanted.proofs), "keep": list(wanted.keep)}
    request |= {key: getattr(wanted, key) for key in ("database", "account") if getattr(wanted, key)}
    with Helper(configuration.helper_command) as helper:
        answer = helper.request(request)
    return {key: value for key, value in answer.items() if key != "ok"}
