"""The API of a node under measurement, over one kept connection, as a person's script would use it."""

from __future__ import annotations

from typing import Any

import httpx

from engines.node import Node


class Api:
    """Requests with the local operator's token."""

    def __init__(self, node: Node) -> None:
        token = (node.home / "secrets" / "operator.token").read_text().strip()
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{node.console_port}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=False,
        )

    def post(self, path: str, body: dict[str, Any]) -> int:
        """Asks for long work; returns the operation's id."""
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        return int(answer.json()["operation"]["id"])

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes something at once; returns the answer."""
        answer = self._http.patch(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())

    def finish(self, operation: int) -> dict[str, Any]:
        """Waits for the end of an operation and returns its result.

        Raises:
            RuntimeError: It failed.
        """
        seen = 0
        while True:
            answer = self._http.get(f"/operations/{operation}", params={"after": seen, "wait": 20})
            answer.raise_for_status()
            progress = answer.json()
            if progress["state"] == "done":
                return dict(progress["result"])
            if progress["state"] == "failed":
                raise RuntimeError(progress["error"])
            seen = progress["seq"]
