"""The helper's verbs for databases, on the MariaDB of a home: complete, idempotent, and deaf to anything else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import MySQLdb
import pytest

from engines.databases import HomeDatabase
from engines.interface import ROOT, Interface
from lampas.core.databases import names
from lampas.core.databases.access import proof
from lampas.roothelper import rules

Helper = tuple[list[str], HomeDatabase]


@pytest.fixture(scope="module")
def home() -> Iterator[HomeDatabase]:
    """A home with its MariaDB."""
    interface = Interface()
    database = HomeDatabase(interface.home)
    database.start()
    yield database
    database.close()
    interface.close()


@pytest.fixture(params=["users", "none"] if ROOT else ["none"])
def made(home: HomeDatabase, request: pytest.FixtureRequest) -> Helper:
    """The command of its helper, as root and as the user that is MariaDB's administrator, and the MariaDB."""
    command = rules.command(str(home.layout.home))
    drop = ["setpriv", f"--reuid={home.user}", f"--regid={home.user}", "--clear-groups", "--"]
    return ([*drop, *command] if ROOT and request.param == "none" else command), home


def ask(made: Helper, do: str, **values: Any) -> dict[str, Any]:
    line = json.dumps({"verb": "database", "do": do, **values}).encode() + b"\n"
    done = subprocess.run(made[0], input=line, capture_output=True, timeout=60)
    return dict(json.loads(done.stdout))


def ensure(made: Helper, name: str, *passwords: str, **more: Any) -> dict[str, Any]:
    given = {"proofs": [proof(each) for each in passwords], "connections": 5, "fresh": True, **more}
    return ask(made, "ensure", database=name, **given)


def drop(made: Helper, name: str) -> None:
    assert ask(made, "drop", database=name)["ok"]


@pytest.mark.parametrize("app", ["shop", "a", "web-shop-of-24-characters"[:24]])
def test_an_application_gets_a_database_and_an_account_that_can_nothing_else(made: Helper, app: str) -> None:
    _, database = made
    name = names.of_application(names.AppName(app))
    for _ in range(2):  # again changes nothing
        assert ensure(made, name, "first") == {"ok": True, "state": "made"}
    assert not database.opens(name, "other")
    for by_socket in (False, True):
        with database.connect(name, "first", name, socket=by_socket) as own:
            cursor = own.cursor()
            cursor.execute("CREATE TABLE IF NOT EXISTS t (word VARCHAR(20))")
            cursor.execute("SELECT @@character_set_database, @@collation_database")
            assert cursor.fetchall() == (("utf8mb4", "utf8mb4_general_ci"),)
            cursor.execute("SHOW DATABASES")
            assert {row[0] for row in cursor.fetchall()} == {name, "information_schema"}
            for refused in (
                "SELECT * FROM mysql.global_priv",
                "CREATE DATABASE test",
                f"CREATE DATABASE {name.replace('_', 'x')}",
                "SELECT 1 INTO OUTFILE '/tmp/x'",
                "SELECT LOAD_FILE('/etc/passwd') IS NULL FROM lampas.x",
                "SET GLOBAL max_connections = 1",
                "CREATE USER other",
            ):
                with pytest.raises(MySQLdb.Error):
                    cursor.execute(refused)
            cursor.execute("SELECT LOAD_FILE('/etc/passwd')")
            assert cursor.fetchall() == ((None,),)
    drop(made, name)
    assert not database.opens(name, "first")
    assert database.sql(f"SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{name}'") == []


def test_an_account_has_so_many_connections_at_once_and_no_more(made: Helper) -> None:
    _, database = made
    ensure(made, "app_few", "word")
    held = [database.connect("app_few", "word", "app_few") for _ in range(5)]
    assert not database.opens("app_few", "word")
    for each in held:
        each.close()
    drop(made, "app_few")


def test_an_application_can_have_triggers_functions_and_a_database_that_it_made_anew(made: Helper) -> None:
    _, database = made
    ensure(made, "app_anew", "word")
    with database.connect("app_anew", "word") as own:
        own.cursor().execute("DROP DATABASE app_anew")
        own.cursor().execute("CREATE DATABASE app_anew")
        own.select_db("app_anew")
        own.cursor().execute("CREATE TABLE t (a INT)")
        own.cursor().execute("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET new.a = 1")
        own.cursor().execute("CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1")
    assert ensure(made, "app_anew", "word", fresh=False)["state"] == "made"
    drop(made, "app_anew")


