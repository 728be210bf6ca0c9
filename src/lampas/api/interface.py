"""The API as one object: its routes, its description, and errors as problem documents."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI

from lampas.api.permissions import declared
from lampas.api.problems import install, problem
from lampas.api.routes import (
    accounts,
    applications,
    closures,
    code,
    commands,
    databases,
    disk,
    distributions,
    hooks,
    logs,
    modules,
    nodes,
    operations,
    packages,
    releases,
    repositories,
    secrets,
    traffic,
)
from lampas.core.accounts import Permission
from lampas.errors import NotFound

VERSION = "1"
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "lampas token create"},
    "session": {"type": "apiKey", "in": "cookie", "name": "lampas_session"},
}

api = NinjaAPI(
    title="LAMPAS",
    version=VERSION,
    description="Code, releases, nodes. Errors are RFC 9457 problem documents; long work answers 202 and an operation.",
    openapi_url=None,
    docs_url=None,
    openapi_extra={"security": [{name: []} for name in _SECURITY]},
)
install(api)
_PARTS = (
    accounts,
    repositories,
    code,
    modules,
    applications,
    closures,
    releases,
    hooks,
    distributions,
    packages,
    traffic,
    commands,
    secrets,
    logs,
    databases,
    disk,
    operations,
    nodes,
)
for _part in _PARTS:
    api.add_router("", _part.router)


@declared(Permission.PUBLIC)
def describe(_request: HttpRequest) -> JsonResponse:
    """The OpenAPI 3.1 description."""
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    document["components"]["securitySchemes"] = _SECURITY
    return JsonResponse(document)


@declared(Permission.PUBLIC)
def nothing(request: HttpRequest, **_rest: str) -> HttpResponse:
    """Every other path under `/api/v1`."""
    return problem(NotFound(f"the API has no route {request.path}", "see /api/v1/openapi.json"))


nothing.csrf_exempt = True  # type: ignore[attr-defined]  # it changes nothing, and says so to tokens as well
