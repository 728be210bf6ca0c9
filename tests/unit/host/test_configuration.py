"""What is rendered for this machine, as exact text and by the programs that read it."""

from __future__ import annotations

import configparser
from dataclasses import replace
from pathlib import Path

import pytest

from lampas.errors import Conflict, InvalidInput
from lampas.host import boot, database, preflight, settings
from lampas.host.layout import Layout
from lampas.host.settings import Settings
from lampas.host.supervisor import Program, config

LAYOUT = Layout(Path("/srv/lampas"))
SETTINGS = Settings(
    node="here",
    domain="localhost",
    port=8080,
    console_port=8081,
    agent_port=20001,
    database_port=20002,
    bind="127.0.0.1",
    isolation="none",
    owner="ada",
    python="/opt/env/bin/python",
)


def test_mariadb_is_durable_private_and_without_files_from_clients() -> None:
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.read_string(database.my_cnf(LAYOUT, 20002))
    server = parser["mariadbd"]
    assert server["innodb_flush_log_at_trx_commit"] == "1"
    assert server["sync_binlog"] == "1"
    assert server["gtid_strict_mode"] == "ON"
    assert server["local_infile"] == "0"
    assert server["bind-address"] == "127.0.0.1"
    assert server["port"] == "20002"
    assert server["log-bin"] == "/srv/lampas/database/binlog/binlog"
    assert server["character-set-server"] == "utf8mb4"
    assert server["max_allowed_packet"] == "64M"


def test_the_supervisor_wraps_each_program_and_gives_it_its_user_and_environment() -> None:
    text = config(LAYOUT, [Program("web", ("/bin/web", "a b"), "lampas-web", {"A": "100%"})], as_root=True)
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    program = parser["program:web"]
    assert program["command"] == (
        "/usr/bin/python3 -I -S /srv/lampas/software/current/lampas/roothelper/leftovers.py"
        " /srv/lampas web --grace 19 -- /bin/web 'a b'"
    )
    assert program["user"] == "lampas-web"
    assert program["environment"] == 'A="100%%"'
    assert parser["unix_http_server"]["chmod"] == "0700"
    assert parser["include"]["files"] == "/srv/lampas/supervisor/units/*.conf"


def test_without_root_no_program_is_given_a_user() -> None:
    assert "user =" not in config(LAYOUT, [Program("web", ("/bin/web",), "ada")], as_root=False)


@pytest.mark.parametrize("value", ['a"b', "a\nb", "a\\b", "a'b"])
def test_a_variable_that_could_break_out_of_the_supervisors_configuration_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="quote"):
        config(LAYOUT, [Program("web", ("/bin/web",), "ada", {"A": value})], as_root=False)


def test_settings_read_back_as_they_were_written(tmp_path: Path) -> None:
    settings.write(tmp_path / "lampas.json", SETTINGS)
    assert settings.read(tmp_path / "lampas.json") == SETTINGS


@pytest.mark.parametrize(
    "changed",
    [{"port": 80}, {"port": 70000}, {"console_port": 8080}, {"domain": "a b"}, {"domain": "x\nListen 1"}],
)
def test_settings_that_cannot_work_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        settings.checked(replace(SETTINGS, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/srv/a b", "/srv/a;b", "/srv/../etc", "relative", "/" + "x" * 80, "/srv/a\nb"])
def test_a_home_whose_path_does_not_fit_into_configuration_files_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        preflight.home(Layout(Path(path)))


def test_a_directory_that_holds_something_else_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("do not delete")
    with pytest.raises(Conflict, match="not a LAMPAS home"):
        preflight.home(Layout(tmp_path))


def test_each_home_has_a_unit_of_its_own_and_the_usual_one_a_plain_name() -> None:
    assert boot.unit_name(Path("/var/lib/lampas")) == "lampas.service"
    assert boot.unit_name(Path("/srv/a")) != boot.unit_name(Path("/srv/b"))
    text = boot.unit(LAYOUT, SETTINGS)
    assert "ExecStart=/opt/env/bin/python -P -m supervisor.supervisord -n -c /srv/lampas/supervisor" in text
    assert "Restart=always" in text
