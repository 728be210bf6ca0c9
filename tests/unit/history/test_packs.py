"""Which packs are merged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lampas.core.history.packs import PackFacts, to_merge


def facts(*counts: int) -> list[PackFacts]:
    return [PackFacts(f"{number:040x}", count * 100, count) for number, count in enumerate(counts)]


def test_a_progression_that_holds_is_left_alone() -> None:
    assert to_merge(facts(1000, 100, 10)) == ()
    assert to_merge(facts(7)) == ()
    assert to_merge([]) == ()


def test_small_packs_are_merged_and_large_ones_left() -> None:
    assert [pack.objects for pack in to_merge(facts(100_000, 3, 3, 4, 3))] == [3, 3, 3, 4]


@given(st.lists(st.integers(min_value=0, max_value=10**6), max_size=40))
def test_after_a_merge_each_pack_is_twice_all_smaller_ones(counts: list[int]) -> None:
    packs = facts(*counts)
    merged = to_merge(packs)
    assert len(merged) != 1
    left = [pack.objects for pack in packs if pack not in merged]
    if merged:
        left.append(sum(pack.objects for pack in merged))
    left.sort()
    for index, count in enumerate(left[1:], start=1):
        assert count >= 2 * left[index - 1]
