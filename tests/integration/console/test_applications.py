"""Applications in the browser: what is said about them is what was observed, and what is done goes by the actions."""

from __future__ import annotations

from typing import Any

import pytest

from integration.console import rows
from integration.console.conftest import Visit


def _asked() -> list[tuple[str, str, dict[str, Any]]]:
    from lampas.store.models import Operation

    return list(Operation.objects.filter(state="waiting").order_by("id").values_list("kind", "application", "intent"))


@pytest.fixture
def shop(place: None) -> None:
    """The small place."""


def test_a_version_that_should_run_and_does_not_is_said_first(visit: Visit, shop: None) -> None:
    from lampas.store.models import Node

    observed = {"generation": 7, "units": [rows.unit("shop", 2), rows.unit("shop", 3, "failed")]}
    Node.objects.update(observed=observed, heard=rows.now())
    page = visit().get("/").content.decode()
    assert "Version 3 of shop does not run on here" in page
    assert "Version 1 of shop is not there on here" in page
    assert "Version 2 of shop" not in page
    assert (
        "Version 3 should have traffic, but no node reports it as running" in visit().get("/apps/shop").content.decode()
    )


def test_drift_and_silence_of_a_node_are_said(visit: Visit, shop: None) -> None:
    from lampas.store.models import Node

    Node.objects.update(generation=8, heard=rows.now())
    assert "It was sent generation 8 and runs 7." in visit().get("/").content.decode()
    Node.objects.update(heard=rows.now(minutes=5))
    assert "was not heard of lately" in visit().get("/").content.decode()
    Node.objects.update(state="unreachable")
    page = visit().get("/").content.decode()
    assert "Node here does not answer" in page and "is not there on here" not in page


def test_a_report_full_of_nonsense_breaks_no_page(visit: Visit, shop: None) -> None:
    from lampas.store.models import Node

    for observed in (
        {"generation": "<b>", "units": [1, {"app": 3}, {"app": "x", "number": "y"}, None], "busy": [1]},
        {"units": {"a": 1}},
        {"units": [{"app": "<script>", "number": 1, "state": ["x"], "pids": "no", "since": -5, "wanted": "yes"}]},
    ):
        Node.objects.update(observed=observed)
        for page in ("/", "/nodes", "/nodes/here", "/apps/shop"):
            response = visit().get(page)
            assert response.status_code == 200, (page, observed)
            assert "<script>" not in response.content.decode()


def test_a_failure_that_was_made_good_needs_no_attention(visit: Visit, shop: None) -> None:
    assert "Build of shop failed" in visit().get("/").content.decode()
    rows.operation("build")
    assert "Build of shop failed" not in visit().get("/").content.decode()


def test_an_application_is_defined_by_the_form(visit: Visit, shop: None) -> None:
    form = {"name": "blog", "repository": "shop", "entry": "shop:create_app()", "persist": "instance\nvar", "hosts": ""}
    response: Any = visit().post("/new/application", form)
    assert response.headers["Location"] == "/apps/blog"
    page = visit().get("/apps/blog").content.decode()
    assert "cluster:apps/blog.toml" in page and "instance, var" in page and "Nothing was built yet" in page


def test_a_bad_definition_is_explained_and_the_form_kept(visit: Visit, shop: None) -> None:
    for changes in ({"name": "Bad Name"}, {"name": "shop"}, {"entry": "no entry"}, {"hosts": "bad host!"}):
        form = {"name": "blog", "repository": "shop", "entry": "shop:kept_entry()", **changes}
        response = visit().post("/new/application", form)
        page = response.content.decode()
        assert response.status_code == 422 and 'class="note bad"' in page, changes
        assert f'value="{form["entry"]}"' in page


def test_each_button_asks_for_its_operation(visit: Visit, shop: None) -> None:
    browser = visit("dora")
    browser.post("/apps/shop/build", {"at": ""})
    browser.post("/apps/shop/deploy", {"number": "3", "traffic": "50"})
    browser.post("/apps/shop/traffic", {"share-2": "40", "share-3": "60", "share-1": "0"})
    browser.post("/apps/shop/rollback")
    response: Any = browser.post("/apps/shop/retire", {"number": "1", "confirm": "shop/1"})
    assert response.headers["Location"].startswith("/operations/")
    asked = _asked()
    assert [kind for kind, _, _ in asked] == ["build", "deploy", "traffic", "rollback", "retire"]
    assert asked[1][2]["number"] == 3 and asked[1][2]["traffic"] == 50
    assert asked[2][2]["table"] == {"2": 40, "3": 60}


