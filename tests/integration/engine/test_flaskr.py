"""The Flask tutorial as its authors wrote it: the issue's own real input."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Workshop

DEFINITION = 'repository = "flaskr"\nentry = "flaskr:create_app()"\npersist = ["instance"]\n'


def test_flaskr_is_built_whole_and_starts_without_a_registry(workshop: Workshop, flaskr: dict[str, bytes]) -> None:
    from lampas.store.models import Release

    workshop.commit("flaskr", flaskr)
    workshop.define("flaskr", DEFINITION)
    built = workshop.build("flaskr")
    assert built.verify.ok, Release.objects.get().verified_log
    assert built.number == 1
    release = Release.objects.get()
    assert release.state == "verified"
    paths = {member["path"] for member in release.closure["members"]}
    assert {path for path in flaskr if path.startswith("flaskr/")} == paths
    names = {found["name"] for found in release.closure["distributions"]}
    assert {"flask", "werkzeug", "jinja2", "markupsafe", "click", "blinker", "itsdangerous"} == names
    assert [step for step, _ in workshop.steps] == ["definition", "closure", "distributions", "tree", "verify"]


def test_the_same_inputs_are_the_same_release(workshop: Workshop, flaskr: dict[str, bytes]) -> None:
    from lampas.store.models import Release

    workshop.commit("flaskr", flaskr)
    workshop.define("flaskr", DEFINITION)
    first = workshop.build("flaskr")
    workshop.commit("flaskr", {"tests/test_more.py": "assert True\n"})
    again = workshop.build("flaskr", anew=True)
    assert (again.number, again.id, again.existed) == (first.number, first.id, True)
    assert Release.objects.count() == 1
    workshop.commit("flaskr", {"flaskr/templates/base.html": b"<h1>two</h1>"})
    second = workshop.build("flaskr")
    assert second.number == 2
    assert second.id != first.id
