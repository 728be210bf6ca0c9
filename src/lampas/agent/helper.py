"""The agent's end of the root helper: a session that is kept, so that starting sudo and Python costs no deploy time.

It ends with the agent: when the agent's end of the pipe closes, the helper does.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from lampas import process
from lampas.errors import Failed


class Helper:
    """A session with the root helper: requests and answers, one JSON object on each line. Not shared by threads."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: process.Started | None = None

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Starts it without waiting, if it does not run; asking starts it too."""
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = process.start(self._command, stdin=process.PIPE, new_session=True)

    def ask(self, verb: str, app: str, number: int | None = None, **values: Any) -> dict[str, Any]:
        """Asks for one thing of an application and waits for the answer.

        Raises:
            Failed: It refused, or it does not run.
        """
        return self.request({"verb": verb, "app": app, **({} if number is None else {"number": number}), **values})

    def request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Sends a request as it is and waits for the answer.

        Raises:
            Failed: It refused, or it does not run.
        """
        self.start()
        assert self._process is not None  # noqa: S101 - started above
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        line = b""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the root helper does not run: {self._last_words()}", "run: lampas doctor")
        answer = json.loads(line)
        if not isinstance(answer, dict) or not answer.get("ok"):
            words = [str(request[key]) for key in ("verb", "app", "do") if key in request]
            raise Failed(f"{' '.join(words)}: {answer.get('error', 'refused')}")
        return answer

    def close(self) -> None:
        """Ends the session."""
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()
        self._process = None

    def _last_words(self) -> str:
        assert self._process is not None  # noqa: S101 - called where it was started
        self._process.wait()
        said = self._process.stderr.read() if self._process.stderr else b""
        self.close()
        return said.decode(errors="replace").strip()[-500:]
