"""What the node with the role database is asked to do once, by a fixed verb."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from lampas.core.nodestate.encoding import FORMAT, canonical, document


@dataclass(frozen=True)
class DatabaseOrder:
    """One signed order to a node's MariaDB: names and proofs of passwords, never statements, never a password.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each order different; one that was seen is refused.
        verb: "ensure", "drop", "scratch", "scratch-drop", "person", "person-drop", "sweep" or "measure".
        database: The database that it is about.
        account: The account that it is about.
        proofs: What MariaDB keeps of the account's passwords, each of which opens it.
        fresh: Whether the console knows of nothing that was made before: what stands there under the name and does
            not carry LAMPAS's mark is somebody else's, and left alone.
        read_only: Whether the account may read alone.
        connections: How many the account may have at once.
        keep: For "scratch": the tables whose rows are copied too.
        seconds: For "scratch": how long it is needed at most.
    """

    node: str
    expires: int
    nonce: str
    verb: str
    database: str = ""
    account: str = ""
    proofs: tuple[str, ...] = ()
    fresh: bool = False
    read_only: bool = False
    connections: int = 10
    keep: tuple[str, ...] = ()
    seconds: int = 3600
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> DatabaseOrder:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not an order of this format.
        """
        raw = document(data)
        try:
            raw["proofs"], raw["keep"] = tuple(raw["proofs"]), tuple(raw["keep"])
            return DatabaseOrder(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an order for a database: {error}") from error
