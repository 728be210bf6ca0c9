"""The API's client: requests, and problem documents back into errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx

from lampas.cli.target import Target
from lampas.errors import LampasError, Unreachable

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class Refused(LampasError):
    """What the API answered instead of doing what it was asked."""

    def __init__(self, code: str, message: str, remedy: str, status: int) -> None:
        super().__init__(message, remedy)
        self.code = code
        self.status = status


class Api:
    """One connection to the API. Paths start behind `/api/v1`."""

    def __init__(self, target: Target) -> None:
        self.target = target
        headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
        self._client = httpx.Client(
            base_url=f"{target.url}/api/v1", headers=headers, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    def get(self, path: str, /, **parameters: Any) -> Any:
        """GET; parameters that are None are left out."""
        return self.ask("GET", path, parameters=parameters)

    def post(self, path: str, body: object = None) -> Any:
        """POST."""
        return self.ask("POST", path, body=body if body is not None else {})

    def send(self, path: str, data: bytes, /, **parameters: Any) -> Any:
        """POST of bytes as they are. Raises as `ask` does."""
        kind = {"Content-Type": "application/octet-stream"}
        with self._reached():
            answer = self._client.post(path, content=data, params=parameters, headers=kind)
        _refuse(answer)
        return _json(answer)

    def ask(self, method: str, path: str, *, body: object = None, parameters: dict[str, Any] | None = None) -> Any:
        """One request; returns the JSON of its answer, None where it is empty.

        Raises:
            Refused: The API refused.
            Unreachable: It does not answer, or what answers is not LAMPAS.
        """
        kept = {name: value for name, value in (parameters or {}).items() if value is not None}
        with self._reached():
            answer = self._client.request(method, path, params=kept, json=body)
        _refuse(answer)
        if not answer.content:
            return None
        return _json(answer)

    def put(self, path: str, content: IO[bytes]) -> Any:
        """PUT of a file as it is. Raises as `ask` does."""
        with self._reached():
            answer = self._client.request("PUT", path, content=content, timeout=httpx.Timeout(600.0, connect=5.0))
        _refuse(answer)
        return _json(answer)

    @contextmanager
    def stream(self, method: str, path: str, body: object = None) -> Iterator[httpx.Response]:
        """One request whose answer is read as it comes. Raises as `ask` does."""
        with (
            self._reached(),
            self._client.stream(method, path, json=body, timeout=httpx.Timeout(None, connect=5.0)) as answer,
        ):
            if answer.status_code >= 400:
                answer.read()
                _refuse(answer)
            yield answer

    def pages(self, path: str, rows: str, limit: int, /, **parameters: Any) -> list[Any]:
        """The first `limit` rows of a paged list, newest first."""
        found: list[Any] = []
        before = None
        while len(found) < limit:
            page = self.get(path, **parameters, before=before, limit=min(200, limit - len(found)))
            found.extend(page[rows])
            before = page["next"]
            if before is None:
                break
        return found[:limit]

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(
                f"LAMPAS does not answer at {self.target.url}: {error}", "is it running? lampas status, lampas up"
            ) from error


def _refuse(answer: httpx.Response) -> None:
    if answer.status_code < 400:
        return
    body: Any = {}
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        body = _json(answer)
    raise Refused(
        str(body.get("code", "error")),
        str(body.get("detail") or f"the server answered {answer.status_code} {answer.reason_phrase}"),
        str(body.get("remedy", "")),
        answer.status_code,
    )


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise Unreachable(
            f"what answers at {answer.url.host}:{answer.url.port} is not LAMPAS", "check LAMPAS_URL"
        ) from error
