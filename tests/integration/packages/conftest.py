"""A real node's sandbox that builds, and the console's part of it on MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engines.cpan import Cpan
from engines.interface import Interface, interface

if TYPE_CHECKING:
    from lampas.dispatch.building import AgentWheelBuilder


@pytest.fixture(scope="module")
def node() -> Iterator[Interface]:
    """A node that builds."""
    with interface() as made:
        yield made


@pytest.fixture
def builder(node: Interface, tables: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentWheelBuilder]:
    """What has that node build."""
    from django.conf import settings

    from lampas.dispatch import nodes
    from lampas.dispatch.building import AgentWheelBuilder
    from lampas.store.models import Node

    secrets = node.home / "secrets"
    told = replace(
        settings.CONFIGURATION,
        client_certificate=str(secrets / "client.crt"),
        client_key=str(secrets / "client.key"),
        nodes_ca=str(secrets / "nodes-ca.crt"),
        signing_key=str(secrets / "signing.key"),
    )
    monkeypatch.setattr(settings, "CONFIGURATION", told)
    address = f"127.0.0.1:{node.agent_port}"
    Node(name=told.node, address=address, home=str(node.home), roles=["appserver"]).save()
    yield AgentWheelBuilder()
    kept = nodes._connections.pop(address, None)
    if kept is not None:
        kept.close()


@pytest.fixture
def mirror(tmp_path: Path) -> Cpan:
    """An empty mirror."""
    return Cpan(tmp_path / "mirror")
