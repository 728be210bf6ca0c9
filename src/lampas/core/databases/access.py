"""How an application reaches its database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True)
class Access:
    """One way into one database.

    Attributes:
        host: Where MariaDB listens, as the application's processes see it.
        port: Its port there.
        database: The database.
        user: The account.
        password: The account's password.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """`DATABASE_URL` and `DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD`."""
        account = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return {
            "DATABASE_URL": f"mysql://{account}@{self.host}:{self.port}/{quote(self.database, safe='')}",
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_NAME": self.database,
            "DB_USER": self.user,
            "DB_PASSWORD": self.password,
        }


def proof(password: str) -> str:
    """What MariaDB keeps of a password (mysql_native_password): enough to check it, not to log in with.

    So a password never travels to the database's node, nor into its binary log.
    """
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return f"*{hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()}"
