"""Something that a node runs once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from lampas.core.nodestate.encoding import FORMAT, canonical, document
from lampas.core.nodestate.manifest import ReleaseOnNode
from lampas.core.nodestate.sandbox import Proof, Sandbox


@dataclass(frozen=True)
class Task:
    """One signed request to run something once on a node, as the application's user.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each task different; one that was seen is refused.
        kind: "sandbox" (commands, confined) or "verify" (a proof of start, confined).
        release: What it runs in. Number 0 is a tree that has no number yet; without a tree its manifest is "".
        env: The environment, as in `Unit`; also `sealed`.
        seconds: Its bound in time.
        commands: For "sandbox": commands that run one after the other, until one fails.
        sandbox: For "sandbox" and "verify": how it is confined.
        proof: For "verify": what is tried; left out: the start alone.
    """

    node: str
    expires: int
    nonce: str
    kind: str
    release: ReleaseOnNode
    env: Mapping[str, str]
    seconds: float = 60.0
    sealed: str = ""
    commands: tuple[tuple[str, ...], ...] = ()
    sandbox: Sandbox = field(default_factory=Sandbox)
    proof: Proof = field(default_factory=Proof)
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
            raw["commands"] = _commands(raw.get("commands", ()))
            raw["sandbox"] = Sandbox(**raw.get("sandbox", {}))
            proof = raw.get("proof", {})
            raw["proof"] = Proof(
                **{
                    **proof,
                    "setup": _commands(proof.get("setup", ())),
                    "requests": tuple(proof.get("requests", ())),
                    "test": tuple(proof.get("test", ())),
                }
            )
            return Task(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a task: {error}") from error


def _commands(raw: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(command) for command in raw)
