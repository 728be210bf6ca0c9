"""Files that a definition brings besides the code, and persistent directories against the code."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Workshop
    from lampas.core.nodestate import Manifest

CODE = {"tracker/__init__.py": b"", "tracker/web.py": b"def make(config):\n    return lambda e, s: [config]\n"}
SHIM = "import pathlib\nfrom tracker.web import make\napp = make(pathlib.Path('conf/tracker.ini').read_bytes())\n"
DEFINITION = f"""\
repository = "tracker"
entry = "shim:app"
[app.tracker.files]
"shim.py" = '''
{SHIM}'''
"conf/tracker.ini" = "[web]\\n"
"""


def _manifest(number: int) -> Manifest:
    from lampas.core.nodestate import Manifest
    from lampas.store import artifacts
    from lampas.store.models import Release

    return Manifest.decode(artifacts.get(Release.objects.get(number=number).manifest))


def test_a_file_of_the_definition_is_analysed_may_be_the_entry_and_is_part_of_the_release(workshop: Workshop) -> None:
    from lampas.store import artifacts
    from lampas.store.models import Release

    workshop.commit("tracker", CODE)
    workshop.define("tracker", DEFINITION)
    built = workshop.build("tracker")
    assert built.verify.ok
    files = {file.path: file for file in _manifest(1).files}
    assert {"shim.py", "__pycache__/shim.cpython-311.pyc", "conf/tracker.ini", "tracker/web.py"} <= files.keys()
    assert artifacts.get(files["conf/tracker.ini"].sha256) == b"[web]\n"
    assert files["shim.py"].mode == 0o444
    members = {member["path"]: member for member in Release.objects.get(number=1).closure["members"]}
    assert members["tracker/web.py"]["edge"]["file"] == "shim.py"
    assert members["conf/tracker.ini"]["edge"]["file"] == "apps/tracker.toml"
    assert members["conf/tracker.ini"]["edge"]["provenance"] == "declared"


def test_a_file_is_named_as_git_names_it(workshop: Workshop) -> None:
    from lampas.build.overlay import blob_name

    for data in (b"", b"[web]\n", "é\r\n".encode()):
        done = subprocess.run(["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True)
        assert blob_name(data) == done.stdout.decode().strip()


def test_another_content_is_another_release_and_the_same_content_the_same(workshop: Workshop) -> None:
    workshop.commit("tracker", CODE)
    workshop.define("tracker", DEFINITION)
    first = workshop.build("tracker")
    workshop.define("tracker", DEFINITION.replace("[web]", "[mail]"))
    second = workshop.build("tracker")
    workshop.define("tracker", DEFINITION + "# as it was\n")
    third = workshop.build("tracker")
    assert (first.number, second.number, third.number) == (1, 2, 1)
    assert (first.id != second.id, third.id, third.existed) == (True, first.id, True)


def test_the_repository_stays_as_it_was(workshop: Workshop) -> None:
    from lampas.build import definitions, overlay
    from lampas.core.names import app_name, repository_name

    head = workshop.commit("tracker", CODE)
    other = workshop.commit("tracker", {"more.txt": b"x"})
    workshop.define("tracker", DEFINITION)
    definition = definitions.find(workshop.reader, app_name("tracker"))
    reader = overlay.over(workshop.reader, definition, definition.commit)
    name = repository_name("tracker")
    assert definition.commit == other
    assert set(reader.tree(name, definition.commit)) == {*CODE, "more.txt", "shim.py", "conf/tracker.ini"}
    assert set(reader.tree(name, head)) == set(CODE)  # type: ignore[arg-type]
    assert "shim.py" not in workshop.reader.tree(name, definition.commit)


def test_requirements_may_come_with_the_definition(workshop: Workshop) -> None:
    workshop.commit("tracker", {**CODE, "wsgi.py": b"app = print\n"})
    workshop.define(
        "tracker",
        'repository = "tracker"\nentry = "wsgi:app"\nrequirements = "needs.txt"\n'
        '[app.tracker.files]\n"needs.txt" = "# nothing yet\\n"\n',
    )
    assert workshop.build("tracker").verify.ok


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tracker/web.py", "tracker has 'tracker/web.py' itself"),
        ("tracker", "'tracker' is a directory"),
        ("tracker/web.py/x", "cannot stand below 'tracker/web.py', which is a file"),
        ("conf/tracker.ini/x", "'conf/tracker.ini' is a directory"),
        ("../out", "must be a path inside the repository"),
        ("/etc/passwd", "must be a path inside the repository"),
        (".git/config", "must be a path inside the repository"),
    ],
)
def test_a_file_that_would_hide_code_or_leave_the_tree_is_refused(workshop: Workshop, path: str, said: str) -> None:
    from lampas.errors import InvalidInput

    workshop.commit("tracker", CODE)
    workshop.define("tracker", DEFINITION + f'"{path}" = "x"\n')
    with pytest.raises(InvalidInput) as caught:
        workshop.build("tracker")
    assert said in caught.value.message
    assert "apps/tracker.toml: app.tracker.files" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("persist", "said"),
    [
        ('"tracker"', "holds code (tracker/"),
        ('"README"', "'README' is a file"),
        ('"README/x"', "'README' is a file"),
        ('"conf"', "holds a file of the definition (conf/tracker.ini)"),
        ('"conf/tracker.ini"', "'conf/tracker.ini' is a file"),
        ('"media", "media/big"', "'media/big' is inside 'media'"),
        ('"../x"', "must be a path inside"),
        ('"/var/lib/x"', "must be a path inside"),
        ('"media", "media/"', "names something twice"),
        ('"."', "must be a path inside"),
    ],
)
def test_a_persistent_directory_that_cannot_be_one_is_refused(workshop: Workshop, persist: str, said: str) -> None:
    from lampas.errors import InvalidInput

    workshop.commit("tracker", {**CODE, "README": b"read me"})
    text = DEFINITION.replace('entry = "shim:app"', f'entry = "shim:app"\npersist = [{persist}]')
    workshop.define("tracker", text)
    with pytest.raises(InvalidInput) as caught:
        workshop.build("tracker")
    assert said in caught.value.message
    assert "apps/tracker.toml: app.tracker.persist" in caught.value.message


def test_files_that_the_repository_has_in_a_persistent_directory_do_not_stop_a_build(workshop: Workshop) -> None:
    workshop.commit("tracker", {**CODE, "media/.gitkeep": b"", "media/logo.png": b"x", "my files/a b.txt": b"y"})
    text = DEFINITION.replace('entry = "shim:app"', 'entry = "shim:app"\npersist = ["media", "my files"]')
    workshop.define("tracker", text)
    assert workshop.build("tracker").verify.ok
    assert _manifest(1).persist == ("media", "my files")
