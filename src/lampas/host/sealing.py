"""Secrets in a backup: readable with a passphrase alone. scrypt makes the key, AES-256-GCM seals and proves."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lampas.errors import Denied, InvalidInput

_SALT = 16
_NONCE = 12
_SHORTEST = 12


class WrongPassphrase(Denied):
    """The passphrase does not open what was sealed."""

    def __init__(self) -> None:
        super().__init__(
            "the passphrase does not open this backup; nothing was changed",
            "use the passphrase or the key file that it was made with",
        )


def passphrase(key_file: Path | None, environment: dict[str, str] | os._Environ[str]) -> bytes:
    """What seals: the content of a key file, or the variable LAMPAS_PASSPHRASE; b"" where neither is given.

    Raises:
        InvalidInput: The key file cannot be read, or the passphrase is too short.
    """
    try:
        given = key_file.read_bytes().strip() if key_file else environment.get("LAMPAS_PASSPHRASE", "").encode()
    except OSError as error:
        raise InvalidInput(f"the key file {key_file} cannot be read: {error.strerror}") from error
    if (key_file or given) and len(given) < _SHORTEST:
        raise InvalidInput(f"a passphrase has at least {_SHORTEST} characters", "choose a longer one")
    return given


def seal(data: bytes, secret: bytes) -> bytes:
    """Seals bytes: salt, nonce, ciphertext with its proof."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return salt + nonce + AESGCM(_key(secret, salt)).encrypt(nonce, data, None)


def unseal(sealed: bytes, secret: bytes) -> bytes:
    """Opens what `seal` made.

    Raises:
        WrongPassphrase: It was sealed with another one, or altered.
    """
    salt, nonce, content = sealed[:_SALT], sealed[_SALT : _SALT + _NONCE], sealed[_SALT + _NONCE :]
    try:
        return AESGCM(_key(secret, salt)).decrypt(nonce, content, None)
    except (InvalidTag, ValueError) as error:
        raise WrongPassphrase from error


def _key(secret: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(secret)
