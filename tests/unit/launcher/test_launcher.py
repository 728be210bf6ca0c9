"""The launcher: what it decides, apart from what it installs."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def launcher() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("launcher", str(ROOT / "lampas"))
    spec = importlib.util.spec_from_loader("launcher", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "lampas").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    assert (ROOT / "lampas").read_text().startswith("#!/usr/bin/python3\n")


def test_it_takes_uv_with_its_hashes_from_the_lock_itself(launcher: ModuleType) -> None:
    lock = "six==1.0 \\\n    --hash=sha256:aa\n"
    lock += "uv==0.1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n    # via x\nz==1\n"
    assert launcher.locked_lines(lock, "uv") == "uv==0.1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    real = launcher.locked_lines((ROOT / "requirements.lock").read_text(), "uv")
    assert real.startswith("uv==")
    assert "--hash=sha256:" in real


def test_a_lock_without_uv_is_an_error_that_says_so(launcher: ModuleType) -> None:
    with pytest.raises(launcher.SetUpFailed, match="does not have uv"):
        launcher.locked_lines("six==1.0\n", "uv")


def test_an_environment_is_named_by_its_locks(launcher: ModuleType) -> None:
    one = launcher.fingerprint(["requirements.lock"])
    assert one == launcher.fingerprint(["requirements.lock"])
    assert one != launcher.fingerprint(["requirements.lock", "requirements-test.lock"])


def test_no_lock_names_a_host_and_every_line_has_a_hash() -> None:
    for name in ("requirements.lock", "requirements-test.lock", "requirements-build.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


def test_every_role_has_its_packages_and_none_that_starts_a_service(launcher: ModuleType) -> None:
    table = tomllib.loads((ROOT / "packages.toml").read_text())
    assert set(table) == {"base", "console", "database", "appserver", "test"}
    wanted = launcher.wanted_packages(list(table))
    assert wanted == sorted(set(wanted))
    assert {"apache2-bin", "mariadb-server-core", "bubblewrap", "sudo", "git"} <= set(wanted)
    assert not {"apache2", "mariadb-server", "cron", "supervisor"} & set(wanted)


def test_packages_that_are_installed_are_not_missing(launcher: ModuleType) -> None:
    assert launcher.missing_packages(["dpkg", "no-such-package-of-lampas"]) == ["no-such-package-of-lampas"]


def test_a_plain_user_is_told_the_exact_command(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(launcher, "missing_packages", lambda _names: ["bubblewrap", "sudo"])
    with pytest.raises(launcher.SetUpFailed, match="apt-get install --no-install-recommends bubblewrap sudo"):
        launcher.ensure_packages(["base"])


def test_services_are_refused_while_packages_are_installed(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(launcher, "POLICY", policy)
    with launcher.no_services():
        assert "exit 101" in policy.read_text()
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()
    policy.write_text("#!/bin/sh\nexit 0\n")  # an administrator's own
    with launcher.no_services():
        pass
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_tests_run_unit_first_and_without_the_long_ones(launcher: ModuleType) -> None:
    words = launcher.pytest_arguments([])
    assert words[:3] == ["-m", "not long", "tests/unit"]
    assert "tests/integration" in words
    assert "-m" not in launcher.pytest_arguments(["--all"])
    assert launcher.pytest_arguments(["tests/unit/launcher", "-k", "uv"]) == [
        *("-m", "not long"),
        *("tests/unit/launcher", "-k", "uv"),
    ]
