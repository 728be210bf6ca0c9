"""Names in trees and targets of links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.history import paths


@pytest.mark.parametrize("name", ["a", ".gitignore", ".gitmodules", "git", "git~x", ".github", "a.git", "größe", "~"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert paths.problem(name.encode()) is None


@pytest.mark.parametrize("name", [".git", ".GiT", "git~1", "GIT~12", ".git. .", ".git:x", ".\u200cgit", "x\\.git"])
def test_every_spelling_of_dot_git_is_known(name: str) -> None:
    assert paths.is_dot_git(name)
    assert paths.problem(name.encode()) is not None


@pytest.mark.parametrize("name", [b"", b".", b"..", b"a/b", b"\xff", b"a\nb", b"a\x7f", b"n" * 256])
def test_what_is_no_file_name_is_refused(name: bytes) -> None:
    assert paths.problem(name)


@pytest.mark.parametrize(
    ("target", "climb"), [(b"a", 0), (b"./a/b", 0), (b"../a", 1), (b"../../a/./b", 2), (b".././../a", 2), (b"..", 1)]
)
def test_links_say_how_far_they_climb(target: bytes, climb: int) -> None:
    assert paths.link(target) == paths.Link(climb)


@pytest.mark.parametrize(
    "target", [b"", b"/", b"/a", b"C:/x", b"\\\\a", b"a/..", b"a/../..", b"../a/../b", b"a\\..\\b"]
)
def test_links_that_lead_nobody_knows_where_are_refused(target: bytes) -> None:
    assert paths.link(target).problem


@given(st.lists(st.sampled_from(["..", ".", "a", "b", ""]), max_size=8))
def test_a_link_that_is_taken_never_leaves_the_depth_it_claims(parts: list[str]) -> None:
    target = "/".join(parts)
    judged = paths.link(target.encode())
    if judged.problem:
        return
    depth = lowest = 0
    for part in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        lowest = min(lowest, depth)
    assert -lowest == judged.climb