def test_two_passwords_open_while_one_is_changed_for_the_other(made: Helper) -> None:
    _, database = made
    ensure(made, "app_turn", "old")
    ensure(made, "app_turn", "old", "new", fresh=False)
    assert database.opens("app_turn", "old")
    assert database.opens("app_turn", "new", socket=True)
    ensure(made, "app_turn", "new", fresh=False)
    assert not database.opens("app_turn", "old")
    assert database.opens("app_turn", "new")
    drop(made, "app_turn")


def test_what_somebody_else_made_under_the_name_is_left_alone(made: Helper) -> None:
    _, database = made
    database.sql("CREATE DATABASE app_theirs; CREATE TABLE app_theirs.t (a INT)")
    assert ensure(made, "app_theirs", "word")["state"] == "foreign"
    assert ask(made, "drop", database="app_theirs", fresh=True)["state"] == "foreign"
    assert database.sql("SHOW TABLES IN app_theirs") == [["t"]]
    assert not database.opens("app_theirs", "word")
    database.sql("DROP DATABASE app_theirs; CREATE USER app_theirs@localhost")
    assert ensure(made, "app_theirs", "word")["state"] == "foreign"
    database.sql("DROP USER app_theirs@localhost")


def test_a_database_that_is_gone_is_not_made_again_in_silence(made: Helper) -> None:
    _, database = made
    ensure(made, "app_gone", "word")
    database.sql("DROP DATABASE app_gone")
    assert ensure(made, "app_gone", "word", fresh=False)["state"] == "missing"
    drop(made, "app_gone")


def test_a_scratch_database_has_the_shape_and_of_rows_those_that_are_kept(made: Helper) -> None:
    _, database = made
    ensure(made, "app_live", "word")
    with database.connect("app_live", "word", "app_live") as own:
        cursor = own.cursor()
        for statement in (
            "CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) COMMENT 'a;\\nb')",
            "CREATE TABLE `odd``name` (`a b` INT, person INT, FOREIGN KEY (person) REFERENCES people (id))",
            "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY, raw BLOB)",
            "CREATE VIEW names AS SELECT name FROM people",
            "CREATE SQL SECURITY INVOKER VIEW loud AS SELECT UPPER(name) AS name FROM names",
            "CREATE TRIGGER stamp BEFORE INSERT ON people FOR EACH ROW SET new.name = CONCAT(new.name, '!')",
            "CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC\nRETURN n * 2",
            "CREATE PROCEDURE fill() BEGIN\nINSERT INTO people (name) VALUES ('one;');\nEND",
            "CREATE SEQUENCE counter START WITH 7",
            "CREATE VIEW broken AS SELECT name FROM people",
            "INSERT INTO people (name) VALUES ('secret of a live person')",
            "INSERT INTO alembic_version VALUES ('4f2a', x'00ff0a5c27')",
        ):
            cursor.execute(statement)
        cursor.execute("CREATE TABLE passing (a INT)")
        cursor.execute("CREATE OR REPLACE VIEW broken AS SELECT a FROM passing")
        cursor.execute("DROP TABLE passing")
        own.commit()
    scratch = ask(made, "scratch", database="app_live", keep=["alembic_version", "not there"], seconds=60)
    assert scratch["ok"], scratch
    assert any("broken" in line for line in scratch["left_out"])
    name, password = scratch["database"], scratch["password"]
    with database.connect(name, password, name) as other:
        cursor = other.cursor()
        cursor.execute("SELECT COUNT(*) FROM people")
        assert cursor.fetchall() == ((0,),)
        cursor.execute("SELECT version_num, raw FROM alembic_version")
        assert cursor.fetchall() == (("4f2a", b"\x00\xff\n\\'"),)
        cursor.execute("CALL fill()")
        cursor.execute("SELECT name, twice(2), NEXTVAL(counter) FROM loud")
        assert cursor.fetchall() == (("ONE;!", 4, 7),)
        cursor.execute("SHOW COLUMNS FROM `odd``name`")
        assert [row[0] for row in cursor.fetchall()] == ["a b", "person"]
        with pytest.raises(MySQLdb.Error):
            cursor.execute("SELECT * FROM app_live.people")
    assert database.sql("SELECT name FROM app_live.people") == [["secret of a live person!"]]
    assert ask(made, "scratch-drop", database=name) == {"ok": True}
    assert not database.opens(name, password)
    drop(made, "app_live")


