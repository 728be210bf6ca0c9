"""git over HTTP: a gateway between a WSGI request and `git http-backend`, which does the talking.

It streams both ways in bounded memory. A fetch is tried again where it failed before its first byte; a push is never
tried again by itself. Who may do what is decided before this is called.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.db import Error as DatabaseError

from lampas.core.names import RepositoryName
from lampas.errors import Failed, InvalidInput, LampasError
from lampas.git import hooks, places
from lampas.git.backend import Backend, Body, Head
from lampas.git.cache import Cache
from lampas.git.conversation import Conversation, Pusher
from lampas.git.places import Places
from lampas.git.views import open_view

_LOG = logging.getLogger("lampas.git")
_MOST_WANTED = 10 << 20  # bytes of a fetch's request; git http-backend has the same bound
_TRIES = 3
_BOUNDS = ("prlimit", "--as=8589934592", "--cpu=1800")  # of each process of a push: 8 GiB of addresses, 30 minutes

READ, PUSH = "git-upload-pack", "git-receive-pack"


@dataclass(frozen=True)
class Asked:
    """A request for a repository.

    Attributes:
        repository: Its name.
        service: "git-upload-pack" (clone, fetch) or "git-receive-pack" (push).
        advertise: Whether it asks for the list of refs that comes first.
        headers: CGI variables to pass on: content type and encoding, git's protocol.
        length: Bytes of the body; None: up to its end.
        body: The body.
    """

    repository: RepositoryName
    service: str
    advertise: bool
    headers: Mapping[str, str]
    length: int | None
    body: Body


@dataclass(frozen=True)
class Answer:
    """Status, headers and a body that must be read to its end or closed."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]


def serve(where: Places, asked: Asked, who: Pusher) -> Answer:
    """Serves one request.

    Args:
        where: The directories.
        asked: The request.
        who: Whoever was authenticated.

    Raises:
        NotFound: There is no such repository.
        InvalidInput: A fetch names more than is bearable.
        Failed: git did not answer.
    """
    if asked.service == PUSH and not asked.advertise:
        return _started(_push(where, asked, who))
    body = b"" if asked.advertise else _whole(asked)
    for left in range(_TRIES - 1, -1, -1):
        try:
            return _started(_read(where, asked, who, body))
        except Failed:
            if not left:
                raise
    raise AssertionError("not reached")


def _started(run: Iterator[Head | bytes]) -> Answer:
    head = next(run)
    if not isinstance(head, Head):
        raise TypeError("a body before its head")
    return Answer(head.status, head.headers, cast(Iterator[bytes], run))


def _read(where: Places, asked: Asked, who: Pusher, body: bytes) -> Iterator[Head | bytes]:
    with (
        open_view(where, Cache(where), asked.repository) as view,
        tempfile.TemporaryFile(dir=where.scratch) as log,
        Backend(["git", "http-backend"], _environment(asked, who, view, len(body)), log) as backend,
    ):
        backend.feed(body)
        yield from backend.answer()


def _push(where: Places, asked: Asked, who: Pusher) -> Iterator[Head | bytes]:
    cache = Cache(where)
    with open_view(where, cache, asked.repository) as view, tempfile.TemporaryFile(dir=where.scratch) as log:
        environment = {
            **_environment(asked, who, view, asked.length),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": str(hooks.directory(Path(where.cache) / "git-hooks")),
        }
        with Backend([*_BOUNDS, "git", "http-backend"], environment, log, talk=True) as backend:
            conversation = Conversation(asked.repository, view, who, backend.socket)
            backend.stream(asked.body, asked.length)
            try:
                yield from backend.answer(conversation)
                if backend.cut:
                    yield _lost(where)
            finally:
                if conversation.published is not None:
                    _follow(cache, asked.repository, view)


def _lost(where: Places) -> bytes:
    """What the pusher reads where git ended in the middle: what it had to say was lost with the disk it says it on."""
    free = shutil.disk_usage(where.scratch).free >> 20
    text = f"nothing was changed: the push could not be received. {free} MiB are free on the console's disk: make room"
    data = b"\x03" + f"{text}, then push again\n".encode()
    return b"%04x" % (len(data) + 4) + data


def _follow(cache: Cache, name: RepositoryName, view: Path) -> None:
    """Brings the cache up to date at once with the packs that are at hand. It may fail: the next request does it."""
    try:
        cache.ensure(name, hint=view / "objects" / "pack")
    except (LampasError, DatabaseError, OSError):
        _LOG.warning("the cache of %s could not follow its push", name, exc_info=True)


def _whole(asked: Asked) -> bytes:
    """The whole request of a fetch, so that it can be tried again."""
    data = bytearray()
    while asked.length is None or len(data) < asked.length:
        more = asked.body.read(1 << 16 if asked.length is None else min(1 << 16, asked.length - len(data)))
        if not more:
            break
        data += more
        if len(data) > _MOST_WANTED:
            raise InvalidInput("the request names too many objects", "clone anew instead of fetching")
    return bytes(data)


def _environment(asked: Asked, who: Pusher, view: Path, length: int | None) -> dict[str, str]:
    """What CGI programs are told. Whoever comes here may do what they ask for: that was decided before."""
    extra = {
        **asked.headers,
        "GIT_PROJECT_ROOT": str(view.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": "GET" if asked.advertise else "POST",
        "PATH_INFO": f"/{view.name}/" + ("info/refs" if asked.advertise else asked.service),
        "QUERY_STRING": f"service={asked.service}" if asked.advertise else "",
        "REMOTE_USER": who.name,
        "REMOTE_ADDR": "",
    }
    if length is not None and not asked.advertise:
        extra["CONTENT_LENGTH"] = str(length)
    return places.environment(extra)
