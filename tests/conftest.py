"""Fixtures for all tests: one MariaDB for the session, Django on it, tables emptied after each test that uses them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from engines.mariadb import MariaDB
from lampas import pki
from lampas.vault import make_keys

settings.register_profile("untimed", deadline=None)  # how long a case takes says something about the machine
settings.load_profile("untimed")

SERVER = {
    "node": "here",
    "home": "/nonexistent",
    "domain": "localhost",
    "port": 18080,
    "console_port": 18081,
    "bind": "127.0.0.1",
    "secret_key": "for tests alone",
    "client_certificate": "",
    "client_key": "",
    "nodes_ca": "",
    "signing_key": "",
    "front_secret": "front",
    "isolation": "none",
    "uv": "uv",
}


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A real MariaDB with an empty database `lampas`."""
    server = MariaDB(tmp_path_factory.mktemp("mariadb"))
    server.start()
    server.sql("CREATE DATABASE lampas CHARACTER SET utf8mb4")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Django set up on that database, migrated. Returns the directory that caches and sockets stand in."""
    directory = tmp_path_factory.mktemp("server")
    (directory / "tmp").mkdir()
    settings = {
        **SERVER,
        "database": {"socket": str(mariadb.socket), "name": "lampas", "user": "root", "password": ""},
        "cache": str(directory / "cache"),
        "scratch": str(directory / "tmp"),
        "uv_cache": str(directory / "uv"),
        "doorbell": str(directory / "doorbell"),
        "vault_key": str(directory / "vault.key"),
        **_keys(directory),
    }
    (directory / "vault.key").write_bytes(make_keys())
    (directory / "server.json").write_text(json.dumps(settings))
    os.environ["LAMPAS_SERVER"] = str(directory / "server.json")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lampas.server.settings"
    import django as package

    package.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return directory


def _keys(directory: Path) -> dict[str, str]:
    """What a console proves itself with, in files: a node that is not there is then one that does not answer."""
    nodes, consoles = pki.make_authority("nodes"), pki.make_authority("console")
    client = pki.issue(consoles, "console", server=False)
    content = {
        "client_certificate": client.certificate,
        "client_key": client.key,
        "nodes_ca": nodes.certificate,
        "signing_key": pki.make_signing_key().private,
    }
    for name, data in content.items():
        (directory / name).write_bytes(data)
    return {name: str(directory / name) for name in content}


@pytest.fixture
def tables(django: Path) -> Iterator[Path]:
    """Empty tables before and after. Returns the same directory as `django`."""
    yield django
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS=0")
        for table in connection.introspection.table_names():
            if table != "django_migrations":
                cursor.execute(f"DELETE FROM `{table}`")
        cursor.execute("SET FOREIGN_KEY_CHECKS=1")
