"""Hosts that are somebody else's."""

from __future__ import annotations

from collections.abc import Mapping

from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.values import Definition


def check_hosts(definition: Definition, domain: str, taken: Mapping[str, str]) -> None:
    """Passes a definition whose hosts are its own.

    Args:
        definition: The definition.
        domain: The node's domain: the console's own host; APP.domain and APP-vN.domain are given out by LAMPAS.
        taken: Hosts of the other applications, each with its application.

    Raises:
        InvalidInput: A host is the console's or another application's.
    """
    key = f"app.{definition.name}.hosts"
    for host in definition.hosts:
        if host == domain or host.endswith(f".{domain}"):
            message = f"{host!r} belongs to LAMPAS: the console and every application's own address are under {domain}"
            raise DefinitionError(definition.file, key, message, "choose a host outside that domain")
        if taken.get(host, definition.name) != definition.name:
            raise DefinitionError(
                definition.file, key, f"{host!r} belongs to the application {taken[host]}", "a host has one application"
            )
