"""What databases and accounts are called at MariaDB.

Three kinds, told apart by how they begin, so that no application's name can make one look like another: `app_…`,
`person_…`, and `lampas_scratch_…`, which the database's node names. What ends by itself carries the moment in its name:
whatever a crash left can be collected without knowing what was intended (see `lampas.roothelper.databases`).
"""

from __future__ import annotations

from typing import NewType

from lampas.core.names import AppName

DatabaseName = NewType("DatabaseName", str)
AccountName = NewType("AccountName", str)

_PERSON = 40  # characters of a person's name that stand in an account's: 80 is MariaDB's most


def of_application(app: AppName) -> DatabaseName:
    """The database of an application, `app_web_shop`; its account is called the same.

    Applications' names hold no `_`, so two of them never share a database.
    """
    return DatabaseName(f"app_{app.replace('-', '_')}")


def of_person(person: str, expires: int, lot: str) -> AccountName:
    """The account that a person has for a while.

    Args:
        person: Their name.
        expires: Unix seconds.
        lot: 8 hexadecimal digits that tell their accounts apart.
    """
    return AccountName(f"person_{person[:_PERSON]}_{expires:08x}_{lot}")
