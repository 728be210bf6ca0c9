"""The secrets that a node makes for itself once, and the files that hold them."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from lampas.errors import InvalidInput
from lampas.pki import write_private


@dataclass(frozen=True, repr=False)
class Secrets:
    """What must not be guessed.

    Attributes:
        database_password: Of the server's account at MariaDB.
        secret_key: Django's.
        front: What units demand of requests.
        operator: The operator's token for the API and git.
    """

    database_password: str
    secret_key: str
    front: str
    operator: str


def ensure(path: Path) -> Secrets:
    """The node's secrets, made the first time.

    Raises:
        InvalidInput: The file cannot be used.
    """
    if not path.exists():
        made = Secrets(
            database_password=secrets.token_urlsafe(32),
            secret_key=secrets.token_urlsafe(32),
            front=secrets.token_urlsafe(32),
            operator=f"lampas_{secrets.token_hex(32)}",
        )
        write_private(path, json.dumps(asdict(made), indent=1).encode())
    try:
        return Secrets(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"the secrets {path} cannot be used", "put the file back, or restore a backup") from error
