"""What a person asks of the nodes of a running application: what its units wrote."""

from __future__ import annotations

from lampas.dispatch import nodes


def logs(app: str, number: int | None, lines: int) -> list[str]:
    """The last lines that an application's units wrote, of one release or of all, from every appserver node."""
    return [line for node in nodes.with_role("appserver") for line in nodes.connect(node).logs(app, number, lines)]
