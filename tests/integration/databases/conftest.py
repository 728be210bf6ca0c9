"""A console on the tests' tables, and a node with the role database that really is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.api import ApiClient
from engines.databases import HomeDatabase
from engines.interface import Interface, interface


@pytest.fixture(scope="module")
def home() -> Iterator[tuple[Interface, HomeDatabase]]:
    """A started node with a MariaDB of its own."""
    with interface() as made:
        database = HomeDatabase(made.home)
        database.start()
        yield made, database
        database.close()


@pytest.fixture
def node(home: tuple[Interface, HomeDatabase], tables: Path) -> Iterator[HomeDatabase]:
    """The MariaDB of that node, which this console has in its inventory; emptied afterwards."""
    from django.conf import settings

    from lampas.dispatch import nodes
    from lampas.store.models import Node

    made, database = home
    address, before = f"127.0.0.1:{made.agent_port}", settings.CONFIGURATION
    roles = ["appserver", "database", "console"]
    Node.objects.create(name="here", address=address, home=str(made.home), roles=roles, state="ready")
    settings.CONFIGURATION = dataclasses.replace(before, database_port=database.port)
    nodes._connections[address] = made.console
    yield database
    settings.CONFIGURATION = before
    for (name,) in database.sql(r"SHOW DATABASES LIKE 'app\_%'"):
        database.sql(f"DROP DATABASE {name}")
    for user, host in database.sql(
        r"SELECT User, Host FROM mysql.global_priv WHERE User RLIKE '^(app|person|lampas_s)'"
    ):
        database.sql(f"DROP USER '{user}'@'{host}'")


@pytest.fixture
def somebody(tables: Path) -> Callable[..., ApiClient]:
    """Makes a person with grants ("dba", or "dba@shop" for one application) and a client with their token."""

    def make(name: str, *grants: str) -> ApiClient:
        from lampas.core.accounts import Grant
        from lampas.store import people, tokens

        people.add(name, "")
        for item in grants:
            what, _, on = item.partition("@")
            people.grant(name, Grant(what), on)
        return ApiClient(tokens.issue(name, "test", None).token)

    return make
