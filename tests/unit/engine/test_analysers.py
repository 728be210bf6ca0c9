"""Every analyser: it reads what is there, survives whatever the bytes are, and stays within its bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampas.core.modules.analysers.assets import analyser as assets
from lampas.core.modules.analysers.choice import ALL, analyser_of
from lampas.core.modules.analysers.packaging import analyser as packaging
from lampas.core.modules.analysers.protocol import Analyser
from lampas.core.modules.analysers.python import analyser as python
from lampas.core.modules.analysers.sql import analyser as sql
from lampas.core.modules.analysers.templates import analyser as templates
from lampas.core.modules.tree import describe
from lampas.core.modules.values import Facts, Import, Module, Text, When
from lampas.core.names import Oid, RepositoryName

FILES = {"python": "a.py", "templates": "a.html", "packaging": "pyproject.toml", "sql": "a.sql", "assets": "a.js"}
WORDS = [
    b"{%", b"%}", b"{{", b"}}", b"<%", b">", b"extends", b"load", b'"', b"'", b"(", b")", b"[", b"]", b"url(",
    b"@import", b"import", b"from", b"\\", b"\n", b" ", b"=", b"--", b"depends:", b"include", b"\xff", b"\0",
    b"\xc3\xa9",
    b"INSTALLED_APPS", b"import_module(", b"f'a.{x}'", b"entry_points(", b"{", b"}", b":", b",",
    b"[options.entry_points]",
    b"def f():", b"    ",
]  # fmt: skip


def _texts(analyser: Analyser, source: bytes, file: str = "") -> list[tuple[str, str, bool]]:
    return [(text.context, text.text, text.computed) for text in analyser.analyse(source, file).texts]


@pytest.mark.parametrize("analyser", ALL, ids=lambda one: one.NAME)
@settings(max_examples=150, deadline=None)
@given(source=st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(WORDS), max_size=60).map(b"".join)))
def test_any_bytes_give_facts_that_are_read_back_equal(analyser: Analyser, source: bytes) -> None:
    file = FILES[analyser.NAME]
    facts = analyser.analyse(source, file)
    assert Facts.decode(facts.encode()) == facts
    assert analyser.analyse(source, file) == facts


@pytest.mark.parametrize("analyser", ALL, ids=lambda one: one.NAME)
@pytest.mark.parametrize(
    "source",
    [
        b"x" * (20 << 20),
        b"{% include " * 100_000,
        b"{{" * 500_000,
        b"<%include " * 100_000,
        b"url(" * 500_000,
        b"-- depends: a\n" * 100_000,
        b"import './a.js';\n" * 100_000,
        b"[" * 200_000,
        b"a = 'b.c:d'\n" * 20_000,
        bytes(range(256)) * 4000,
        b"INSTALLED_APPS = [" + b"'a.b'," * 100_000 + b"]",
        b"INSTALLED_APPS = " + b"[" * 100_000,
    ],
    ids=["one-line", "tags", "braces", "mako", "urls", "sql", "js", "deep", "lines", "binary", "apps", "deep-apps"],
)
def test_hostile_sources_are_bounded(analyser: Analyser, source: bytes) -> None:
    facts = analyser.analyse(source, FILES[analyser.NAME])
    assert len(facts.texts) <= 5000
    assert len(facts.imports) <= python.MOST


def test_a_generated_module_of_a_million_lines_is_marked_or_read() -> None:
    facts = python.analyse(b"import first\n" + b"x = 1\n" * 1_000_000)
    assert [found.module for found in facts.imports] == ["first"]


def test_threads_read_alike() -> None:
    source = b"".join(b"import m%d\nINSTALLED_APPS = ['a%d']\n" % (n, n) for n in range(300))
    right = python.analyse(source)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == right for found in pool.map(python.analyse, [source] * 64))


def test_templates_of_django_jinja_and_mako() -> None:
    source = b"""{% extends "base.html" %}{% load i18n static %}{% load tag from mine.tags %}
{%- include 'a/' ~ name %}{% include name %}{% from "macros.html" import x %}{% import 'm.html' as m %}
{% url 'shop:cart' %}{% static "css/a.css" %}{{ static('b.js') }}{{ url_for('static', filename='c.png') }}
<%inherit file="/base.mako"/><%namespace name="h" module="shop.helpers"/>{% include ["one.html", "two.html"] %}"""
    assert _texts(templates, source) == [
        ("extends", "base.html", False), ("load", "i18n", False), ("load", "static", False),
        ("load", "mine.tags", False),
        ("include", "a/", True), ("include", "", True), ("import", "macros.html", False), ("import", "m.html", False),
        ("url", "shop:cart", False), ("static", "css/a.css", False), ("static", "b.js", False),
        ("static", "c.png", False),
        ("include", "/base.mako", False), ("module", "shop.helpers", False),
        ("include", "one.html", False), ("include", "two.html", False),
    ]  # fmt: skip


def test_sql_names_what_it_includes_and_what_comes_before() -> None:
    source = b"-- depends: 0001.initial 0002.more\n\\i parts/tables.sql\nSELECT 1;\nsource other.sql;\n"
    assert _texts(sql, source) == [
        ("before", "0001.initial", False), ("before", "0002.more", False),
        ("beside", "parts/tables.sql", False), ("beside", "other.sql", False),
    ]  # fmt: skip


def test_stylesheets_and_scripts_name_what_stands_beside_them() -> None:
    css = b'@import "base.css"; a { background: url(img/a.png?v=1) } b { background: url(data:x) url(//cdn/x) url(/y) }'
    assert _texts(assets, css, "a.css") == [("beside", "base.css", False), ("beside", "img/a.png", False)]
    js = b"import x from './x.js'; import('../y.js'); import 'react'\n//# sourceMappingURL=a.js.map"
    assert [text for _, text, _ in _texts(assets, js, "a.js")] == ["./x.js", "../y.js", "a.js.map"]


def test_packaging_files_name_entry_points() -> None:
    project = (
        b'[project.scripts]\nshop = "shop.cli:main"\n[project.entry-points."shop.plugins"]\nmail = "shop.mail:Mail"\n'
    )
    assert _texts(packaging, project, "pyproject.toml") == [
        ("entry-point:shop.plugins", "shop.mail:Mail", False), ("entry-point:console_scripts", "shop.cli:main", False),
    ]  # fmt: skip
    cfg = b"[options.entry_points]\nshop.plugins =\n    mail = shop.mail:Mail\n"
    assert _texts(packaging, cfg, "setup.cfg") == [("entry-point:shop.plugins", "shop.mail:Mail", False)]
    assert _texts(packaging, b"[alembic]\nscript_location = %(here)s/db\n", "alembic.ini") == [
        ("script_location", "db", False)
    ]
    assert packaging.analyse(b"[project", "pyproject.toml").problems


def test_python_keeps_strings_with_their_place() -> None:
    source = b"""