def test_what_an_application_made_of_its_database_gets_no_rights_when_it_is_copied(made: Helper) -> None:
    """Names and bodies that would end a statement or a comment, or speak to the client, stay names and bodies."""
    _, database = made
    ensure(made, "app_evil", "word")
    with database.connect("app_evil", "word", "app_evil") as own:
        cursor = own.cursor()
        cursor.execute("CREATE TABLE `x; \\! touch /tmp/lampas-evil` (a INT)")
        cursor.execute("CREATE TABLE `y*/; GRANT ALL ON *.* TO app_evil@localhost; /*` (a INT)")
        cursor.execute("CREATE TABLE z (a INT COMMENT '\n\\! touch /tmp/lampas-evil\nDELIMITER ;;\n')")
        cursor.execute("CREATE PROCEDURE p() BEGIN SET @a = '\nDELIMITER ;\n; DROP DATABASE app_evil;\n'; END")
    scratch = ask(made, "scratch", database="app_evil", keep=[], seconds=60)
    assert scratch["ok"], scratch
    assert not os.path.exists("/tmp/lampas-evil")  # noqa: PTH110
    assert len(database.sql("SHOW TABLES IN app_evil")) > 2
    grants = database.sql("SHOW GRANTS FOR app_evil@localhost")
    assert len(grants) == 2
    ask(made, "scratch-drop", database=scratch["database"])
    drop(made, "app_evil")


def test_a_scratch_database_of_nothing_is_empty_and_those_whose_time_is_up_are_swept(made: Helper) -> None:
    _, database = made
    scratch = ask(made, "scratch", seconds=1)
    longer = ask(made, "scratch", seconds=600)
    ensure(made, "app_stays", "word")
    person = names.of_person("ada.l-x", int(time.time()) - 1, "0a1b2c3d")
    asked = {"account": person, "database": "app_stays", "proofs": [proof("hers")]}
    assert ask(made, "person", **asked)["ok"]
    held = database.connect(person, "hers", "app_stays")
    deadline = time.monotonic() + 30
    swept: set[str] = set()
    while scratch["database"] not in swept:
        assert time.monotonic() < deadline
        swept |= set(ask(made, "sweep")["swept"])
    assert swept == {scratch["database"], person}
    with pytest.raises(MySQLdb.Error):
        held.cursor().execute("SELECT 1")
    assert not database.opens(person, "hers")
    assert database.opens(longer["database"], longer["password"])
    assert database.opens("app_stays", "word")
    ask(made, "scratch-drop", database=longer["database"])
    drop(made, "app_stays")


def test_a_person_who_only_reads_cannot_write(made: Helper) -> None:
    _, database = made
    ensure(made, "app_read", "word")
    database.sql("CREATE TABLE app_read.t (a INT)")
    person = names.of_person("ada", int(time.time()) + 60, "0a1b2c3d")
    asked = {"account": person, "database": "app_read", "proofs": [proof("hers")]}
    assert ask(made, "person", **asked, read_only=True)["ok"]
    with database.connect(person, "hers", "app_read") as own:
        own.cursor().execute("SELECT * FROM t")
        with pytest.raises(MySQLdb.Error):
            own.cursor().execute("INSERT INTO t VALUES (1)")
    assert ask(made, "person-drop", account=person)["ok"]
    assert not database.opens(person, "hers")
    drop(made, "app_read")


def test_sizes_are_told_of_applications_databases_alone(made: Helper) -> None:
    _, database = made
    ensure(made, "app_sized", "word")
    database.sql("CREATE TABLE app_sized.t (a INT)")
    sizes = ask(made, "measure")["databases"]
    assert sizes == {"app_sized": {"bytes": sizes["app_sized"]["bytes"], "tables": 1, "connections": 0}}
    assert sizes["app_sized"]["bytes"] > 0
    drop(made, "app_sized")


