"""Something that a node runs once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lampas.core.nodestate.encoding import FORMAT, canonical, document
from lampas.core.nodestate.manifest import ReleaseOnNode


@dataclass(frozen=True)
class Task:
    """One signed request to run something once on a node, as the application's user: a verification or a command.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each task different; one that was seen is refused.
        kind: "verify" (sandbox, scratch directories, no network, start-up alone) or "run" (the live environment).
        release: What it runs in.
        env: The environment, as in `Unit`; also `sealed`.
        argv: For "run": the program and its arguments.
        seconds: Its bound in time.
    """

    node: str
    expires: int
    nonce: str
    kind: str
    release: ReleaseOnNode
    env: Mapping[str, str]
    argv: tuple[str, ...] = ()
    seconds: float = 60.0
    sealed: str = ""
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> Task:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a task of this format.
        """
        raw = document(data)
        try:
            raw["release"] = ReleaseOnNode(**raw["release"])
            raw["argv"] = tuple(raw["argv"])
            return Task(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a task: {error}") from error
