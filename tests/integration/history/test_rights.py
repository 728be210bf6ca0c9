"""Who may read and push, and what those are told who may not."""

from __future__ import annotations

import http.client
from datetime import timedelta
from pathlib import Path

import pytest

from engines.git import Served, git, ok, stored_refs


def ask(served: Served, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """One request without credentials."""
    client = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    client.request(method, path)
    answer = client.getresponse()
    body = answer.read().decode()
    client.close()
    return answer.status, dict(answer.getheaders()), body


def test_without_credentials_the_client_is_asked_for_them(shop: Served) -> None:
    status, headers, body = ask(shop, "/git/shop.git/info/refs?service=git-upload-pack")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")
    assert "token" in body


def test_a_wrong_an_expired_and_a_revoked_token_are_refused(shop: Served, work: Path) -> None:
    from lampas.store import tokens

    expired = tokens.issue("ada", "old", timedelta(seconds=-1)).token
    revoked = tokens.issue("ada", "gone", timedelta(days=1))
    tokens.revoke(revoked.id)
    for token in ("wrong", "lampas_" + "0" * 64, expired, revoked.token):
        for done in (
            git(work, "push", shop.url("shop", token), "main"),
            git(work, "ls-remote", shop.url("shop", token)),
        ):
            assert not done.ok
            assert "Authentication failed" in done.err or "unknown, expired or revoked" in done.err, done.err
    assert stored_refs() == {}


def test_who_may_view_may_clone_and_not_push(shop: Served, work: Path, tmp_path: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    ok(tmp_path, "clone", "-q", shop.url("shop", shop.reader), "copy")
    done = git(work, "push", shop.url("shop", shop.reader), "main:other")
    assert not done.ok
    assert "vic may not do this: it needs the permission 'code'" in done.err
    assert set(stored_refs()) == {"refs/heads/main"}


def test_a_disabled_person_is_nobody(shop: Served, work: Path) -> None:
    from datetime import UTC, datetime

    from lampas.store.models import Person

    Person.objects.filter(name="ada").update(disabled=datetime.now(UTC))
    assert not git(work, "push", shop.url("shop"), "main").ok


def test_a_push_to_a_wrong_name_is_told_so_and_makes_nothing(served: Served, work: Path) -> None:
    from lampas.store.models import Repository

    done = git(work, "push", served.url("shpo"), "main")
    assert not done.ok
    assert "there is no repository shpo" in done.err
    assert "lampas repo create shpo" in done.err
    assert not Repository.objects.exists()


@pytest.mark.parametrize("name", ["UPPER", "a..b", "x.lock", "%2e%2e%2fetc"])
def test_a_name_that_none_can_have_is_told_so(served: Served, work: Path, name: str) -> None:
    done = git(work, "push", served.url(name), "main")
    assert not done.ok
    assert "is not a repository name" in done.err or "not found" in done.err


@pytest.mark.parametrize("path", ["/git/shop.git/HEAD", "/git/shop.git/objects/info/packs", "/git/shop/info/refs"])
def test_nothing_but_the_smart_protocol_is_served(shop: Served, path: str) -> None:
    assert ask(shop, path)[0] in (401, 403, 404)
    assert ask(shop, path, "POST")[0] in (401, 403, 404)


def test_the_dumb_protocol_is_refused_in_words(shop: Served) -> None:
    status, _, body = ask(shop, "/git/shop.git/info/refs")
    assert (status, "smart protocol" in body) == (403, True)
