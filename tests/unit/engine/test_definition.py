"""Definitions: what is accepted, what is refused with which words, and that rendering is the inverse of parsing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.definition.availability import check_available
from lampas.core.definition.errors import DefinitionError, NotYet, UnknownKey
from lampas.core.definition.hosts import check_hosts
from lampas.core.definition.parsing import parse, parse_app
from lampas.core.definition.rendering import render, with_env
from lampas.core.definition.values import Definition
from lampas.core.names import AppName, RepositoryName
from lampas.errors import InvalidInput

SHOP = RepositoryName("shop")
APP = AppName("shop")

# Every key of the contract, as docs/formats/lampas-toml.md shows it.
WHOLE = """
[app.shop]
repository = "shop"
runtime = "python"
entry = "shop.wsgi:application"
root = "src"
links = ["shop.tasks", "templates/**"]
uses = { common = "v2.1" }
requirements = "requirements.txt"
packages = ["libdbd-mysql-perl"]
build_packages = ["libmariadb-dev"]
database = "own"
persist = ["instance"]
hosts = ["shop.example.com"]
static = { "/static" = "var/static" }
processes = 3
threads = 20
[app.shop.env]
SHOP_MODE = "live"
[app.shop.hooks]
build = ["python manage.py collectstatic --noinput"]
setup = ["python manage.py migrate --noinput"]
[app.shop.verify]
requests = ["/", "/health"]
[app.shop.waive]
"win32api" = "Windows only"
[module."shop.tasks"]
needs = ["shop.plugins.*"]
"""


def _one(body: str) -> Definition:
    return parse(f'[app.shop]\nentry = "shop:app"\n{body}', "lampas.toml", SHOP)[APP]


def test_every_key_of_the_contract_is_known() -> None:
    found = parse_app(WHOLE, APP)
    assert found.entry == "shop.wsgi:application"
    assert found.entry_module == "shop.wsgi"
    assert (found.processes, found.threads) == (3, 20)
    assert found.static == {"/static": "var/static"}
    assert found.waive == {"win32api": "Windows only"}
    assert found.needs == {"shop.tasks": ("shop.plugins.*",)}
    assert found.setup_hooks == ("python manage.py migrate --noinput",)
    assert found.line_of("links") == 7


def test_rendered_definition_parses_back_equal() -> None:
    found = parse_app(WHOLE, APP)
    assert parse_app(render(found), APP) == found


@pytest.mark.parametrize(
    ("body", "key", "nearest"),
    [
        ('entri = "a:b"', "app.shop.entri", "entry"),
        ('host = ["a.example.com"]', "app.shop.host", "hosts"),
        ("thread = 3", "app.shop.thread", "threads"),
        ("[app.shop.hooks]\nsetups = []", "app.shop.hooks.setups", "setup"),
        ("[app.shop.environment]\nA = '1'", "app.shop.environment", "env"),
        ("[apps.other]\nentry = 'a:b'", "apps", "app"),
        ("[module.x]\nneed = []", "module.x.need", "needs"),
    ],
)
def test_unknown_key_is_named_with_the_nearest_right_one(body: str, key: str, nearest: str) -> None:
    with pytest.raises(UnknownKey) as caught:
        _one(body)
    assert (caught.value.key, caught.value.file, caught.value.nearest) == (key, "lampas.toml", nearest)
    assert key in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('runtime = "ruby"', "runtime"),
        ('root = "../up"', "root"),
        ('root = "/etc"', "root"),
        ('persist = ["a/../b"]', "persist"),
        ('persist = [".git"]', "persist"),
        ('persist = "instance"', "persist"),
        ('persist = ["a", "a"]', "persist"),
        ("static = { static = 'x' }", "static"),
        ("static = { '/a\\\"' = 'x' }", "static"),
        ("static = { '/s' = '/etc' }", "static"),
        ("static = { '/s/../x' = 'y' }", "static"),
        ('hosts = ["http://a.example.com"]', "hosts"),
        ('hosts = ["a.example.com:80"]', "hosts"),
        ('hosts = ["127.0.0.1"]', "hosts"),
        ('hosts = ["other.localhost"]', "hosts"),
        ('hosts = ["a\\nServerAlias b"]', "hosts"),
        ("processes = 0", "processes"),
        ("processes = true", "processes"),
        ('threads = "15"', "threads"),
        ("threads = 100000", "threads"),
        ("[app.shop.env]\nA-B = 'x'", "env"),
        ("[app.shop.env]\nA = 3", "env"),
        ("[app.shop.env]\nLAMPAS_DATA = 'x'", "env"),
        ("[app.shop.env]\nDATABASE_URL = 'x'", "env"),
        ('[app.shop.env]\nA = "nul\\u0000"', "env"),
        ('links = ["/etc/passwd"]', "links"),
        ('links = ["../x/**"]', "links"),
        ("requirements = 3", "requirements"),
        ('requirements = "../requirements.txt"', "requirements"),
        ('packages = ["a; rm -rf /"]', "packages"),
        ('database = "mine"', "database"),
        ('uses = { "Bad Name" = "main" }', "uses"),
        ("env = 3", "env"),
        ("hooks = 3", "hooks"),
    ],
)
def test_bad_value_is_refused_with_its_key(body: str, key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        _one(body)
    assert caught.value.key == f"app.shop.{key}"


@pytest.mark.parametrize("pattern", ["*", "**", "**/*", "*/**", "*.*"])
def test_a_need_that_matches_everything_is_refused(pattern: str) -> None:
    with pytest.raises(DefinitionError, match="matches everything"):
        _one(f'[module.x]\nneeds = ["{pattern}"]')


@pytest.mark.parametrize(
    "entry",
    ["shop", "shop:", ":app", "shop:app()()", "shop:f(1)", "shop.py:app", "shop-x:app", "shop:__import__('os')"],
)
def test_bad_entry_is_refused(entry: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(f'[app.shop]\nentry = "{entry}"', "lampas.toml", SHOP)
    assert caught.value.key == "app.shop.entry"
    assert "module:attribute" in caught.value.remedy


@pytest.mark.parametrize("entry", ["shop:app", "shop.wsgi:application", "shop:create_app()", "shop:site.app"])
def test_entry_forms(entry: str) -> None:
    assert parse(f'[app.shop]\nentry = "{entry}"', "lampas.toml", SHOP)[APP].entry == entry


@pytest.mark.parametrize("text", ["[app.shop", b"\xff\xfe", "a = " + "[" * 100_000, "x" * (2 << 20)])
def test_what_is_no_toml_is_refused(text: str | bytes) -> None:
    with pytest.raises(DefinitionError):
        parse(text, "lampas.toml", SHOP)


def test_repository_is_named_in_cluster_and_only_there() -> None:
    with pytest.raises(DefinitionError, match="has no repository"):
        parse_app('[app.shop]\nentry = "a:b"', APP)
    with pytest.raises(DefinitionError, match="only in the repository cluster"):
        _one('repository = "other"')
    assert _one('repository = "shop"').repository == "shop"


def test_file_of_cluster_defines_its_own_name_alone() -> None:
    with pytest.raises(DefinitionError, match="must define shop alone"):
        parse_app('[app.shoo]\nrepository = "r"\nentry = "a:b"', APP)


@pytest.mark.parametrize(
    "body",
    ['runtime = "perl"\nentry = "app.psgi"', 'path = "/shop"'],
)
def test_what_comes_later_is_said_at_build(body: str) -> None:
    text = body if "entry" in body else f'entry = "a:b"\n{body}'
    with pytest.raises(NotYet, match="not available yet"):
        check_available(parse(f"[app.shop]\n{text}", "lampas.toml", SHOP)[APP])


def test_hosts_of_others_are_refused() -> None:
    own = _one('hosts = ["shop.example.com"]')
    check_hosts(own, "localhost", {"shop.example.com": "shop", "x.example.com": "x"})
    with pytest.raises(InvalidInput, match="belongs to the application blog"):
        check_hosts(own, "localhost", {"shop.example.com": "blog"})
    for domain in ("example.com", "shop.example.com"):
        with pytest.raises(InvalidInput, match="belongs to LAMPAS"):
            check_hosts(own, domain, {})


def test_env_changes_keep_everything_else() -> None:
    env = '[app.shop.env]\n# mode\nMODE = "a"\nOLD = "x"\n'
    text = f'# ours\n[app.shop]\nentry = "a:b" # here\n\n{env}\n[app.two]\nentry = "c:d"\n'
    changed = with_env(text, "lampas.toml", APP, {"MODE": 'b"\n', "OLD": None, "NEW": "1"}, SHOP)
    assert parse(changed, "lampas.toml", SHOP)[APP].env == {"MODE": 'b"\n', "NEW": "1"}
    assert "# ours" in changed
    assert "# mode" in changed
    assert changed.endswith('[app.two]\nentry = "c:d"\n')


def test_first_variable_makes_the_table() -> None:
    changed = with_env('[app.shop]\nentry = "a:b"\n', "lampas.toml", APP, {"A": "1"}, SHOP)
    assert parse(changed, "lampas.toml", SHOP)[APP].env == {"A": "1"}


def test_env_that_only_a_person_can_change_is_left_alone() -> None:
    text = '[app.shop]\nentry = "a:b"\nenv = { A = "1" }\n'
    with pytest.raises(InvalidInput):
        with_env(text, "lampas.toml", APP, {"A": "2"}, SHOP)
    with pytest.raises(InvalidInput):
        with_env('[app.shop]\nentry = "a:b"\n', "lampas.toml", APP, {"LAMPAS_X": "2"}, SHOP)


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
_ENV = st.dictionaries(st.from_regex(r"[A-KM-Z_][A-Z0-9_]{0,8}", fullmatch=True), _TEXT, max_size=4)


@given(env=_ENV, waive=st.dictionaries(_TEXT.filter(str.strip), _TEXT.filter(str.strip), max_size=3))
def test_render_and_parse_are_inverse(env: dict[str, str], waive: dict[str, str]) -> None:
    env = {name: value for name, value in env.items() if not name.startswith(("DB_", "DATABASE"))}
    made = Definition(APP, SHOP, "a:b", file="apps/shop.toml", env=env, waive=waive)
    assert parse_app(render(made), APP) == made


@given(before=_ENV, after=_ENV)
def test_env_edited_is_env_wanted(before: dict[str, str], after: dict[str, str]) -> None:
    before, after = ({k: v for k, v in env.items() if not k.startswith("D")} for env in (before, after))
    made = Definition(APP, SHOP, "a:b", file="apps/shop.toml", env=before)
    changes = {**dict.fromkeys(before, None), **after}
    assert parse_app(with_env(render(made), "apps/shop.toml", APP, changes), APP).env == after


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text, "lampas.toml", SHOP)
    except InvalidInput as error:
        assert error.message.startswith("lampas.toml")
