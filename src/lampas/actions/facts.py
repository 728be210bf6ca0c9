"""What is stored about applications and their releases, as actions ask it before they commit an intent."""

from __future__ import annotations

from lampas.core.names import AppName
from lampas.errors import Conflict, InvalidInput, NotFound
from lampas.store.models import AppDatabase, Application, KeptData, Release, Slot, TrafficRow


def application(name: AppName) -> Application:
    """An application that is there.

    Raises:
        NotFound: No such application, or it was deleted.
    """
    row: Application | None = Application.objects.filter(name=name, deleted=None).first()
    if row is None:
        raise NotFound(f"there is no application {name}", "list them: lampas app list")
    return row


def release(name: AppName, number: int) -> Release:
    """One of its releases.

    Raises:
        NotFound: No such application or number.
    """
    row: Release | None = (
        Release.objects.defer("closure", "definition", "verified_log", "env")
        .filter(application=application(name), number=number)
        .first()
    )
    if row is None:
        raise NotFound(f"{name} has no release {number}", f"list them: lampas release list {name}")
    return row


def deployable(name: AppName, number: int) -> Release:
    """A release that may be given traffic.

    Raises:
        NotFound: No such application or number.
        Conflict: It failed its verification, had none, or was retired. One that has the tree of a verified release with
            other settings needs none: its start is its proof.
    """
    found = release(name, number)
    if found.retired is not None:
        raise Conflict(f"release {number} of {name} was retired", f"deploy another one: lampas release list {name}")
    if found.state == "failed":
        raise Conflict(
            f"release {number} of {name} did not start when it was verified",
            f"read its log: lampas release show {name} {number}",
        )
    if found.state != "verified" and found.base is None:
        raise Conflict(
            f"release {number} of {name} was not verified yet", f"build it again: lampas release build {name}"
        )
    return found


def database(name: AppName) -> AppDatabase:
    """The database of an application, also of one that was deleted.

    Raises:
        NotFound: It has none.
    """
    row: AppDatabase | None = AppDatabase.objects.filter(application=name).first()
    if row is None:
        raise NotFound(f"{name} has no database", "see: lampas db list")
    return row


def running(name: AppName) -> set[int]:
    """The numbers that have a place on the nodes, with traffic or kept warm."""
    return set(Slot.objects.filter(release__application__name=name).values_list("release__number", flat=True))


def settled(name: AppName) -> list[dict[str, int]]:
    """The traffic tables that were applied and not rolled back, newest first, at most two."""
    rows = TrafficRow.objects.filter(application__name=name, undone=None).exclude(settled=None).order_by("-id")
    return list(rows.values_list("table", flat=True)[:2])


def confirmed(name: AppName, typed: str) -> None:
    """Passes the name of an application that was typed once more.

    Raises:
        InvalidInput: It is another.
    """
    if typed != name:
        raise InvalidInput(f"the name typed to confirm is not {name}", "type the application's name")


def percent(value: int) -> int:
    """Accepts a share of traffic.

    Raises:
        InvalidInput: It is not between 0 and 100.
    """
    if not 0 <= value <= 100:
        raise InvalidInput(f"{value} is not a share of traffic", "give a whole number from 0 to 100")
    return value


def kept(value: int) -> int:
    """Accepts how many of the newest releases are kept.

    Raises:
        InvalidInput: It is not from 1.
    """
    if value < 1:
        raise InvalidInput("at least the newest release is kept", "give --keep a number from 1")
    return value


def kept_data(name: AppName) -> KeptData:
    """The data that a deleted application left.

    Raises:
        NotFound: There is none.
    """
    row: KeptData | None = KeptData.objects.filter(application=name).first()
    if row is None:
        raise NotFound(f"no deleted application {name} left data", f"see what has: lampas disk {name}")
    return row


def no_kept_data(name: AppName) -> None:
    """Checks that an application does not come upon the data of an earlier one unasked.

    Raises:
        Conflict: There is such data.
    """
    if KeptData.objects.filter(application=name).exists():
        raise Conflict(
            f"an application {name} that was deleted left its data",
            f"take it over: lampas data adopt {name}, or end it: lampas data drop {name}",
        )
