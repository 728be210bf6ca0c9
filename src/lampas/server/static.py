"""Static files of the pages, found by Django's finders and sent with a validator, so that browsers may keep them."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase

from lampas.api.permissions import declared
from lampas.core.accounts import Permission

_TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")


@declared(Permission.PUBLIC)
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """One static file, or 404. Only what the finders know can be named, so no path leads out of their folders."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse("Method not allowed", status=405, headers={"Allow": "GET, HEAD"})
    found = finders.find(path)
    if not isinstance(found, str) or not Path(found).is_file():
        return HttpResponse("not found", status=404, content_type="text/plain")
    file = Path(found)
    content, etag = _content(found, file.stat().st_mtime_ns)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    answer = HttpResponse(content, content_type=f"{kind}; charset=utf-8" if kind.startswith(_TEXT) else kind)
    answer["ETag"] = etag
    answer["Cache-Control"] = "public, max-age=300"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@lru_cache(maxsize=256)
def _content(path: str, _changed: int) -> tuple[bytes, str]:
    data = Path(path).read_bytes()
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