@pytest.mark.parametrize(
    ("where", "form", "said"),
    [
        ("traffic", {"share-2": "40", "share-3": "50"}, "add up to 90"),
        ("traffic", {"share-2": "x"}, "not a whole number"),
        ("deploy", {"number": "4", "traffic": "100"}, "did not start"),
        ("deploy", {"number": "3", "traffic": "101"}, "101"),
        ("build", {"at": "no-such-branch"}, "no-such-branch"),
        ("retire", {"number": "2", "confirm": "shop/2"}, "of the traffic"),
        ("retire", {"number": "1", "confirm": "shop"}, "type shop/1"),
        ("delete", {"confirm": "shop "}, "not shop"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_asked(
    visit: Visit, shop: None, where: str, form: dict[str, str], said: str
) -> None:
    response = visit().post(f"/apps/shop/{where}", form)
    assert 400 <= response.status_code < 500
    page = response.content.decode()
    assert said in page and "note bad" in page
    assert _asked() == []


def test_a_viewer_is_told_why_and_is_refused(visit: Visit, shop: None) -> None:
    from lampas.store.models import AuditRow

    browser = visit("vera")
    page = browser.get("/apps/shop").content.decode()
    assert "It takes the permission “deploy” on shop, which you do not have." in page
    for where, form in (("build", {}), ("rollback", {}), ("deploy", {"number": "3", "traffic": "1"})):
        assert browser.post(f"/apps/shop/{where}", form).status_code == 403
    assert _asked() == []
    assert AuditRow.objects.filter(actor="vera", outcome="denied").count() == 3


def test_the_verdict_names_what_a_rollback_changes(visit: Visit, shop: None) -> None:
    page = visit().get("/apps/shop").content.decode()
    assert "Nothing else is different" in page
    rows.traffic("shop", {"3": 100})
    page = visit().get("/apps/shop").content.decode()
    assert "1 distribution: flask" in page


def test_two_releases_are_compared(visit: Visit, shop: None) -> None:
    page = visit().get("/apps/shop/compare?from=1&to=2").content.decode()
    assert "3.1.1" in page and "3.1.2" in page and "shop/orders.py" in page
    link = page.split('href="/apps/shop/compare/file')[1].split('"')[0].replace("&amp;", "&")
    difference = visit().get(f"/apps/shop/compare/file{link}").content.decode()
    assert difference.count('<tr class="add">') == 4 and "thank you" in difference
    absent = "/apps/shop/compare/file?from=1&to=2&repository=shop&path=unused.py"
    assert visit().get(absent).status_code == 404


def test_a_release_shows_its_log_and_unresolved_names(visit: Visit, shop: None) -> None:
    page = visit().get("/apps/shop/releases/4").content.decode()
    assert "ImportError: no module named shop.cart" in page
    assert "win32api" in page and "shop/orders.py:1" in page


def test_the_closure_gives_the_reason_of_each_member(visit: Visit, shop: None) -> None:
    page = visit().get("/apps/shop/closure").content.decode()
    assert "shop.catalogue" in page and "unused.py" not in page
    assert "/code/cluster/file/apps/shop.toml?at=" in page and "/code/shop/file/shop/__init__.py?at=" in page
    cut = visit().get("/apps/shop/closure?q=orders").content.decode()
    assert "shop/orders.py" in cut and "shop/templates" not in cut
    wrong = visit().get("/apps/shop/closure?at=nothing")
    assert wrong.status_code == 422 and "note bad" in wrong.content.decode()


def test_why_shows_the_chain_or_says_that_it_is_not_there(visit: Visit, shop: None) -> None:
    page = visit().get("/apps/shop/why?module=shop.orders").content.decode()
    assert page.index("app shop") < page.index("declared in") < page.index("import in")
    absent = visit().get("/apps/shop/why?module=unused")
    assert absent.status_code == 404 and "not in the closure" in absent.content.decode()


def test_settings_are_shown_by_name_alone(visit: Visit, shop: None) -> None:
    from lampas.store.models import Release

    Release.objects.update(
        env={"SHOP_KEY": "canary-secret"}, definition={"name": "shop", "env": {"K": "canary-secret"}}
    )
    for page in ("/apps/shop", "/apps/shop/releases/2", "/apps/shop/compare?from=2&to=3", "/audit", "/operations"):
        assert "canary-secret" not in visit().get(page).content.decode(), page


def test_an_operation_is_followed_until_it_ends(visit: Visit, shop: None) -> None:
    from lampas.store.models import Operation

    steps = [("tree", "done", "14 files", ""), ("verify", "running", "starting it alone", "here")]
    row = rows.operation("build", state="running", steps=steps)
    browser = visit()
    page = browser.get(f"/operations/{row.pk}").content.decode()
    assert f'hx-get="/operations/{row.pk}/steps"' in page and 'http-equiv="refresh"' in page
    live = browser.get(f"/operations/{row.pk}/steps")
    assert (
        live.status_code == 200
        and "<html" not in live.content.decode()
        and "starting it alone" in live.content.decode()
    )
    Operation.objects.update(state="done", ended=rows.now(), result={"number": 3})
    assert browser.get(f"/operations/{row.pk}/steps").status_code == 286
    page = browser.get(f"/operations/{row.pk}").content.decode()
    assert "hx-get" not in page and "/apps/shop/releases/3" in page


def test_a_failed_operation_says_why_and_what_to_do(visit: Visit, shop: None) -> None:
    from lampas.store.models import Operation

    page = visit().get(f"/operations/{Operation.objects.get(state='failed').pk}").content.decode()
    assert "release 4 of shop was built and does not start" in page and "read its log" in page


def test_operations_are_paged_from_the_newest(visit: Visit, shop: None) -> None:
    for number in range(60):
        rows.operation("build", steps=[], intent={"at": f"branch-{number}"})
    browser = visit()
    first = browser.get("/operations").content.decode()
    assert "branch-59" in first and "branch-9<" not in first and "Older" in first
    before = first.split("before=")[1].split('"')[0]
    second = browser.get(f"/operations?before={before}").content.decode()
    assert "branch-9<" in second and "Newest" in second
