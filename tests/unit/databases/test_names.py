"""Names of databases stay apart and within MariaDB's limits; what an application is told can be read back."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from lampas.core.databases import bookkeeping, names
from lampas.core.databases.access import Access, proof
from lampas.core.names import AppName

APPS = st.from_regex(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?", fullmatch=True).map(AppName)
PERSONS = st.from_regex(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", fullmatch=True)


@given(APPS, APPS)
def test_two_applications_never_share_a_database(one: AppName, other: AppName) -> None:
    assert (names.of_application(one) == names.of_application(other)) == (one == other)
    assert len(names.of_application(one)) <= 64


@given(APPS, PERSONS)
def test_no_application_and_no_person_looks_like_another_kind(app: AppName, person: str) -> None:
    account = names.of_person(person, 2**32 - 1, "0a1b2c3d")
    assert len(account) <= 80
    assert names.of_application(app).startswith("app_")
    assert account.startswith("person_")


@given(st.text(min_size=1))
def test_any_password_comes_back_from_the_address(password: str) -> None:
    env = Access("127.0.0.1", 3306, "app_shop", "app_shop", password.encode(errors="ignore").decode()).environment()
    found = urlsplit(env["DATABASE_URL"])
    assert unquote(found.password or "") == env["DB_PASSWORD"]
    assert (found.hostname, found.port, found.username, found.path) == ("127.0.0.1", 3306, "app_shop", "/app_shop")


def test_a_proof_is_what_mariadb_keeps_and_an_access_does_not_show_its_password() -> None:
    assert proof("password") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"  # SELECT PASSWORD('password')
    assert "hidden" not in repr(Access("h", 1, "d", "u", "hidden"))


def test_tables_of_bookkeeping_are_names_that_the_node_takes() -> None:
    assert all(0 < len(table) <= 64 and "`" not in table for table in bookkeeping.every())
    assert len(set(bookkeeping.every())) == len(bookkeeping.every())
