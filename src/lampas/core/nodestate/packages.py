"""What a node is asked to install of Debian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from lampas.core.nodestate.encoding import FORMAT, canonical, document


@dataclass(frozen=True)
class PackageOrder:
    """One signed order to install Debian packages, by name.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each order different; one that was seen is refused.
        names: Packages that an operator approved.
        environment: Where certificates and proxies are, for apt.
    """

    node: str
    expires: int
    nonce: str
    names: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> PackageOrder:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not an order of this format.
        """
        raw = document(data)
        try:
            raw["names"] = tuple(raw["names"])
            return PackageOrder(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an order for packages: {error}") from error
