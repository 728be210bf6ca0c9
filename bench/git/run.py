"""git through LAMPAS against git on the same disk: clone, durable push, cold cache. Run: python bench/git/run.py

The reference is stock git on a bare repository without hooks or database (`file://`). MariaDB runs as on a node:
every commit is synced to disk. All rounds of one measure alternate between LAMPAS and the reference.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from engines.git import git, ok  # noqa: E402
from engines.gunicorn import Gunicorn  # noqa: E402
from engines.mariadb import MariaDB  # noqa: E402
from engines.sources import unpack  # noqa: E402

GATES = {"clone": 1.5, "push": 150.0, "cold": 300.0}
COLD = 200 << 20  # bytes of the pack for the cold cache


def main() -> int:
    """Measures and prints; returns 1 where a gate is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--json", type=Path, help="also write the results to this file")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="lampas-bench-git-") as name:
        results = measure(Path(name), given.rounds)
    for line in report(results):
        print(line)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0 if all(row["ok"] for row in results.values()) else 1


def measure(directory: Path, rounds: int) -> dict[str, dict[str, object]]:
    """Sets everything up, measures, and ends what it started."""
    tree = django_tree(directory)
    database = MariaDB(directory / "database")
    (directory / "database").mkdir()
    database.start()
    try:
        settings = configure(directory, database)
        token = prepare(settings)
        console = Gunicorn(directory / "server.json", directory / "console.log")
        console.start()
        try:
            url = f"http://x:{token}@127.0.0.1:{console.port}/git"
            return {
                **clones(directory, tree, url, rounds),
                **pushes(directory, tree, url, rounds),
                **cold(directory, rounds),
            }
        finally:
            console.stop()
    finally:
        database.stop()


def django_tree(directory: Path) -> Path:
    """Django's source distribution as a repository of one commit; about 6,900 files."""
    (directory / "download").mkdir()
    try:
        found = unpack("django==5.2.8", directory / "download")
    except Exception as error:
        raise SystemExit(f"Django's source distribution cannot be fetched: {error}") from error
    tree = directory / "tree"
    shutil.copytree(found, tree, symlinks=True)  # so that the files are ours: git refuses those of others
    ok(tree, "init", "-q", "-b", "main")
    ok(tree, "add", "-A", "-f")
    ok(tree, "commit", "-q", "-m", "Django")
    print(f"tree: {len(ok(tree, 'ls-files').splitlines())} files of Django 5.2.8")
    return tree


def configure(directory: Path, database: MariaDB) -> Path:
    """Writes the server's configuration, with a database that syncs every commit."""
    database.sql("CREATE DATABASE lampas CHARACTER SET utf8mb4")
    database.sql("SET GLOBAL innodb_flush_log_at_trx_commit=1; SET GLOBAL sync_binlog=1")
    settings = {
        "node": "here", "home": str(directory), "domain": "localhost", "port": 1, "console_port": 2,
        "bind": "127.0.0.1", "secret_key": "for measuring alone", "cache": str(directory / "cache"),
        "scratch": str(directory / "scratch"), "uv_cache": "", "uv": "uv", "client_certificate": "",
        "client_key": "", "nodes_ca": "", "signing_key": "", "doorbell": "", "front_secret": "", "isolation": "none",
        "database": {"socket": str(database.socket), "name": "lampas", "user": "root", "password": ""},
    }  # fmt: skip
    path = directory / "server.json"
    path.write_text(json.dumps(settings))
    return path


def prepare(settings: Path) -> str:
    """Makes the tables, three repositories and a developer. Returns the developer's token."""
    os.environ["LAMPAS_SERVER"] = str(settings)
    os.environ["DJANGO_SETTINGS_MODULE"] = "lampas.server.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from lampas.core.accounts import Grant
    from lampas.core.names import RepositoryName
    from lampas.store import history, people, tokens

    call_command("migrate", verbosity=0)
    for name in ("clone", "push", "cold"):
        history.create(RepositoryName(name))
    people.add("ada", "ada@localhost")
    people.grant("ada", Grant.DEVELOPER, "")
    return tokens.issue("ada", "bench", timedelta(days=1)).token


def clones(directory: Path, tree: Path, url: str, rounds: int) -> dict[str, dict[str, object]]:
    """`git clone --bare` of the tree, through LAMPAS and from file://, both warm."""
    ok(tree, "push", "-q", f"{url}/clone.git", "main")
    ok(directory, "init", "-q", "--bare", "-b", "main", "reference.git")
    ok(tree, "push", "-q", f"file://{directory}/reference.git", "main")
    out = directory / "out"

    def clone(source: str) -> Callable[[], None]:
        def run() -> None:
            ok(directory, "clone", "-q", "--bare", source, str(out))

        return run

    def clean() -> None:
        shutil.rmtree(out, ignore_errors=True)

    ours, theirs = alternate(
        clone(f"{url}/clone.git"), clone(f"file://{directory}/reference.git"), rounds, between=clean
    )
    return {"clone": ratio("git clone of the tree, against file://", ours, theirs, GATES["clone"])}


