"""Secrets, sealed: at rest for the server, which keeps the key outside the database, and to the node that needs them.

Whatever is sealed is bound to a context, such as `secret shop TOKEN`: what was moved to another row or put to another
use does not open. At rest it is AES-256-GCM under the vault's newest key, whose id stands before it, so that keys can
be changed; what older keys sealed still opens. To a node it is sealed with its public key (X25519, HKDF-SHA256,
AES-256-GCM), so that neither a document that the console keeps nor the agent's journal holds it in clear.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lampas.errors import Denied, InvalidInput

_FORMAT = b"\x01"
_ID = 4  # bytes
_NONCE = 12
_KEY = 32
_ONCE = bytes(_NONCE)  # the nonce of a key that seals one content alone
_PUT_BACK = "put secrets/server/vault.key back from a backup"


class NotOpened(Denied):
    """What was sealed does not open here: another key, another context, or altered."""


class Vault:
    """Seals for storage. Its methods may be called from any thread.

    Args:
        keys: 32 bytes each, the newest first: it seals, all open.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != _KEY for key in keys):
            raise InvalidInput("the vault has no key that can be used", _PUT_BACK)
        self._newest = keys[0]
        self._keys = {_id(key): key for key in keys}

    def seal(self, data: bytes, context: str) -> bytes:
        """Seals bytes for one context; what leaves is at most 33 bytes longer.

        Args:
            data: What is secret.
            context: What it is and whose, e.g. `secret shop TOKEN`; the same words open it.
        """
        head, nonce = _FORMAT + _id(self._newest), os.urandom(_NONCE)
        return head + nonce + AESGCM(self._newest).encrypt(nonce, data, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Opens what `seal` made for the same context.

        Raises:
            NotOpened: The key is not here, the context is another, or the bytes were altered.
        """
        head, nonce, content = sealed[: 1 + _ID], sealed[1 + _ID : 1 + _ID + _NONCE], sealed[1 + _ID + _NONCE :]
        key = self._keys.get(head[1:])
        if head[:1] != _FORMAT or key is None:
            raise NotOpened(f"a secret was sealed with the key {head[1:].hex()}, which is not here", _PUT_BACK)
        try:
            return AESGCM(key).decrypt(nonce, content, head + context.encode())
        except (InvalidTag, ValueError) as error:
            raise NotOpened("a sealed secret was altered or moved", "set it again") from error

    def seal_to(self, node: bytes, data: bytes, context: str) -> bytes:
        """Seals bytes to a node: only it opens them. The same content gives the same bytes, so that documents can be
        compared without opening them: what an ordinary sender draws by lot comes from the vault's key here.

        Args:
            node: The node's public key, `NodeKey.public`.
            data: What is secret.
            context: What it is and whose; the same words open it.
        """
        drawn = hmac.new(self._newest, b"to a node\0", hashlib.sha256)
        for part in (node, context.encode(), data):
            drawn.update(hashlib.sha256(part).digest())
        once = X25519PrivateKey.from_private_bytes(drawn.digest())
        public = once.public_key().public_bytes_raw()
        key = _shared(once, node, public + node, context)
        return public + AESGCM(key).encrypt(_ONCE, data, context.encode())


@dataclass(frozen=True)
class NodeKey:
    """The key pair of a node, 32 bytes each: secrets are sealed to `public`, and `private` opens them."""

    private: bytes
    public: bytes


def make_keys() -> bytes:
    """The content of a new key file: a line for each key in hexadecimal, the newest first."""
    return os.urandom(_KEY).hex().encode() + b"\n"


def read(path: Path) -> Vault:
    """The vault of a key file.

    Raises:
        InvalidInput: The file is missing or no key file.
    """
    try:
        return Vault([bytes.fromhex(line) for line in path.read_text().split()])
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the vault's key file {path} cannot be used", _PUT_BACK) from error


def make_node_key() -> NodeKey:
    """A new key pair for a node."""
    return node_key(os.urandom(_KEY))


def node_key(private: bytes) -> NodeKey:
    """The pair that a private half belongs to.

    Raises:
        InvalidInput: It is no key.
    """
    try:
        return NodeKey(private, X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())
    except ValueError as error:
        raise InvalidInput("the node's key for secrets cannot be used", "run: lampas up") from error


def open_at(node: NodeKey, sealed: bytes, context: str) -> bytes:
    """Opens on a node what `Vault.seal_to` sealed to it.

    Raises:
        NotOpened: It was sealed to another node or for another context, or altered.
    """
    public, content = sealed[:_KEY], sealed[_KEY:]
    try:
        key = _shared(X25519PrivateKey.from_private_bytes(node.private), public, public + node.public, context)
        return AESGCM(key).decrypt(_ONCE, content, context.encode())
    except (InvalidTag, ValueError) as error:
        raise NotOpened("what was sealed to this node does not open", "send it again; see: lampas doctor") from error


def _shared(mine: X25519PrivateKey, theirs: bytes, salt: bytes, context: str) -> bytes:
    secret = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    return HKDF(algorithm=SHA256(), length=_KEY, salt=salt, info=b"lampas " + context.encode()).derive(secret)


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"lampas vault key\0" + key).digest()[:_ID]
