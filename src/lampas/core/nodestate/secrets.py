"""Secret variables on their way to a node: a JSON object, name → value, sealed to the node and written in base64."""

from __future__ import annotations


def context(node: str, app: str) -> str:
    """What secret variables are sealed for: those of one application do not open as those of another.

    Args:
        node: The node's name.
        app: The application.
    """
    return f"environment of {app} on {node}"
