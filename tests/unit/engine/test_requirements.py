"""Requirement files: what is read, and that nothing in them leads outside of the repository and the index."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.distributions.projects import RequirementError
from lampas.core.distributions.requirements import inline_requirements, read_requirements
from lampas.core.distributions.values import Requirements
from lampas.errors import InvalidInput


def _read(files: Mapping[str, str], name: str = "requirements.txt") -> Requirements:
    return read_requirements(name, lambda path: files[path].encode() if path in files else None)


def test_includes_constraints_comments_and_continuations() -> None:
    found = _read(
        {
            "requirements.txt": "# all\n-r deps/base.txt\n--constraint=deps/pins.txt\n"
            "Django>=5 ; python_version > '3' # why\n",
            "deps/base.txt": "-c pins.txt\nFlask[async] \\\n  >=3\n-r ../requirements.txt\n",
            "deps/pins.txt": "click==8.1.7",
        }
    )
    assert found.lines == ('django>=5; python_version > "3"', "flask[async]>=3")
    assert found.constraints == ("click==8.1.7",)
    assert found.source == "requirements.txt"


def test_hashes_are_kept() -> None:
    text = "flask==3.1.0 \\\n    --hash=sha256:" + "a" * 64 + " \\\n    --hash=sha256:" + "b" * 64
    assert _read({"requirements.txt": text}).hashes == {"flask": ("a" * 64, "b" * 64)}


def test_dependencies_of_a_project() -> None:
    found = _read({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask", "Click>8"]'}, "pyproject.toml")
    assert found.lines == ("click>8", "flask")


@pytest.mark.parametrize(
    "line",
    [
        "--index-url http://evil.example/simple",
        "-i http://evil.example/simple",
        "--extra-index-url=http://evil.example",
        "--find-links /srv",
        "-f .",
        "--trusted-host x",
        "-e .",
        "-e git+https://example.com/x.git",
        "git+https://example.com/x.git",
        "https://example.com/x.whl",
        "x @ https://example.com/x.whl",
        "x @ file:///etc/passwd",
        "./local",
        "../up",
        "-r /etc/passwd",
        "-r ../../etc/passwd",
        "-r https://example.com/r.txt",
        "-r missing.txt",
        "flask == ",
        "flask --config-settings=x",
        "flask --hash=md5:abc",
        "-r 'unclosed",
        "\x00",
    ],
)
def test_what_leads_elsewhere_or_nowhere_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(RequirementError) as caught:
        _read({"requirements.txt": f"\n{line}\n"})
    assert caught.value.file == "requirements.txt"
    assert caught.value.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "[project",
        '[project]\ndynamic = ["dependencies"]',
        "project = 3",
        "[tool.poetry]",
        '[project]\ndependencies = "flask"',
    ],
)
def test_project_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(RequirementError):
        _read({"pyproject.toml": text}, "pyproject.toml")


EXTRAS = """[project]
name = "Shop_App"
dependencies = ["flask"]
[project.optional-dependencies]
redis = ["redis~=7.1"]
Data_Base = ["mysqlclient"]
all = ["shop-app[redis,data-base]", "gunicorn"]
"""


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        ("pyproject.toml", ("flask",)),
        ("pyproject.toml[redis]", ("flask", "redis~=7.1")),
        ("pyproject.toml[ redis , data_base ]", ("flask", "mysqlclient", "redis~=7.1")),
        ("pyproject.toml[all]", ("flask", "gunicorn", "mysqlclient", "redis~=7.1")),
    ],
)
def test_extras_of_a_project_are_chosen_behind_its_file(wanted: str, lines: tuple[str, ...]) -> None:
    assert _read({"pyproject.toml": EXTRAS}, wanted).lines == lines


def test_an_extra_that_a_project_does_not_have_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(RequirementError) as caught:
        _read({"pyproject.toml": EXTRAS}, "pyproject.toml[nothing]")
    assert "data-base" in caught.value.remedy


def test_dependencies_that_setuptools_would_read_from_a_file_are_read() -> None:
    text = """[project]
name = "x"
dynamic = ["version", "dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = { file = ["deps/run.txt"] }
optional-dependencies.docs = { file = "deps/docs.txt" }
"""
    files = {
        "pyproject.toml": text,
        "deps/run.txt": "flask\n-c pins.txt",
        "deps/pins.txt": "click<9",
        "deps/docs.txt": "sphinx",
    }
    found = _read(files, "pyproject.toml")
    assert (found.lines, found.constraints) == (("flask",), ("click<9",))
    assert _read(files, "pyproject.toml[docs]").lines == ("flask", "sphinx")


@pytest.mark.parametrize("line", [".", "-e .", "--editable=.", "./", "-e ./"])
def test_a_file_that_installs_the_repository_itself_requires_what_its_project_does(line: str) -> None:
    files = {"requirements.txt": f"gunicorn\n{line}\n", "pyproject.toml": EXTRAS}
    assert _read(files).lines == ("flask", "gunicorn")
    files["requirements.txt"] = "-e .[redis]\n-e .\n-r requirements.txt\n"
    assert _read(files).lines == ("flask", "redis~=7.1")


def test_project_without_dependencies_requires_nothing() -> None:
    assert _read({"pyproject.toml": "[tool.ruff]\n"}, "pyproject.toml").lines == ()


def test_inline_list() -> None:
    assert inline_requirements(["Flask>=3", "click"], "lampas.toml").lines == ("click", "flask>=3")
    with pytest.raises(RequirementError):
        inline_requirements(["--index-url=x"], "lampas.toml")


@given(st.text(max_size=300))
def test_any_file_is_read_or_refused(text: str) -> None:
    try:
        found = _read({"requirements.txt": text})
    except InvalidInput:
        return
    assert all("@" not in line and not line.startswith("-") for line in found.lines)
