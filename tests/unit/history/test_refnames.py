"""Names of refs: those that git takes and no others."""

from __future__ import annotations

import pytest

from lampas.core.history import refnames


@pytest.mark.parametrize("name", ["refs/heads/main", "refs/tags/v1.0", "refs/heads/a/b-c", "refs/heads/größe"])
def test_branches_and_tags_are_taken(name: str) -> None:
    assert refnames.problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "HEAD", "refs/heads/", "refs/heads/HEAD", "refs/notes/x", "refs/heads/-x", "refs/heads/a..b", "refs/heads/a b",
        "refs/heads/.a", "refs/heads/a.lock", "refs/heads/a/.b", "refs/heads/a//b", "refs/heads/a.", "refs/heads/a/",
        "refs/heads/a@{1}", "refs/heads/a~1", "refs/heads/a^", "refs/heads/a:b", "refs/heads/a?", "refs/heads/*",
        "refs/heads/[a", "refs/heads/a\\b", "refs/heads/a\nb", "refs/heads/a\udcff", "refs/heads/" + "a" * 255,
    ],
)  # fmt: skip
def test_all_else_is_refused_with_a_reason(name: str) -> None:
    assert refnames.problem(name)


def test_the_parents_of_a_name_are_those_it_would_stand_under() -> None:
    assert refnames.parents("refs/heads/a/b/c") == ("refs/heads/a", "refs/heads/a/b")
    assert refnames.parents("refs/heads/a") == ()
