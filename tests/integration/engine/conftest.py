"""A workshop for builds: real history in MariaDB, real uv, and a verifier that really starts the release."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engines import sources

if TYPE_CHECKING:
    from lampas.core.definition.values import Definition
    from lampas.core.distributions.sources import WheelBuilder
    from lampas.core.nodestate import Manifest, ReleaseOnNode
    from lampas.core.release.values import Built, VerifyReport

_START = """
import sys
sys.path[:0] = {paths!r}
import importlib
module, _, attribute = {entry!r}.partition(":")
found = importlib.import_module(module)
for part in attribute.removesuffix("()").split("."):
    found = getattr(found, part)
found = found() if attribute.endswith("()") else found
assert callable(found)
"""


class StartingVerifier:
    """Writes the release out of the store and imports its entry with Debian's Python and nothing else."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.calls = 0

    def verify(self, manifest: Manifest, release: ReleaseOnNode, env: Mapping[str, str], _: Definition) -> VerifyReport:
        """See `lampas.core.release.values.Verifier`."""
        from lampas.build.exporting import SITE, export
        from lampas.core.release.values import VerifyReport

        self.calls += 1
        tree = self.directory / f"{release.app}-{release.number}-{self.calls}"
        export(manifest.app, release.number, tree)
        paths = [str(tree / "code" / manifest.root), str(tree / SITE)]
        argv = ["/usr/bin/python3", "-I", "-S", "-B", "-c", _START.format(paths=paths, entry=manifest.entry)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=dict(env), cwd=tree / "code")
        return VerifyReport(done.returncode == 0, done.stdout + done.stderr)


class Workshop:
    """Commits files and builds releases from them."""

    def __init__(self, directory: Path, trees: Path) -> None:
        from django.conf import settings

        from lampas.git.reader import GitReader
        from lampas.git.writer import GitWriter

        self.directory = directory
        self.reader = GitReader(settings.CONFIGURATION)
        self.writer = GitWriter(settings.CONFIGURATION)
        self.verifier = StartingVerifier(trees)
        self.builder: WheelBuilder | None = None
        self.steps: list[tuple[str, str]] = []
        self._heads: dict[str, str] = {}

    def commit(self, repository: str, files: Mapping[str, str | bytes | None]) -> str:
        """Commits files on main; the repository is made if needed. Returns the commit."""
        from lampas.core.names import Oid, repository_name

        name = repository_name(repository)
        if repository not in self._heads:
            self.writer.create(name)
        data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        parent = Oid(self._heads[repository]) if repository in self._heads else None
        head = self.writer.write(name, "main", data, message="change", author="Ada", email="ada@x", parent=parent)
        self._heads[repository] = head
        return head

    def define(self, app: str, text: str) -> None:
        """Writes apps/APP.toml to the repository `cluster`."""
        self.commit("cluster", {f"apps/{app}.toml": f"[app.{app}]\n{text}"})

    def build(
        self,
        app: str,
        at: str | None = None,
        pins: Mapping[str, str] | None = None,
        anew: bool = False,
        base: int | None = None,
    ) -> Built:
        """Builds a release."""
        from lampas.build import pipeline
        from lampas.core.names import app_name

        self.steps = []
        return pipeline.build(
            self.reader,
            app_name(app),
            at,
            pins or {},
            "ada",
            lambda step, detail: self.steps.append((step, detail)),
            self.verifier,
            anew=anew,
            builder=self.builder,
            base=base,
        )


@pytest.fixture
def workshop(tables: Path, tmp_path: Path) -> Workshop:
    """An empty store, real git, real uv."""
    from lampas.store import facts

    facts.forget()
    return Workshop(tables, tmp_path)


@pytest.fixture(scope="session")
def flaskr(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """examples/tutorial of Flask's own source distribution, by path."""
    tutorial = sources.unpack("flask==3.1.2", tmp_path_factory.mktemp("flask")) / "examples" / "tutorial"
    return {str(path.relative_to(tutorial)): path.read_bytes() for path in tutorial.rglob("*") if path.is_file()}
