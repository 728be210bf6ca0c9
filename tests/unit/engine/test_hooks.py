"""Decisions about hooks: what their output does to a tree, what they are remembered by, whether setup hooks run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.parsing import parse
from lampas.core.names import AppName, RepositoryName, Sha256
from lampas.core.nodestate import Manifest, ManifestFile, ManifestWheel
from lampas.core.release import hooks, setup
from lampas.core.release.hooks import HookFailed, HookFile, HookOutput, HookRun
from lampas.core.release.values import Content

APP = AppName("shop")


def tree(**contents: str) -> Manifest:
    files = tuple(
        ManifestFile(path.replace("__", "/").replace("_", "."), content * 64, len(content), 0o444)
        for path, content in sorted(contents.items())
    )
    return Manifest("shop", "", "python", "app", "", files, ())


def made(path: str, content: str = "f", bytecode: str = "") -> HookFile:
    code = Content(Sha256(bytecode * 64), 1) if bytecode else None
    return HookFile(path, 0o444, Content(Sha256(content * 64), 1), code)


def paths(manifest: Manifest) -> dict[str, str]:
    return {file.path: file.sha256[0] for file in manifest.files}


def test_output_joins_the_tree_and_wins() -> None:
    draft = tree(app_py="a", page_html="b")
    output = HookOutput("k", (made("new.css", "c"), made("page.html", "d")))
    assert paths(hooks.merged(draft, output)) == {"app.py": "a", "new.css": "c", "page.html": "d"}


def test_python_that_a_hook_changed_has_its_own_bytecode_or_none() -> None:
    draft = replace(
        tree(app_py="a"),
        files=(
            *tree(app_py="a").files,
            ManifestFile("__pycache__/app.cpython-311.pyc", "b" * 64, 1, 0o444),
        ),
    )
    changed = hooks.merged(draft, HookOutput("k", (made("app.py", "c", "d"),)))
    assert paths(changed) == {"__pycache__/app.cpython-311.pyc": "d", "app.py": "c"}
    broken = hooks.merged(draft, HookOutput("k", (made("app.py", "c"),)))
    assert paths(broken) == {"app.py": "c"}


def test_a_file_in_place_of_a_directory_and_the_other_way_round() -> None:
    draft = tree(a__b__c="a", d="b")
    assert paths(hooks.merged(draft, HookOutput("k", (made("a"), made("d/e"))))) == {"a": "f", "d/e": "f"}


def test_hooks_are_remembered_by_all_that_they_work_on_and_not_by_settings() -> None:
    draft = tree(app_py="a")
    key = hooks.key(draft, ["x"])
    assert hooks.key(replace(draft, static={"/s": "s"}, entry="other", release="id"), ["x"]) == key
    wheel = ManifestWheel("w", "1", "w.whl", "a" * 64, 1)
    for other in (
        tree(app_py="b"),
        replace(draft, root="src"),
        replace(draft, persist=("d",)),
        replace(draft, wheels=(wheel,)),
    ):
        assert hooks.key(other, ["x"]) != key
    assert hooks.key(draft, ["y"]) != key


def test_a_tree_is_alike_where_all_that_was_read_is_as_it_was() -> None:
    draft = tree(src__app_py="a", src__t__page_html="b", top_txt="c")
    saw = hooks.seen(draft, ["src/app.py", "src/", ""])
    assert hooks.seen(tree(src__app_py="a", src__t__page_html="x", top_txt="y"), saw) == saw
    assert hooks.seen(tree(src__app_py="x", src__t__page_html="b", top_txt="c"), saw) != saw
    assert hooks.seen(tree(src__app_py="a", src__t__page_html="b", top_txt="longer"), saw) != saw  # a list tells sizes
    assert hooks.scope(draft, ["x"]) == hooks.scope(tree(src__app_py="x", src__t__page_html="x", top_txt="x"), ["x"])
    assert hooks.scope(draft, ["x"]) != hooks.scope(tree(src__app_py="a", top_txt="c"), ["x"])  # a file is gone


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            HookRun(3, 2, "out\nlast words", (), (), (), 1.0),
            "the build hook `b` of shop ended with status 3:\nout\nlast words",
        ),
        (HookRun(124, 0, "", (), (), (), 900.0), "the build hook `a; b` of shop did not end in 900 s"),
        (HookRun(0, 2, "", (), ("x/y",), (), 1.0), "left the link x/y, which leads out"),
    ],
)
def test_a_run_that_ended_badly_says_how(run: HookRun, words: str) -> None:
    with pytest.raises(HookFailed) as caught:
        hooks.check(APP, ["a", "b"], "build", run)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("state", "idempotent", "decided"),
    [
        (None, False, "run"),
        ("done", False, "skip"),
        ("done", True, "skip"),
        ("failed", False, "run"),
        ("again", False, "run"),
        ("unknown", False, "refuse"),
        ("running", False, "refuse"),
        ("unknown", True, "run"),
        ("running", True, "run"),
    ],
)
def test_setup_hooks_run_once_and_never_on_a_guess(state: str | None, idempotent: bool, decided: str) -> None:
    assert setup.decision(state, idempotent=idempotent) == decided


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hooks.build = ['python \"x']", "is no command"),
        ("hooks.setup = ['a && b']", "runs without a shell, so '&&' means nothing"),
        ("hooks.setup = ['']", "must be one line"),
        ("verify.requests = ['health']", "is no path of a request"),
        ("verify.requests = ['/a b']", "is no path of a request"),
        ("verify.test = 'a | b'", "'|' means nothing"),
    ],
)
def test_what_is_no_command_or_path_is_refused(line: str, words: str) -> None:
    text = f'[app.shop]\nentry = "a:b"\n{line}\n'
    with pytest.raises(DefinitionError) as caught:
        parse(text, "lampas.toml", RepositoryName("shop"))
    assert words in caught.value.message


def test_settings_that_came_later_change_no_id_where_they_are_not_set() -> None:
    text = '[app.shop]\nentry = "a:b"\n'
    plain = parse(text, "lampas.toml", RepositoryName("shop"))[APP].settings()
    assert not {"build_hooks", "verify_test", "database"} & set(plain)
    more = parse(text + "hooks.setup = ['x y']\n", "lampas.toml", RepositoryName("shop"))[APP].settings()
    assert more == {**plain, "setup_hooks": ["x y"]}
