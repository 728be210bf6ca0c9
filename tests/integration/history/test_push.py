"""Stock git over HTTP: push, clone, fetch, delete."""

from __future__ import annotations

from pathlib import Path

from engines.git import Served, git, ok


def refs() -> dict[str, str]:
    from lampas.store import history

    return dict(history.refs("shop"))  # type: ignore[arg-type]


def test_what_was_pushed_is_in_the_database_and_comes_back_by_clone(shop: Served, work: Path, tmp_path: Path) -> None:
    done = git(work, "push", shop.url("shop"), "main")
    assert done.ok, done.err
    head = ok(work, "rev-parse", "HEAD")
    assert refs() == {"refs/heads/main": head}
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    assert ok(tmp_path / "copy", "rev-parse", "HEAD") == head
    assert (tmp_path / "copy" / "src" / "shop.py").read_text() == "print('shop')\n"
