"""Roundup, an issue tracker that knows nothing of LAMPAS, in two versions with a database each; then one is upgraded.

The steps are one story: each test stands on the one before, as a user's days do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engines import sources
from engines.definitions import define, with_secret
from engines.node import Node

pytestmark = pytest.mark.long
OLD, NEW = "issues-old", "issues-new"


class Tracker:
    """A person at a tracker in a browser."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def log_in(self) -> None:
        """As its administrator."""
        page = self._submit("/", {"@action": "login", "__login_name": "admin", "__login_password": "a-word-of-admin"})
        assert "Logout" in page.text, page.text

    def report(self, title: str) -> str:
        """A new issue; returns its path."""
        fields = {"@action": "new", "title": title, "priority": "bug", "status": "unread", "@note": "It happens."}
        page = self._submit("/issue?@template=item", fields)
        assert page.status_code == 200, page.text
        return page.url.path

    def read(self, path: str) -> str:
        """A page's text."""
        page = self._client.get(path)
        assert page.status_code == 200, page.text
        return page.text

    def _submit(self, path: str, fields: dict[str, str]) -> httpx.Response:
        token = re.search(r'name="@csrf"[^>]*value="([^"]+)"', self.read(path))
        assert token, "the page has no form"
        site = f"http://{self._client.headers['Host']}"
        answer = self._client.post(
            path.partition("?")[0],
            data={**fields, "@csrf": token[1]},
            headers={"Referer": f"{site}/", "Origin": site},
        )
        if not answer.has_redirect_location:
            return answer
        return self._client.get(answer.headers["Location"].removeprefix(site))  # the name is no name to libc


@pytest.fixture(scope="module")
def commits(node: Node, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Both versions as two commits of one repository."""
    found = {}
    for version in ("2.4.0", "2.6.0"):
        tree = sources.unpack(f"roundup=={version}", tmp_path_factory.mktemp(version))
        found[version] = node.json("import", str(tree), "--repo", "roundup", "-m", version)["commit"]
    return found


@pytest.fixture(scope="module")
def trackers(node: Node, commits: dict[str, str]) -> Iterator[dict[str, Tracker]]:
    """Both trackers live, with an administrator logged in at each."""
    for name, version in ((OLD, "2.4.0"), (NEW, "2.6.0")):
        define(node, "roundup", name)
        with_secret(node, name, "TRACKER_KEY", f"key of {name}")
        with_secret(node, name, "TRACKER_ADMIN", "a-word-of-admin")
        built = node.json("release", "build", name, "--at", commits[version])
        assert built["verify"]["ok"], built
        node.json("deploy", name, str(built["number"]))
    with node.browser(OLD) as old, node.browser(NEW) as new:
        found = {OLD: Tracker(old), NEW: Tracker(new)}
        for tracker in found.values():
            tracker.log_in()
        yield found


def test_an_issue_that_was_reported_is_read_back(trackers: dict[str, Tracker]) -> None:
    for name, tracker in trackers.items():
        path = tracker.report(f"Reported at {name}")
        assert f"Reported at {name}" in tracker.read(path)


def test_each_tracker_has_a_database_of_its_own(trackers: dict[str, Tracker]) -> None:
    assert f"Reported at {NEW}" not in trackers[OLD].read("/issue")
    assert f"Reported at {OLD}" not in trackers[NEW].read("/issue")


def test_the_old_tracker_is_upgraded_in_place_and_keeps_its_issues(
    node: Node, trackers: dict[str, Tracker], commits: dict[str, str]
) -> None:
    built = node.json("release", "build", OLD, "--at", commits["2.6.0"])
    assert (built["number"], built["verify"]["ok"]) == (2, True)
    node.json("deploy", OLD, "2")
    assert node.get(OLD).headers["Lampas-Release"] == f"{OLD}/2"
    assert f"Reported at {OLD}" in trackers[OLD].read("/issue")
    assert "Reported after" in trackers[OLD].read(trackers[OLD].report("Reported after the upgrade"))


def test_it_is_rolled_back_with_all_that_was_reported(node: Node, trackers: dict[str, Tracker]) -> None:
    assert node.json("rollback", OLD)["number"] == 1
    assert node.get(OLD).headers["Lampas-Release"] == f"{OLD}/1"
    page = trackers[OLD].read("/issue")
    assert f"Reported at {OLD}" in page
    assert "Reported after the upgrade" in page


def test_its_source_is_as_its_authors_wrote_it(node: Node, commits: dict[str, str], tmp_path: Path) -> None:
    node.lampas("release", "export", NEW, "1", str(tmp_path / "tree"))
    (handler,) = (tmp_path / "tree").rglob("wsgi_handler.py")
    assert "WSGI interface for Roundup Issue Tracker" in handler.read_text()
