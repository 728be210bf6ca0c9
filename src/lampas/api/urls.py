"""The API's routes, each of them declared; its framework adds none of its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from lampas.api.interface import api, describe, nothing

urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", describe, name="openapi"),
    *(pattern for pattern in api.urls[0] if getattr(pattern, "name", "") != "api-root"),
    path("<path:rest>", nothing),
    path("", nothing),
]
