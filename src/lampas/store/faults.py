"""What goes wrong with MariaDB and the disk in the middle of work, in words for people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from lampas.errors import Failed, Unreachable

_FULL = frozenset((3, 28, 1021, 1026, 1030, 1114))
_GONE = frozenset((1053, 1927, 2002, 2003, 2006, 2013, 2055))


@contextmanager
def store_faults(doing: str) -> Iterator[None]:
    """Turns a database that is gone, or a full disk, into a clear error; MariaDB undoes transactions that were open.

    Args:
        doing: What is being done, `building`.

    Raises:
        Unreachable: MariaDB went away.
        Failed: Its disk, or this one, is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Failed(
            f"the disk is full, so {doing} stopped", "make room and try again; nothing half is left"
        ) from error
    except (OperationalError, InterfaceError, DatabaseError) as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if code in _FULL:
            raise Failed(
                f"the database's disk is full, so {doing} stopped", "make room and try again; nothing half is left"
            ) from error
        if code in _GONE or isinstance(error, InterfaceError):
            connection.close()
            raise Unreachable(
                f"the database went away while {doing}",
                "see: lampas status; try again once it runs, nothing half is left",
            ) from error
        raise
