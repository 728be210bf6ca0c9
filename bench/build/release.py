"""How long the engine takes: a release of 1,500 modules, first and after one module changed; the index of a large tree.

    python bench/build/release.py [--tree DIR]      (a MariaDB of its own, made and removed)

Gate: one module of 1,500 changed ≤ 2 s (verification apart: it is the application's own start). With `--tree DIR` (an
unpacked source distribution of Django) also the first index of its Python files, and the closure when nothing changed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from spread import spread  # noqa: E402

from engines.mariadb import MariaDB  # noqa: E402

MODULES = 1500
ROUNDS = 7


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--tree", type=Path)
    tree = asked.parse_args().tree
    with tempfile.TemporaryDirectory() as folder:
        database = MariaDB(Path(folder))
        database.start()
        try:
            database.sql("CREATE DATABASE lampas CHARACTER SET utf8mb4")
            _django(database, Path(folder))
            print(json.dumps({**_release(), **(_index(tree) if tree else {})}, indent=2))
        finally:
            database.stop()


def _django(database: MariaDB, folder: Path) -> None:
    settings = json.loads((HERE.parents[1] / "tests/server.json").read_text())
    settings |= {
        "database": {"socket": str(database.socket), "name": "lampas", "user": "root", "password": ""},
        "cache": str(folder / "cache"),
        "scratch": str(folder / "tmp"),
        "uv_cache": str(folder / "uv"),
        "uv": str(Path(sys.executable).parent / "uv"),
    }
    (folder / "tmp").mkdir()
    (folder / "server.json").write_text(json.dumps(settings))
    os.environ["LAMPAS_SERVER"] = str(folder / "server.json")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lampas.server.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


class Starts:
    """A verifier that takes no time: what is measured is the engine."""

    def verify(self, *_: Any) -> Any:
        """Says that it started."""
        from lampas.core.release.values import VerifyReport

        return VerifyReport(True, "")


class Clock:
    """Seconds from each step to the next."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self._last: tuple[str, float] | None = None

    def __call__(self, step: str, _: str) -> None:
        """A step begins."""
        self.stop()
        self._last = (step, time.perf_counter())

    def stop(self) -> None:
        """The last step has ended."""
        if self._last is not None:
            self.seconds.setdefault(self._last[0], []).append(time.perf_counter() - self._last[1])
        self._last = None


def _module(number: int, text: str = "") -> bytes:
    needs = "".join(f"from shop.part{n % 30} import module{n}\n" for n in (number * 2, number * 2 + 1) if n < MODULES)
    return (needs + text + "def f(x):\n    return {'a': x, 'b': [x] * 3}\n" * 30).encode()


def _commit(repository: str, files: Mapping[str, bytes], parent: str | None = None) -> str:
    from django.conf import settings

    from lampas.core.names import Oid, RepositoryName
    from lampas.git.writer import GitWriter

    writer, name = GitWriter(settings.CONFIGURATION), RepositoryName(repository)
    if parent is None:
        writer.create(name)
    before = Oid(parent) if parent else None
    return writer.write(name, "main", files, message="change", author="Ada", email="ada@x", parent=before)


def _release() -> dict[str, Any]:
    from django.conf import settings

    from lampas.build import pipeline
    from lampas.core.names import AppName
    from lampas.git.reader import GitReader

    files = {f"shop/part{number % 30}/module{number}.py": _module(number) for number in range(MODULES)}
    files |= {f"shop/part{number}/__init__.py": b"" for number in range(30)}
    files["shop/__init__.py"] = b"from shop.part1 import module1\ndef app(*_): ...\n"
    files["lampas.toml"] = b'[app.shop]\nentry = "shop:app"\nlinks = ["shop/**"]\n'
    head = _commit("shop", files)
    clock, changed = Clock(), []

    def build() -> float:
        begun = time.perf_counter()
        built = pipeline.build(GitReader(settings.CONFIGURATION), AppName("shop"), None, {}, "bench", clock, Starts())
        clock.stop()
        assert built.members > MODULES
        return time.perf_counter() - begun

    first, clock.seconds = build(), {}
    for round_ in range(ROUNDS):
        text = f"ROUND = {round_}\n"
        head = _commit("shop", {"shop/part7/module7.py": _module(7, text)}, head)
        changed.append(build())
    steps = {step: spread(seconds, 3) for step, seconds in clock.seconds.items()}
    return {"first_build_s": round(first, 2), "one_of_1500_changed_s": spread(changed, 3), "steps_s": steps}


def _index(tree: Path) -> dict[str, Any]:
    from django.conf import settings

    from lampas.build import closures, definitions
    from lampas.core.names import AppName, RepositoryName
    from lampas.git.reader import GitReader
    from lampas.store import facts, projections

    files = {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    files["lampas.toml"] = b'[app.large]\nentry = "django.core.wsgi:get_wsgi_application()"\n'
    _commit("large", files)
    reader, unchanged = GitReader(settings.CONFIGURATION), []

    def closure() -> float:
        begun = time.perf_counter()
        definition = definitions.find(reader, AppName("large"))
        closures.compute(reader, definition, definition.commit)
        return time.perf_counter() - begun

    first = closure()
    for _ in range(ROUNDS):
        facts.forget()
        unchanged.append(closure())
    warm = [closure() for _ in range(ROUNDS)]
    begun = time.perf_counter()
    projections.refresh(reader, RepositoryName("large"))
    table = time.perf_counter() - begun
    begun = time.perf_counter()
    projections.refresh(reader, RepositoryName("large"))
    again = time.perf_counter() - begun
    return {
        "files": len(files),
        "first_index_s": round(first, 2),
        "closure_unchanged_new_process_s": spread(unchanged, 3),
        "closure_unchanged_s": spread(warm, 3),
        "module_table_s": round(table, 3),
        "module_table_unchanged_s": round(again, 3),
    }


if __name__ == "__main__":
    main()
