"""The environment of an application's processes on its way to a node: what is secret in it is sealed to the node.

What is sealed is a JSON object, name → value; it travels in base64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Environment:
    """Variables of a process: `plain` may be seen, `sealed` is opened by the node alone and wins; "" holds nothing."""

    plain: Mapping[str, str] = field(default_factory=dict)
    sealed: str = ""


def context(node: str, app: str) -> str:
    """What secret variables are sealed for: those of one application do not open as those of another.

    Args:
        node: The node's name.
        app: The application.
    """
    return f"environment of {app} on {node}"
