"""Django's own source distribution, some 6,900 files, as a repository: imported, pushed, cloned, the same again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engines import sources
from engines.node import Node

Git = Callable[..., str]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its files, owned by whoever runs the tests, as git wants them."""
    place = tmp_path_factory.mktemp("django")
    return Path(shutil.copytree(sources.unpack("django==5.2.9", place), place / "own"))


@pytest.fixture
def git(node: Node) -> Git:
    """Stock git with a token of this node."""
    token = node.json("token", "create", "--name", "large")["token"]
    env = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "http://127.0.0.1"}
    env["GIT_CONFIG_KEY_0"] = f"url.http://me:{token}@127.0.0.1.insteadOf"

    def run(*words: str, cwd: Path) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(["git", *who, *words], cwd=cwd, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _tree_id(git: Git, cwd: Path) -> str:
    return git("rev-parse", "HEAD^{tree}", cwd=cwd)


@pytest.mark.long
def test_a_large_tree_is_pushed_and_cloned_whole(node: Node, git: Git, tree: Path, tmp_path: Path) -> None:
    node.json("repo", "create", "django")
    remote = f"http://127.0.0.1:{node.console_port}/git/django.git"
    git("init", "-q", "-b", "main", cwd=tree)
    git("add", "--all", "--force", cwd=tree)
    git("commit", "-qm", "Django, as it is distributed", cwd=tree)
    git("push", "-q", remote, "main", cwd=tree)
    git("clone", "-q", remote, "clone", cwd=tmp_path)
    assert _tree_id(git, tmp_path / "clone") == _tree_id(git, tree)
    assert len(git("ls-files", cwd=tmp_path / "clone").splitlines()) > 6_800


@pytest.mark.long
def test_the_same_tree_imported_is_the_same_commit_tree(node: Node, git: Git, tree: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(tree, plain, ignore=shutil.ignore_patterns(".git"))
    imported = node.json("import", str(plain), "--repo", "django-imported")
    assert imported["files"] > 6_800
    remote = f"http://127.0.0.1:{node.console_port}/git/django-imported.git"
    git("clone", "-q", remote, "clone", cwd=tmp_path)
    git("add", "--all", "--force", cwd=tmp_path / "clone")
    files = {str(path.relative_to(plain)) for path in plain.rglob("*") if path.is_file()}
    assert set(git("ls-files", "-z", cwd=tmp_path / "clone").split("\0")) - {""} == files
    assert not node.json("import", str(plain), "--repo", "django-imported")["changed"]