INSTALLED_APPS = BASE + ["polls", f"plugins.{x}"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
bp = Blueprint("x", __name__, template_folder="tpl")
path("x/", include("polls.urls"))
app.autodiscover_tasks()
"""
    assert [(text.context, text.text, text.computed) for text in python.analyse(source).texts] == [
        ("INSTALLED_APPS", "plugins.", True), ("INSTALLED_APPS", "polls", False),
        ("DATABASES.ENGINE", "django.db.backends.sqlite3", False), ("DJANGO_SETTINGS_MODULE", "shop.settings", False),
        ("template_folder=", "tpl", False), ("include()", "polls.urls", False), ("autodiscover_tasks()", "", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "module", "names", "level"),
    [
        (b"import_module(f'a.b.{x}')", "a.b", ("*",), 0),
        (b"import_module('a.b_' + x)", "a", ("b_*",), 0),
        (b"import_module('a.%s' % x)", "a", ("*",), 0),
        (b"import_module('a.{}'.format(x))", "a", ("*",), 0),
        (b"import_module('.' + x, __package__)", "", ("*",), 1),
        (b"import_module(f'{__package__}.{x}')", "", ("*",), 1),
        (b"def f(x):\n    name = 'back_%s' % x\n    return __import__(name, globals(), level=1)", "", ("back_*",), 1),
        (b"for m in pkgutil.iter_modules(__path__): pass", "", ("*",), 1),
        (b"from shop import plugins\npkgutil.walk_packages(plugins.__path__)", "shop.plugins", ("**",), 0),
    ],
)
def test_computed_names_are_told_by_their_front(source: bytes, module: str, names: tuple[str, ...], level: int) -> None:
    found = [one for one in python.analyse(source).imports if one.provenance == "computed"]
    assert [(one.module, one.names, one.level) for one in found] == [(module, names, level)]


def test_imports_inside_functions_are_told_apart() -> None:
    found = python.analyse(b"import a\ndef f():\n    import b\nif PY314:\n    import c\n").imports
    assert [(one.module, one.when) for one in found] == [
        ("a", When.ALWAYS), ("b", When.DEFERRED), ("c", When.OPTIONAL),
    ]  # fmt: skip


def test_each_file_has_its_analyser() -> None:
    def name(path: str) -> str:
        kind, module = describe(path, path)
        found = analyser_of(Module(RepositoryName("r"), path, module, kind, Oid("0" * 40)))
        return found.NAME if found is not None else ""

    wanted = {
        "a.py": "python", "0-x.py": "python", "templates/a.html": "templates", "templates/mail.txt": "templates",
        "a/pyproject.toml": "packaging", "a.sql": "sql", "a.css": "assets", "a.mjs": "assets", "a.png": "",
        "x.toml": "",
    }  # fmt: skip
    assert {path: name(path) for path in wanted} == wanted


def test_facts_of_one_blob_read_by_two_are_added_up() -> None:
    one = Facts((Import("a", (), 0, 1),))
    assert one | Facts(texts=(Text("x", 1, "include"),)) == Facts(one.imports, texts=(Text("x", 1, "include"),))
