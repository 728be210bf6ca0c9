"""The vault of this server: its key stands in a file beside the configuration, never in the database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from lampas import vault
from lampas.vault import Vault


def the_vault() -> Vault:
    """The vault; its key file is read once.

    Raises:
        InvalidInput: The key file cannot be used.
    """
    return _read(settings.CONFIGURATION.vault_key)


@lru_cache(maxsize=4)
def _read(path: str) -> Vault:
    return vault.read(Path(path))
