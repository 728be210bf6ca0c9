"""What should run, as stored: slots, traffic in force, what stays warm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lampas.errors import Conflict, NotFound

if TYPE_CHECKING:
    from lampas.store.models import Release


def _release(app: str, number: int, state: str = "verified") -> Release:
    from lampas.store.models import Application, Release

    application, _ = Application.objects.get_or_create(name=app)
    return Release.objects.create(
        application=application, number=number, release_id=f"{number:064x}", tree="", manifest="", state=state,
        repository=app, commit="", definition_commit="", definition={}, closure={}, author="ada",
    )  # fmt: skip


def _live(app: str, number: int) -> None:
    from lampas.dispatch import wanted

    wanted.reserve(app, number)
    wanted.settle(wanted.stored().with_traffic(app, {number: 100}, keep=number))


def test_a_release_keeps_the_slot_that_it_has(tables: Path) -> None:
    from lampas.dispatch import wanted

    _release("shop", 1)
    _release("blog", 1)
    first = wanted.reserve("shop", 1)
    assert wanted.reserve("blog", 1).port != first.port
    assert wanted.reserve("shop", 1).port == first.port


def test_what_failed_or_was_retired_never_gets_a_slot(tables: Path) -> None:
    from django.utils import timezone

    from lampas.dispatch import wanted

    _release("shop", 1, state="failed")
    retired = _release("shop", 2)
    retired.retired = timezone.now()
    retired.save()
    with pytest.raises(Conflict, match="cannot get traffic"):
        wanted.reserve("shop", 1)
    for number in (2, 3):
        with pytest.raises(NotFound, match=f"no release {number}"):
            wanted.reserve("shop", number)


def test_the_newest_few_without_traffic_stay_warm_and_the_rest_lose_their_slots(tables: Path) -> None:
    from datetime import timedelta

    from django.db.models import F

    from lampas.dispatch import wanted
    from lampas.store.models import Slot

    for number in range(1, 8):
        _release("shop", number)
        _live("shop", number)
        Slot.objects.update(since=F("since") - timedelta(seconds=wanted.DRAIN))
    now = wanted.everything()["shop"]
    assert now.traffic == {7: 100}
    assert sorted(now.slots) == [4, 5, 6, 7]


def test_what_had_traffic_a_moment_ago_is_not_stopped_yet(tables: Path) -> None:
    from lampas.dispatch import wanted

    for number in range(1, 8):
        _release("shop", number)
        _live("shop", number)
    assert sorted(wanted.everything()["shop"].slots) == [1, 2, 3, 4, 5, 6, 7]


def test_a_version_that_is_being_tried_without_traffic_is_kept(tables: Path) -> None:
    from lampas.dispatch import wanted

    for number in range(1, 7):
        _release("shop", number)
    _live("shop", 6)
    wanted.reserve("shop", 1)
    for number in range(2, 6):
        wanted.reserve("shop", number)
    assert 1 in wanted.stored().with_traffic("shop", {6: 100}, keep=1).slots


def test_settling_the_same_table_again_adds_nothing(tables: Path) -> None:
    from lampas.store.models import TrafficRow

    _release("shop", 1)
    _live("shop", 1)
    _live("shop", 1)
    assert TrafficRow.objects.count() == 1
