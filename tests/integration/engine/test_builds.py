"""Builds of small applications: what they hold, and what is refused with which words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Workshop

APP = b"def app(environ, start):\n    start('200 OK', [])\n    return [b'one']\n"
DEFINITION = '[app.shop]\nentry = "shop.wsgi:app"\n'
FILES: Mapping[str, str | bytes] = {
    "lampas.toml": DEFINITION,
    "shop/__init__.py": b"",
    "shop/wsgi.py": APP,
    "shop/page.html": b"<p>one",
    "unused.py": b"",
}


def _release(number: int = 1) -> Any:
    from lampas.store.models import Release

    return Release.objects.get(number=number)


def test_a_release_holds_its_closure_and_not_more(workshop: Workshop) -> None:
    from lampas.core.nodestate import Manifest
    from lampas.store import artifacts

    head = workshop.commit("shop", FILES)
    built = workshop.build("shop")
    assert built.verify.ok
    assert (built.number, built.members, built.distributions) == (1, 3, 0)
    release = _release()
    manifest = Manifest.decode(artifacts.get(release.manifest))
    assert [file.path for file in manifest.files] == [
        "shop/__init__.py",
        "shop/__pycache__/__init__.cpython-311.pyc",
        "shop/__pycache__/wsgi.cpython-311.pyc",
        "shop/page.html",
        "shop/wsgi.py",
    ]
    assert {file.mode for file in manifest.files} == {0o444}
    assert (release.commit, release.definition_commit, release.author) == (head, head, "ada")
    assert release.artifacts.count() == len({file.sha256 for file in manifest.files}) + 2


def test_bytecode_is_checked_by_nobody_and_loads(workshop: Workshop, tmp_path: Path) -> None:
    import marshal

    from lampas.build.exporting import export
    from lampas.core.names import app_name

    workshop.commit("shop", FILES)
    workshop.build("shop")
    export(app_name("shop"), 1, tmp_path / "out")
    data = (tmp_path / "out/code/shop/__pycache__/wsgi.cpython-311.pyc").read_bytes()
    assert int.from_bytes(data[4:8], "little") == 0b01  # hash-based, not checked
    assert marshal.loads(data[16:]).co_filename == "shop/wsgi.py"  # noqa: S302 - our own


def test_two_builds_give_the_same_tree(workshop: Workshop) -> None:
    from lampas.store.models import BuiltRow

    names = {
        f"shop/m{number}.py": f"X = {{'a{number}', 'b', 'c'}}\ndef f(x): return x in {{'p', 'q', {number}}}\n"
        for number in range(60)
    }
    workshop.commit("shop", {**FILES, **names, "lampas.toml": DEFINITION + 'links = ["shop/**"]\n'})
    first = workshop.build("shop")
    tree = _release().tree
    BuiltRow.objects.all().delete()
    workshop.commit("shop", {"unrelated.txt": b"x"})
    again = workshop.build("shop", anew=True)
    assert (again.id, again.existed, _release().tree) == (first.id, True, tree)


def test_another_tree_from_the_same_inputs_is_reported(workshop: Workshop) -> None:
    from lampas.build.pipeline import NotReproducible
    from lampas.store.models import Release

    workshop.commit("shop", FILES)
    workshop.build("shop")
    Release.objects.update(tree="0" * 64)
    with pytest.raises(NotReproducible):
        workshop.build("shop", anew=True)
    assert Release.objects.count() == 1


def test_settings_make_a_release_and_nothing_is_built_again(workshop: Workshop) -> None:
    workshop.commit("shop", FILES)
    first = workshop.build("shop")
    workshop.commit("shop", {"lampas.toml": DEFINITION + '[app.shop.env]\nMODE = "live"\n'})
    second = workshop.build("shop")
    assert (second.number, second.id != first.id) == (2, True)
    assert _release(2).tree == _release(1).tree
    assert _release(2).env == {"MODE": "live"}


def test_a_pin_takes_one_path_from_another_commit(workshop: Workshop) -> None:
    from lampas.errors import NotFound

    old = workshop.commit("shop", FILES)
    workshop.commit("shop", {"shop/page.html": b"<p>two", "shop/__init__.py": b"X = 1\n"})
    workshop.build("shop")
    built = workshop.build("shop", pins={"shop/page.html": old})
    revisions = [{row["path"]: row["revision"] for row in _release(n).closure["members"]} for n in (1, 2)]
    assert built.number == 2
    assert {path for path in revisions[0] if revisions[0][path] != revisions[1][path]} == {"shop/page.html"}
    with pytest.raises(NotFound):
        workshop.build("shop", pins={"shop/none.html": old})
    with pytest.raises(NotFound):
        workshop.build("shop", pins={"shop/page.html": "no-such-branch"})


def test_an_older_commit_can_be_built(workshop: Workshop) -> None:
    old = workshop.commit("shop", FILES)
    workshop.commit("shop", {"shop/page.html": b"<p>two"})
    workshop.build("shop")
    assert workshop.build("shop", at=old[:10]).number == 2
    assert _release(2).commit == old


def test_a_release_that_does_not_start_is_kept_as_failed(workshop: Workshop) -> None:
    started = b'__import__("_".join(["no", "such", "thing"]))\n'
    workshop.commit("shop", {**FILES, "shop/wsgi.py": started + APP})
    built = workshop.build("shop")
    assert (built.verify.ok, built.verify.missing_found) == (False, ("no_such_thing",))
    assert _release().state == "failed"
    assert "ModuleNotFoundError" in _release().verified_log
    again = workshop.build("shop")
    assert (again.number, again.existed, again.verify.ok) == (1, True, False)


def test_an_import_that_leads_nowhere_stops_a_build_with_the_chain_that_led_there(workshop: Workshop) -> None:
    from lampas.errors import Unresolved

    parts = {"shop/cart.py": b"\nimport no_such_thing\n"}
    workshop.commit("shop", {**FILES, **parts, "shop/wsgi.py": b"from shop import cart\n" + APP})
    with pytest.raises(Unresolved) as caught:
        workshop.build("shop")
    for step in ("shop.wsgi (lampas.toml:2)", "shop.cart (shop/wsgi.py:1)", "no_such_thing (shop/cart.py:2)"):
        assert step in caught.value.message
    assert "waive" in caught.value.remedy
    waived = DEFINITION + '[app.shop.waive]\nno_such_thing = "comes with the machine"\n'
    workshop.commit("shop", {"lampas.toml": waived})
    assert workshop.build("shop").number == 1


def test_what_only_a_pattern_takes_in_is_listed_and_stops_nothing(workshop: Workshop) -> None:
    files = {"docs/conf.py": b"import no_such_thing\n", "lampas.toml": DEFINITION + 'links = ["**"]\n'}
    workshop.commit("shop", {**FILES, **files})
    assert workshop.build("shop").verify.ok
    assert _release().closure["unresolved"][0]["stops"] is False


def test_a_module_with_a_syntax_error_has_no_bytecode_and_the_rest_is_built(workshop: Workshop) -> None:
    deep = b"x = " + b"(" * 90 + b")" * 90 + b"\n"
    files = {"shop/broken.py": b"def (:\n", "shop/deep.py": deep, "shop/binary.py": bytes(range(256))}
    workshop.commit("shop", {**FILES, **files, "lampas.toml": DEFINITION + 'links = ["shop/**"]\n'})
    built = workshop.build("shop")
    assert built.verify.ok
    assert any(problem.startswith("shop/broken.py: syntax error") for problem in _release().closure["problems"])


@pytest.mark.parametrize(
    ("toml", "family", "words"),
    [
        ('[app.shop]\nentry = "shop.wsgi:app"\nlinkz = []\n', "InvalidInput", "app.shop.linkz: unknown key"),
        ('[app.shop]\nentry = "shop.wsgi"\n', "InvalidInput", "is no entry"),
        ('[app.shop]\nentry = "shop.wgsi:app"\n', "Unresolved", "leads to nothing"),
        (DEFINITION + 'hosts = ["localhost"]\n', "InvalidInput", "app.shop.hosts"),
        (DEFINITION + 'persist = ["shop"]\n', "InvalidInput", "holds code"),
        (DEFINITION + 'path = "/shop"\n', "InvalidInput", "not available yet"),
        (DEFINITION + 'requirements = "none.txt"\n', "InvalidInput", "not in the commit"),
        (DEFINITION + 'requirements = ["flask @ https://example.com/x.whl"]\n', "InvalidInput", "from an address"),
        (DEFINITION + 'uses = { other = "main" }\n', "NotFound", "other"),
        (DEFINITION + 'requirements = ["flask==3.1.0", "werkzeug<2"]\n', "Unresolved", "werkzeug"),
        (DEFINITION + 'requirements = ["lampas-no-such-distribution==1"]\n', "Unresolved", "was not found"),
        (DEFINITION + 'requirements = ["mysqlclient"]\n', "Unresolved", "no usable wheels"),
    ],
)
def test_bad_input_is_said_and_leaves_nothing(workshop: Workshop, toml: str, family: str, words: str) -> None:
    from lampas import errors
    from lampas.store.models import Application, Release

    workshop.commit("shop", {**FILES, "lampas.toml": toml})
    with pytest.raises(getattr(errors, family)) as caught:
        workshop.build("shop")
    assert words in caught.value.message
    assert not Release.objects.exists()
    assert not Application.objects.exists()


def test_a_host_that_another_application_has_is_refused(workshop: Workshop) -> None:
    from lampas.errors import InvalidInput

    workshop.commit("shop", {**FILES, "lampas.toml": DEFINITION + 'hosts = ["shop.example.com"]\n'})
    workshop.build("shop")
    workshop.commit("blog", {"blog.py": APP})
    workshop.define("blog", 'repository = "blog"\nentry = "blog:app"\nhosts = ["shop.example.com"]\n')
    with pytest.raises(InvalidInput, match="belongs to the application shop"):
        workshop.build("blog")


def test_the_files_own_definition_goes_before_cluster(workshop: Workshop) -> None:
    from lampas.build import definitions
    from lampas.core.names import app_name
    from lampas.errors import NotFound

    without = workshop.commit("shop", {"shop/wsgi.py": APP})
    workshop.define("shop", 'repository = "shop"\nentry = "shop.wsgi:app"\nthreads = 3\n')
    found = definitions.find(workshop.reader, app_name("shop"))
    assert (found.file, found.threads, found.defined_in) == ("apps/shop.toml", 3, "cluster")
    assert (found.commit, found.definition_commit) == (without, workshop.reader.resolve(found.defined_in, "main"))
    head = workshop.commit("shop", {"lampas.toml": DEFINITION})
    found = definitions.find(workshop.reader, app_name("shop"))
    assert (found.file, found.threads, found.defined_in) == ("lampas.toml", 15, "shop")
    assert (found.commit, found.definition_commit) == (head, head)
    assert definitions.find(workshop.reader, app_name("shop"), without).threads == 3
    workshop.define("broken", "entry = 3\n")
    every = definitions.find_all(workshop.reader)
    assert list(every) == ["broken", "shop"]
    with pytest.raises(NotFound, match="no application 'none'"):
        definitions.find(workshop.reader, app_name("none"))


def test_other_repositories_are_taken_in_at_their_ref(workshop: Workshop) -> None:
    pinned = workshop.commit("common", {"src/tools/__init__.py": b"VALUE = 1\n", "src/tools/more.py": b""})
    workshop.commit("common", {"src/tools/__init__.py": b"raise SystemExit('the wrong commit')\n"})
    toml = DEFINITION + f'uses = {{ common = "{pinned}" }}\n'
    workshop.commit("shop", {**FILES, "lampas.toml": toml, "shop/wsgi.py": b"import tools\n" + APP})
    built = workshop.build("shop")
    assert built.verify.ok, _release().verified_log
    assert {row["path"] for row in _release().closure["members"] if row["repository"] == "common"} == {
        "src/tools/__init__.py"
    }


def test_an_import_that_is_known_is_proposed_and_not_fetched(workshop: Workshop) -> None:
    workshop.commit("shop", {**FILES, "shop/wsgi.py": b"def app(*_):\n    import yaml\n"})
    assert workshop.build("shop").distributions == 0
    assert _release().closure["unresolved"][0]["proposal"] == "PyYAML"


def test_a_lock_is_resolved_once_and_its_wheels_are_shared(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from lampas.build import locking
    from lampas.store.models import LockRow

    workshop.commit(
        "shop", {**FILES, "requirements.txt": b"itsdangerous\n", "shop/wsgi.py": b"import itsdangerous\n" + APP}
    )
    assert workshop.build("shop").distributions == 1
    assert "http" not in str(LockRow.objects.get().lock)
    monkeypatch.setattr(locking, "resolve", lambda *_: pytest.fail("resolved again"))
    workshop.commit("shop", {"shop/page.html": b"<p>two"})
    assert workshop.build("shop").distributions == 1
    first, second = (_release(n).closure["distributions"] for n in (1, 2))
    assert first == second
    assert first[0]["edge"]["from"] == "shop.wsgi"


def test_a_hash_that_is_not_allowed_is_refused(workshop: Workshop) -> None:
    from lampas.errors import InvalidInput
    from lampas.store.models import Release

    text = "itsdangerous==2.2.0 --hash=sha256:" + "0" * 64 + "\n"
    workshop.commit("shop", {**FILES, "requirements.txt": text})
    with pytest.raises(InvalidInput, match="none of the hashes"):
        workshop.build("shop")
    assert not Release.objects.exists()


def test_an_index_that_does_not_answer_is_said(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from django.conf import settings

    from lampas.errors import Unreachable

    monkeypatch.setattr(
        settings, "CONFIGURATION", replace(settings.CONFIGURATION, index_url="http://127.0.0.1:9/simple")
    )
    workshop.commit("shop", {**FILES, "requirements.txt": b"flask\n"})
    with pytest.raises(Unreachable, match="package index"):
        workshop.build("shop")
