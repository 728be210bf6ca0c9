"""Which logs are turned and which go: a pure decision."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lampas.agent.logkeeping import Chores, Limits, Seen, chores

DAY = 86400.0
LIMITS = Limits(size=100, files=2, age=30 * DAY)
NOW = 1_000_000_000.0


def test_a_log_that_is_too_large_is_turned() -> None:
    files = [Seen("v1.log", 101, NOW), Seen("v2.log", 100, NOW), Seen("v1.log.1", 100, NOW)]
    assert chores(files, LIMITS, NOW) == Chores(turn=("v1.log",))


def test_copies_beyond_the_number_and_what_is_too_old_go() -> None:
    old = NOW - 31 * DAY
    files = [Seen("v1.log", 1, NOW), Seen("v1.log.3", 1, NOW), Seen("v1.log.2", 1, old), Seen("v9.log", 1, old)]
    assert chores(files, LIMITS, NOW).remove == ("v1.log.2", "v1.log.3", "v9.log")


def test_the_fronts_own_logs_are_never_removed_only_their_copies() -> None:
    old = NOW - 31 * DAY
    files = [Seen("front.log", 1, old), Seen("front-access.log", 1, old), Seen("front-access.log.1", 1, old)]
    assert chores(files, LIMITS, NOW).remove == ("front-access.log.1",)


def test_of_too_much_together_the_oldest_copies_go_first() -> None:
    files = [Seen(f"v{n}.log.1", 100, NOW - n) for n in range(1, 40)]
    gone = chores(files, LIMITS, NOW).remove
    assert len(gone) == 39 - LIMITS.together // 100
    assert "v39.log.1" in gone
    assert "v1.log.1" not in gone


@given(
    st.lists(
        st.builds(
            Seen,
            st.sampled_from(["v1.log", "v1.log.1", "v2.log.2", "v3.log", "front.log", "front.log.1", "other"]),
            st.integers(0, 300),
            st.floats(NOW - 60 * DAY, NOW),
        ),
        unique_by=lambda file: file.name,
    )
)
def test_what_is_young_and_may_be_written_to_stays(files: list[Seen]) -> None:
    wanted = chores(files, LIMITS, NOW)
    young = {file.name for file in files if NOW - file.written <= LIMITS.age and not file.name[-1].isdigit()}
    assert not young & set(wanted.remove)
    assert "other" not in wanted.remove + wanted.turn
