"""Every route of the server: the API, git, static files, pages. Checked by `routes.check` before anything is served."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from lampas.api.urls import urlpatterns as api_patterns
from lampas.server.static import serve

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api_patterns)),
    path("static/<path:path>", serve, name="static"),
]
for _module in ("lampas.api.git", "lampas.console.urls"):
    if find_spec(_module) is not None:
        urlpatterns.extend(import_module(_module).urlpatterns)

handler400 = "lampas.console.failures.bad_request"
handler403 = "lampas.console.failures.forbidden"
handler404 = "lampas.console.failures.not_found"
handler500 = "lampas.console.failures.broken"
