"""Every route declares what it asks for, and keeps it: a matrix of routes and grants, made from the routes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engines.api import ApiClient

GRANTS = (
    "",
    "viewer",
    "developer",
    "operator",
    "dba",
    "administrator",
    "viewer@shop",
    "developer@shop",
    "developer@blog",
)

# A body that each changing route accepts; what it answers beyond "you may not" is no matter here.
BODIES: dict[str, Any] = {
    "POST /api/v1/tokens": {"name": "t"},
    "POST /api/v1/users": {"name": "new"},
    "POST /api/v1/users/{name}/grants": {"grant": "viewer"},
    "POST /api/v1/repositories": {"name": "fresh"},
    "POST /api/v1/repositories/{repository}/commits": {"message": "m", "changes": {"a": {"text": "x"}}},
    "POST /api/v1/repositories/{repository}/impact": {"paths": ["a"]},
    "POST /api/v1/applications": {"name": "shop", "repository": "shop", "entry": "shop:app"},
    "PUT /api/v1/applications/{app}/definition": {"text": ""},
    "PUT /api/v1/applications/{app}/secrets/{name}": {"value": "v"},
    "PATCH /api/v1/applications/{app}/env": {"set": {"A": "b"}, "unset": []},
    "DELETE /api/v1/applications/{app}": {"confirm": "no"},
    "DELETE /api/v1/applications/{app}/data": {"confirm": "shop"},
    "DELETE /api/v1/applications/{app}/database": {"confirm": "no"},
    "POST /api/v1/applications/{app}/database/accounts": {},
    "POST /api/v1/applications/{app}/deployments": {"number": 1},
    "POST /api/v1/applications/{app}/requirements": {"requirements": ["x"]},
    "PUT /api/v1/advisories": {},
    "POST /api/v1/packages": {"names": ["libshop-perl"]},
    "POST /api/v1/applications/{app}/packages": {"names": ["libshop-perl"]},
    "POST /api/v1/applications/{app}/traffic": {"table": {"1": 100}},
    "POST /api/v1/applications/{app}/releases/{number}/setup": {"state": "done"},
    "POST /api/v1/applications/{app}/releases/{number}/run": {"argv": ["true"]},
    "POST /api/v1/applications/{app}/runs/{run_id}/signal": {"signal": "INT"},
    "POST /api/v1/applications/{app}/runs/{run_id}/size": {"rows": 24, "columns": 80},
}
PARAMETERS = {
    "app": "shop",
    "repository": "shop",
    "name": "ada",
    "token": "999999",
    "path": "x",
    "rest": "x",
    "run_id": "x",
    "package": "libshop-perl",
    "module": "Shop::Cart",
}


def _routes() -> list[Any]:
    from lampas.server import urls
    from lampas.server.routes import walk

    return list(dict.fromkeys(walk(urls.urlpatterns)))


def _api_routes() -> list[Any]:
    return [route for route in _routes() if route.pattern.startswith("/api/v1/") and route.method]


def test_every_route_declares_its_permission(tables: Any) -> None:
    from lampas.server import routes, urls

    routes.check(urls.urlpatterns)
    assert all(route.declared is not None for route in _routes())
    assert len(_api_routes()) > 30


def test_a_route_that_declares_nothing_stops_the_start(tables: Any) -> None:
    from django.http import HttpRequest, HttpResponse
    from django.urls import include, path
    from ninja import NinjaAPI

    from lampas.server import routes

    api = NinjaAPI(urls_namespace="undeclared")

    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.path)

    api.get("/bare")(bare)
    patterns = [path("open/", bare), path("in/", include((api.urls[0], "undeclared")))]
    with pytest.raises(routes.UndeclaredRoute) as caught:
        routes.check(patterns)
    assert "/open/" in caught.value.routes
    assert "GET /in/bare" in caught.value.routes


@pytest.mark.parametrize("grant", GRANTS)
def test_a_route_opens_only_to_whom_it_declares(somebody: Any, grant: str) -> None:
    client = somebody("bob", *([grant] if grant else []))
    wrong = []
    for route in _api_routes():
        status = _status(client, route)
        allowed = _allowed(route.declared, grant)
        if allowed != (status != 403):
            wrong.append((route.method, route.pattern, status))
    assert not wrong


def test_nothing_but_what_is_public_opens_without_a_login(tables: Any) -> None:
    for route in _api_routes():
        if not route.declared.open:
            assert _status(ApiClient(), route) == 401, route.pattern
        assert _status(ApiClient("lampas_wrong"), route) == 401 or route.declared.open


def test_every_route_under_the_api_answers_errors_as_problems(admin: ApiClient) -> None:
    for path in (
        "/nowhere",
        "/applications/none",
        "/operations/7",
        "/repositories/none",
        "/audit?limit=x",
        "/applications/none/releases/1",
    ):
        answer = admin.get(path)
        assert answer.kind == "application/problem+json"
        assert answer.body["status"] == answer.status
        assert set(answer.body) == {"type", "title", "status", "detail", "code", "remedy"}


def test_an_unexpected_error_tells_nothing_of_its_inside(
    admin: ApiClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from lampas.queries import nodes

    def fail() -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(nodes, "every", fail)
    answer = admin.get("/nodes")
    assert (answer.status, answer.kind) == (500, "application/problem+json")
    assert "secret path" not in str(answer.body)
    assert "a secret path" in caplog.text


def test_the_description_is_openapi_3_1(tables: Any) -> None:
    answer = ApiClient().get("/openapi.json")
    assert answer.body["openapi"].startswith("3.1")
    declared = {
        (route.method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)) for route in _api_routes() if route.method
    }
    described = {(method.upper(), path) for path, methods in answer.body["paths"].items() for method in methods}
    assert described == declared
    assert answer.body["components"]["securitySchemes"].keys() == {"token", "session"}


def _allowed(declared: Any, grant: str) -> bool:
    from lampas.core.accounts import ALLOWS, Grant, Permission

    if declared.permission is Permission.PUBLIC:
        return True
    what, _, on = grant.partition("@")
    if not what or declared.permission not in ALLOWS[Grant(what)]:
        return False
    return not on or declared.some or (declared.application != "" and on == "shop")


def _status(client: ApiClient, route: Any) -> int:
    template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)
    path = re.sub(r"{(\w+)}", lambda found: PARAMETERS.get(found[1], "1"), template)
    query = {"/why": "?module=x", "/impact": "?module=a:b", "/find": "?module=x", "/search": "?text=x"}
    ending = next((more for end, more in query.items() if path.endswith(end)), "")
    if path.endswith(("/file", "/blame", "/module")):
        ending = "?path=x"
    if path.endswith("/diff") and "repositories" in path:
        ending = "?older=x"
    body = BODIES.get(f"{route.method} {template}", {} if route.method == "POST" else None)
    answer = client.ask(route.method, path.removeprefix("/api/v1") + ending, body)
    assert answer.status not in (500, 405), (route.pattern, answer.body)
    return answer.status
