"""What a node is asked to do with the data that a deleted application left."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from lampas.core.nodestate.encoding import FORMAT, canonical, document


@dataclass(frozen=True)
class DataOrder:
    """One signed order to remove the persistent directories of an application that the node no longer holds.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each order different; one that was seen is refused.
        app: The application.
    """

    node: str
    expires: int
    nonce: str
    app: str
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> DataOrder:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not an order of this format.
        """
        try:
            return DataOrder(**document(data))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an order about data: {error}") from error
