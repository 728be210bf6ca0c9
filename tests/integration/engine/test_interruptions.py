"""A build that is killed, or loses its database, leaves nothing half; the next one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engines.mariadb import MariaDB

if TYPE_CHECKING:
    from conftest import Workshop

FILES = {
    "lampas.toml": '[app.shop]\nentry = "shop:app"\nrequirements = ["itsdangerous"]\n',
    "shop/__init__.py": "import itsdangerous\ndef app(*_): ...\n",
    "shop/page.html": "<p>",
}
STEPS = ("definition", "closure", "distributions", "tree", "verify")


class Killed(BaseException):
    """What ends a process does not ask for handlers either."""


def _killing(at: str) -> Any:
    def progress(step: str, detail: str) -> None:
        if step == at:
            raise Killed(detail)

    return progress


def _build(workshop: Workshop, progress: Any) -> Any:
    from lampas.build import pipeline
    from lampas.core.names import app_name

    return pipeline.build(workshop.reader, app_name("shop"), None, {}, "ada", progress, workshop.verifier)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_build_goes_on(workshop: Workshop, step: str) -> None:
    from lampas.store.models import Release

    workshop.commit("shop", FILES)
    with pytest.raises(Killed):
        _build(workshop, _killing(step))
    states = list(Release.objects.values_list("state", flat=True))
    assert states == (["built"] if step == "verify" else [])
    built = workshop.build("shop")
    assert (built.number, built.verify.ok) == (1, True)
    assert tuple(name for name, _ in workshop.steps) == STEPS
    assert Release.objects.get().state == "verified"


@pytest.mark.parametrize("step", STEPS)
def test_a_database_that_dies_at_any_step_is_said_and_leaves_nothing_half(
    workshop: Workshop, mariadb: MariaDB, step: str
) -> None:
    from django.db import connection

    from lampas.errors import Unreachable
    from lampas.store.models import Release

    mariadb.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
    workshop.commit("shop", FILES)

    def progress(name: str, detail: str) -> None:
        if name == step:
            mariadb.kill()

    try:
        with pytest.raises(Unreachable, match="database went away"):
            _build(workshop, progress)
    finally:
        mariadb.start()
        connection.close()
    assert Release.objects.filter(state__in=("verified", "failed")).count() == 0
    assert workshop.build("shop").number == 1
    assert Release.objects.count() == 1


def test_a_full_disk_is_said() -> None:
    from django.db import DataError, OperationalError

    from lampas.errors import Failed
    from lampas.store.faults import store_faults

    for code in (1021, 1114):
        with pytest.raises(Failed, match="disk is full"), store_faults("building"):
            raise OperationalError(code, "The table is full")
    with pytest.raises(Failed, match="disk is full"), store_faults("building"):
        raise OSError(28, "No space left on device")
    with pytest.raises(PermissionError), store_faults("building"):
        raise PermissionError(13, "Permission denied")
    with pytest.raises(DataError), store_faults("building"):
        raise DataError(1406, "Data too long")


def test_two_builds_at_once_get_numbers_one_after_the_other(workshop: Workshop) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from lampas.store.models import Release

    heads = [workshop.commit("shop", {**FILES, "shop/page.html": f"<p>{number}"}) for number in range(4)]
    workshop.build("shop", at=heads[0])

    def one(head: str) -> int:
        from lampas.build import pipeline
        from lampas.core.names import app_name

        try:
            app = app_name("shop")
            return pipeline.build(workshop.reader, app, head, {}, "ada", lambda *_: None, workshop.verifier).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(one, [*heads[1:], heads[3]]))
    assert sorted(set(numbers)) == [2, 3, 4]
    assert numbers[2] == numbers[3]
    assert list(Release.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
