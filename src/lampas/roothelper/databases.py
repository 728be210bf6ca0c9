"""Databases of applications: made, copied in shape, measured and dropped by fixed verbs, as MariaDB's administrator.

The administrator is the Unix user that MariaDB runs as, by its socket alone. Statements are made here from typed names,
and go to the client over stdin; no text of a request becomes one. Passwords do not come here: an account is given what
MariaDB keeps of them. Each verb may be called again at any time, and completes what one that was killed left.

What an application made of its database is not trusted: a copy of its shape is loaded with the rights of the new
database's own account.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from lampas.roothelper import typed
from lampas.roothelper.mariadb import Client
from lampas.roothelper.typed import Refused

MARK = "LAMPAS"  # the comment of a database that LAMPAS made
# What text is compared with that a client sends after SET NAMES utf8mb4: another collation would be an illegal mix.
_TEXT = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
_HOSTS = ("localhost", "127.0.0.1")  # by the socket, and by TCP
_SCRATCH = "lampas_scratch"
_SCRATCH_CONNECTIONS = 60
_NAME = re.compile(r"app_[a-z][a-z0-9_]{0,31}")
_OF_SCRATCH = re.compile(r"lampas_scratch_([0-9a-f]{8})_[0-9a-f]{8}")
_OF_PERSON = re.compile(r"person_[a-z0-9._-]{1,40}_([0-9a-f]{8})_[0-9a-f]{8}")
_TABLE = re.compile(r"[^\x00-\x1f\x7f`\\/]{1,64}")
_PROOF = re.compile(r"\*[0-9A-F]{40}")
_READING = "SELECT, SHOW VIEW"


def answer(home: str, request: Mapping[str, Any], *, as_root: bool) -> dict[str, Any]:
    """Carries out one verb.

    Raises:
        Refused: The request is none, or MariaDB did not do it.
    """
    client, wanted = Client(home, as_root=as_root), request.get("do")
    if wanted in ("ensure", "scratch", "person"):
        client.require_room()
    if wanted == "ensure":
        return {"state": _ensure(client, request)}
    if wanted == "drop":
        return {"state": _drop(client, request)}
    if wanted == "scratch":
        return _scratch(client, request)
    if wanted == "scratch-drop":
        _remove(client, _typed(request, "database", _OF_SCRATCH))
        return {}
    if wanted == "person":
        account, database = _typed(request, "account", _OF_PERSON), _typed(request, "database", _NAME)
        rights = _READING if request.get("read_only") is True else "ALL PRIVILEGES"
        client.run(*_account(account, _proofs(request), 10), *_grant(account, database, rights))
        return {}
    if wanted == "person-drop":
        client.run(*_end_account(_typed(request, "account", _OF_PERSON)))
        return {}
    if wanted == "sweep":
        return {"swept": _sweep(client)}
    if wanted == "measure":
        return {"databases": _measure(client)}
    raise Refused("there is no such verb for databases")


def _ensure(client: Client, request: Mapping[str, Any]) -> str:
    """Makes database and account, or completes them: "made", "foreign" (somebody else's stands there, and stays), or
    "missing" (it was made before, and is gone)."""
    name = _typed(request, "database", _NAME)
    connections, proofs = typed.count(request, "connections", 1000), _proofs(request)
    mark = _mark(client, name)
    if request.get("fresh") is True:
        if mark not in (None, MARK) or (mark is None and _has_account(client, name)):
            return "foreign"
    elif mark is None:
        return "missing"
    client.run(
        f"CREATE DATABASE IF NOT EXISTS `{name}` {_TEXT} COMMENT '{MARK}'",
        *_account(name, proofs, connections),
        *_grant(name, name, "ALL PRIVILEGES"),
    )
    return "made"


def _drop(client: Client, request: Mapping[str, Any]) -> str:
    """Drops database and account: "dropped", or "foreign" where it is somebody else's."""
    name = _typed(request, "database", _NAME)
    if request.get("fresh") is True and _mark(client, name) not in (None, MARK):
        return "foreign"
    _remove(client, name)
    return "dropped"


def _remove(client: Client, name: str) -> None:
    """A database and the account of the same name. Nobody writes to it any more when it goes."""
    client.run(*_end_account(name), f"DROP DATABASE IF EXISTS `{name}`")


def _scratch(client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    """Makes an empty database with an account of its own, of the shape that a live one has.

    Its password is made here, since the copy is loaded as this account, and goes back with the answer.
    """
    live = _typed(request, "database", _NAME) if request.get("database") else ""
    keep = _tables(request)
    ends = int(time.time()) + typed.count(request, "seconds", 6 * 3600)
    name, password = f"{_SCRATCH}_{ends:08x}_{os.urandom(4).hex()}", os.urandom(24).hex()
    try:
        client.run(
            f"CREATE DATABASE `{name}` {_TEXT} COMMENT '{MARK}'",
            *_account(name, [_proof(password)], _SCRATCH_CONNECTIONS),
            *_grant(name, name, "ALL PRIVILEGES"),
        )
        left_out = []
        if live and _mark(client, live) is not None:
            left_out = client.copy_shape(live, name, password)
            rows = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
            there = {row[0] for row in client.run(f"{rows} AND TABLE_SCHEMA = '{live}'")}
            client.copy_rows(live, sorted(there & set(keep)), name, password)
    except Refused:
        _remove(client, name)
        raise
    return {"database": name, "password": password, "left_out": left_out}


def _sweep(client: Client) -> list[str]:
    """Drops scratch databases and persons' accounts whose time is up; gives their names."""
    found = client.run(
        r"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'lampas\_scratch\_%'",
        r"SELECT DISTINCT User FROM mysql.global_priv WHERE User LIKE 'lampas\_scratch\_%' OR User LIKE 'person\_%'",
    )
    swept = []
    for name in sorted({row[0] for row in found}):
        scratch, person = _OF_SCRATCH.fullmatch(name), _OF_PERSON.fullmatch(name)
        ends = scratch or person
        if ends is None or int(ends[1], 16) > time.time():
            continue
        if scratch:
            _remove(client, name)
        else:
            client.run(*_end_account(name))
        swept.append(name)
    return swept


def _measure(client: Client) -> dict[str, dict[str, int]]:
    """Of each application's database: bytes of tables and indexes, tables, and open connections."""
    rows = client.run(
        "SELECT s.SCHEMA_NAME, COALESCE(SUM(t.DATA_LENGTH + t.INDEX_LENGTH), 0), COUNT(t.TABLE_NAME) "
        "FROM information_schema.SCHEMATA s LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME "
        r"AND t.TABLE_TYPE = 'BASE TABLE' WHERE s.SCHEMA_NAME LIKE 'app\_%' GROUP BY s.SCHEMA_NAME"
    )
    busy = client.run(
        r"SELECT DB, COUNT(*) FROM information_schema.PROCESSLIST WHERE DB LIKE 'app\_%' GROUP BY DB",
    )
    connections = {row[0]: int(row[1]) for row in busy}
    return {
        name: {"bytes": int(size), "tables": int(tables), "connections": connections.get(name, 0)}
        for name, size, tables in rows
    }


def _mark(client: Client, name: str) -> str | None:
    """The comment of a database; None where there is no such database."""
    rows = client.run("SELECT SCHEMA_NAME, SCHEMA_COMMENT FROM information_schema.SCHEMATA")
    return dict(rows).get(name)


def _has_account(client: Client, name: str) -> bool:
    return [name] in client.run("SELECT DISTINCT User FROM mysql.global_priv")


def _account(name: str, proofs: list[str], connections: int) -> list[str]:
    """Makes an account that each of the passwords opens, or changes it to that."""
    ways = " OR ".join(f"mysql_native_password USING '{proof}'" for proof in proofs)
    how = f"IDENTIFIED VIA {ways} WITH MAX_USER_CONNECTIONS {connections}"
    return [
        f"{statement} '{name}'@'{host}' {how}"
        for host in _HOSTS
        for statement in ("CREATE USER IF NOT EXISTS", "ALTER USER")
    ]


def _proof(password: str) -> str:
    """What MariaDB keeps of a password."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return f"*{hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()}"


def _grant(account: str, database: str, rights: str) -> list[str]:
    """`_` stands for any character where rights are given, unless it is escaped."""
    on = database.replace("_", r"\_")
    return [f"GRANT {rights} ON `{on}`.* TO '{account}'@'{host}'" for host in _HOSTS]


def _end_account(name: str) -> list[str]:
    """Locks an account, ends its connections, drops it."""
    ends = [f"ALTER USER IF EXISTS '{name}'@'{host}' ACCOUNT LOCK" for host in _HOSTS]
    ends.append(f"KILL USER '{name}'")
    return ends + [f"DROP USER IF EXISTS '{name}'@'{host}'" for host in _HOSTS]


def _typed(request: Mapping[str, Any], key: str, shape: re.Pattern[str]) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Refused(f"{key} is no name that it can be")
    return value


def _proofs(request: Mapping[str, Any]) -> list[str]:
    value = request.get("proofs")
    if not isinstance(value, list) or not 1 <= len(value) <= 2:
        raise Refused("proofs is not a list of one or two")
    if not all(isinstance(proof, str) and _PROOF.fullmatch(proof) for proof in value):
        raise Refused("proofs holds something that MariaDB does not keep of a password")
    return value


def _tables(request: Mapping[str, Any]) -> list[str]:
    value = request.get("keep", [])
    if not isinstance(value, list) or not all(isinstance(name, str) and _TABLE.fullmatch(name) for name in value):
        raise Refused("keep is not a list of tables")
    return value
