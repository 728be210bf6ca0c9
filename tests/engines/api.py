"""A client of the API in the test's own process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A status, the JSON (else the bytes) that came with it, and its media type."""

    status: int
    body: Any
    kind: str


@dataclass(frozen=True)
class ApiClient:
    """Asks with a token; "" for none."""

    token: str = ""

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """One request; the path starts behind `/api/v1`."""
        from django.test import Client

        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = Client(SERVER_NAME="localhost", raise_request_exception=False).generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers,
        )
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        return Answer(answer.status_code, json.loads(content) if content and kind.endswith("json") else content, kind)

    def get(self, path: str) -> Answer:
        """GET."""
        return self.ask("GET", path)

    def post(self, path: str, body: object = None) -> Answer:
        """POST."""
        return self.ask("POST", path, body if body is not None else {})