def pushes(directory: Path, tree: Path, url: str, rounds: int) -> dict[str, dict[str, object]]:
    """A durable push of one changed file on top of the tree."""
    work = directory / "work"
    shutil.copytree(tree, work, symlinks=True)
    ok(work, "push", "-q", f"{url}/push.git", "main")
    reference = directory / "reference.git"
    ok(reference, "config", "core.fsync", "all")
    counter = iter(range(10**6))

    def change() -> None:
        (work / "changed.txt").write_text(f"{next(counter)}\n")
        ok(work, "add", "changed.txt")
        ok(work, "commit", "-q", "-m", "change")

    ours, theirs = alternate(
        lambda: ok(work, "push", "-q", f"{url}/push.git", "main"),
        lambda: ok(work, "push", "-q", f"file://{reference}", "main"),
        rounds,
        between=change,
    )
    measured = ratio("durable push of one file, ms", ours, theirs, None)
    middle = statistics.median(ours) * 1000
    return {"push": {**measured, "value": middle, "gate": GATES["push"], "unit": "ms", "ok": middle <= GATES["push"]}}


def cold(directory: Path, rounds: int) -> dict[str, dict[str, object]]:
    """The cache of a repository with a large pack, made anew from MariaDB."""
    from lampas.core.history.values import RefUpdate
    from lampas.core.names import Oid, RepositoryName
    from lampas.git.cache import Cache
    from lampas.server.configuration import read
    from lampas.store import history, history_packs

    large = directory / "large"
    large.mkdir()
    ok(large, "init", "-q", "-b", "main")
    for number in range(8):
        (large / f"{number}.bin").write_bytes(os.urandom(COLD // 8))
    ok(large, "add", "-A")
    ok(large, "commit", "-q", "-m", "large")
    ok(large, "-c", "pack.window=0", "repack", "-adq")
    name = RepositoryName("cold")
    pack = history_packs.at(next((large / ".git/objects/pack").glob("*.pack")))
    history_packs.stage(history.stand(name).id, pack)
    head = Oid(ok(large, "rev-parse", "HEAD"))
    history.publish(name, [pack.name], [RefUpdate("refs/heads/main", None, head)])
    cache = Cache(read(directory / "server.json"))
    size = pack.pack.stat().st_size / 1e6
    rates = []
    for _ in range(rounds):
        cache.drop(name)
        started = time.perf_counter()
        cache.ensure(name)
        rates.append(size / (time.perf_counter() - started))
    assert git(cache.path(name), "fsck", "--full").ok
    middle = statistics.median(rates)
    return {
        "cold": {
            "what": f"cold cache of {size:.0f} MB from MariaDB, MB/s", "value": middle, "unit": "MB/s",
            "gate": GATES["cold"], "ok": middle >= GATES["cold"], "ours": rates, "theirs": [],
        }
    }  # fmt: skip


def alternate(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, *, between: Callable[[], None]
) -> tuple[list[float], list[float]]:
    """Seconds of each round, in turn; the first round of both warms up and does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for which, run in enumerate((ours, theirs)):
            between()
            started = time.perf_counter()
            run()
            if number:
                times[which].append(time.perf_counter() - started)
    between()
    return times


def ratio(what: str, ours: list[float], theirs: list[float], gate: float | None) -> dict[str, object]:
    """The medians' ratio, with what it comes from."""
    value = statistics.median(ours) / statistics.median(theirs)
    passed = gate is None or value <= gate
    return {"what": what, "value": value, "unit": "x", "gate": gate, "ok": passed, "ours": ours, "theirs": theirs}


def report(results: dict[str, dict[str, object]]) -> list[str]:
    """A line for each measure."""
    lines = []
    for row in results.values():
        sign = ">=" if row["unit"] == "MB/s" else "<="
        spread = []
        for label in ("ours", "theirs"):
            values = row[label]
            assert isinstance(values, list)
            if values:
                scale, unit = (1.0, "MB/s") if row["unit"] == "MB/s" else (1000.0, "ms")
                spread.append(
                    f"{'LAMPAS' if label == 'ours' else 'reference'} {statistics.median(values) * scale:.0f} {unit}"
                    f" ({min(values) * scale:.0f} to {max(values) * scale:.0f})"
                )
        verdict = "ok" if row["ok"] else "MISSED"
        lines.append(
            f"{row['what']}: {row['value']:.2f} {row['unit']} (gate {sign} {row['gate']:g}) {verdict}; "
            + ", ".join(spread)
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