@pytest.mark.parametrize(
    "values",
    [
        {"do": "sql", "statement": "DROP DATABASE lampas"},
        {"do": "ensure", "database": "lampas"},
        {"do": "ensure", "database": "mysql"},
        {"do": "ensure", "database": "app_x`; DROP DATABASE lampas; --"},
        {"do": "ensure", "database": "app_" + "x" * 40},
        {"do": "ensure", "database": "app_x", "proofs": ["' OR mysql_native_password USING '"]},
        {"do": "ensure", "database": "app_x", "proofs": []},
        {"do": "ensure", "database": "app_x", "proofs": [proof("w")], "connections": "5; DROP"},
        {"do": "drop", "database": "lampas_scratch_00000000_00000000"},
        {"do": "drop"},
        {"do": "scratch", "database": "lampas", "seconds": 5},
        {"do": "scratch", "keep": ["a`b"], "seconds": 5},
        {"do": "scratch", "seconds": 0},
        {"do": "scratch-drop", "database": "app_x"},
        {"do": "person", "account": "root", "database": "app_x", "proofs": [proof("w")]},
        {"do": "person-drop", "account": "app_x"},
    ],
)
def test_a_request_that_is_none_does_nothing(made: Helper, values: dict[str, Any]) -> None:
    _, database = made
    before = database.sql("SHOW DATABASES; SELECT User, Host FROM mysql.global_priv")
    assert ask(made, **values)["ok"] is False
    assert database.sql("SHOW DATABASES; SELECT User, Host FROM mysql.global_priv") == before


def test_killed_between_any_two_statements_the_next_call_completes_it(made: Helper) -> None:
    """Each beginning of what `ensure` does, then `ensure` again; and each beginning of a drop."""
    from lampas.roothelper import databases

    _, database = made
    user = {"proofs": [proof("word")], "connections": 5}
    words = f"'{proof('word')}'"
    steps = [
        "CREATE DATABASE app_half CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT 'LAMPAS'",
        *databases._account("app_half", user["proofs"], 5),  # type: ignore[arg-type]
        *databases._grant("app_half", "app_half", "ALL PRIVILEGES"),
    ]
    assert words
    for upto in range(1, len(steps) + 1):
        database.sql(";".join(steps[:upto]))
        assert ensure(made, "app_half", "word")["state"] == "made"
        assert database.opens("app_half", "word", "app_half")
        assert database.opens("app_half", "word", "app_half", socket=True)
        ending = [*databases._end_account("app_half"), "DROP DATABASE app_half"]
        database.sql(";".join(ending[: upto % len(ending)]) or "SELECT 1")
        drop(made, "app_half")
        assert database.sql("SELECT User FROM mysql.global_priv WHERE User = 'app_half'") == []
        assert database.sql("SHOW DATABASES LIKE 'app\\_half'") == []


@pytest.mark.root
@pytest.mark.skipif(not ROOT, reason="a small disk is mounted by root")
def test_on_a_full_disk_it_says_so_at_once_and_goes_on_once_there_is_room() -> None:
    interface = Interface(size="700M")
    database = HomeDatabase(interface.home)
    made = (rules.command(str(interface.home)), database)
    filler = interface.home / "filler"
    try:
        database.start()
        ensure(made, "app_first", "word")
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        for answer in (ensure(made, "app_full", "word"), ask(made, "scratch", database="app_first", seconds=60)):
            assert answer["ok"] is False
            assert "is full" in answer["error"]
        assert database.opens("app_first", "word", "app_first")
        filler.unlink()
        assert ensure(made, "app_full", "word")["state"] == "made"
        assert ask(made, "scratch", database="app_first", seconds=60)["ok"]
    finally:
        filler.unlink(missing_ok=True)
        database.close()
        interface.close()


def test_a_mariadb_that_is_gone_is_said_and_what_it_was_at_is_completed_later(made: Helper) -> None:
    _, database = made
    database.kill()
    answer = ensure(made, "app_later", "word")
    assert answer["ok"] is False
    assert "MariaDB" in answer["error"]
    database.start()
    assert ensure(made, "app_later", "word")["state"] == "made"
    drop(made, "app_later")
