"""Locking and unpacking about 70 distributions, against uv doing the same, round by round.

    python bench/distributions/run.py      (a MariaDB of its own, made and removed; asks the package index)

- lock: `lampas.build.locking.locked` of the requirements, whose wheels are kept already, against
  `uv pip compile --generate-hashes` of the same file with the same cache. Gate: ≤ 1.2.
- environment: a node makes the environment of a release from distributions that it holds, against `uv pip install` into
  a new environment from uv's cache. Gate: ≤ 1.5.
- first time: unpacking and compiling what the node never had, against `uv pip install --compile-bytecode` from uv's
  cache, in which the wheels are unpacked already. Gate: ≤ 1.5.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from spread import spread  # noqa: E402

from engines.interface import Interface, interface  # noqa: E402
from engines.mariadb import MariaDB  # noqa: E402

ROUNDS = 7
FIRST_ROUNDS = 3
PYTHON = "/usr/bin/python3"
UV = str(Path(sys.executable).parent / "uv")


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        database = MariaDB(Path(folder))
        database.start()
        try:
            database.sql("CREATE DATABASE lampas CHARACTER SET utf8mb4")
            with interface() as node:  # one of the distributions has sources alone
                _django(database, node, Path(folder))
                print(json.dumps(_measured(node.app("bench"), Path(folder)), indent=2))
        finally:
            database.stop()


def _django(database: MariaDB, node: Interface, folder: Path) -> None:
    settings = json.loads((HERE.parents[1] / "tests/server.json").read_text())
    settings |= {
        "database": {"socket": str(database.socket), "name": "lampas", "user": "root", "password": ""},
        "cache": str(folder / "cache"),
        "scratch": str(folder / "tmp"),
        "uv_cache": str(folder / "uv"),
        "uv": UV,
        "node": "here",
        "client_certificate": str(node.home / "secrets/client.crt"),
        "client_key": str(node.home / "secrets/client.key"),
        "nodes_ca": str(node.home / "secrets/nodes-ca.crt"),
        "signing_key": str(node.home / "secrets/signing.key"),
    }
    (folder / "tmp").mkdir()
    (folder / "server.json").write_text(json.dumps(settings))
    os.environ["LAMPAS_SERVER"] = str(folder / "server.json")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lampas.server.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from lampas.store.models import Node

    address = f"127.0.0.1:{node.agent_port}"
    Node(name=settings["node"], address=address, home=str(node.home), roles=["appserver"]).save()


def _measured(app: str, folder: Path) -> dict[str, Any]:
    from lampas.build import locking
    from lampas.build.tools import tools
    from lampas.core.distributions.requirements import read_requirements
    from lampas.core.names import AppName
    from lampas.dispatch.building import AgentWheelBuilder
    from lampas.store.models import LockRow

    wanted = read_requirements("requirements.txt", lambda _: (HERE / "requirements.txt").read_bytes())
    using = locking.Locking(tools(), AgentWheelBuilder(), AppName(app))
    first = _timed(lambda: locking.locked(wanted, using))
    ours, bare = [], []
    for _ in range(ROUNDS):
        LockRow.objects.filter(lock__source=wanted.source).delete()  # the build's own lock stays
        ours.append(_timed(lambda: locking.locked(wanted, using)))
        bare.append(_timed(lambda: _compile(folder)))
    lock = locking.locked(wanted, using)
    return {
        "distributions": len(lock.distributions),
        "first_lock_with_fetching_s": round(first, 2),
        "lock": _compared(ours, bare),
        **_unpacking(folder, lock),
    }


def _compile(folder: Path) -> None:
    argv = [UV, "pip", "compile", "--quiet", "--format", "pylock.toml", "--generate-hashes", "--python", PYTHON]
    argv += ["--system-certs", "--cache-dir", str(folder / "uv"), str(HERE / "requirements.txt")]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def _unpacking(folder: Path, lock: Any) -> dict[str, Any]:
    from lampas.agent import trees
    from lampas.agent.content import ContentStore
    from lampas.agent.wheels import WheelStore
    from lampas.core.nodestate import Manifest, ManifestWheel, Places, ReleaseOnNode
    from lampas.store import artifacts

    home = folder / "home"
    content = ContentStore(home / "agent/store")
    store, names = WheelStore(content), [one.sha256 for one in lock.distributions]
    for name, data in artifacts.get_many(names):
        content.path(name).parent.mkdir(parents=True, exist_ok=True)
        content.path(name).write_bytes(data)
    wheels = tuple(ManifestWheel(w.name, w.version, w.filename, w.sha256, w.size) for w in lock.distributions)
    manifest = Manifest("bench", "r", "python", "x:y", "", (), wheels)
    release = ReleaseOnNode("bench", 1, "r", manifest.sha256)
    (home / "agent/apps/bench/releases").mkdir(parents=True)
    directory = _wheels(folder, lock)

    def again() -> None:
        trees.build(Places(str(home)), content, store, release, manifest)

    def anew() -> None:
        store.unpack(names)
        again()

    def drop() -> None:
        _aside(home / "agent/apps/bench/releases/1")

    def forget() -> None:
        _aside(content.directory / "wheels")
        drop()

    _install(folder, directory)  # uv's cache is warm from here on
    first = [(_fresh(anew, forget), _fresh(lambda: _install(folder, directory, "--compile-bytecode"), lambda: None))
             for _ in range(FIRST_ROUNDS)]  # fmt: skip
    linked = [(_fresh(again, drop), _fresh(lambda: _install(folder, directory), lambda: None)) for _ in range(ROUNDS)]
    return {
        "environment": _compared(*map(list, zip(*linked, strict=True))),
        "first_time": _compared(*map(list, zip(*first, strict=True))),
    }


def _wheels(folder: Path, lock: Any) -> Path:
    from lampas.store import artifacts

    directory = folder / "wheels"
    directory.mkdir()
    for one in lock.distributions:
        (directory / one.filename).write_bytes(artifacts.get(one.sha256))
    pins = "".join(f"{one.name}=={one.version}\n" for one in lock.distributions)
    (folder / "pins.txt").write_text(pins)
    return directory


def _install(folder: Path, wheels: Path, *options: str) -> None:
    target = folder / "target"
    _aside(target)
    cache = ["--cache-dir", str(folder / "uv-install"), "--no-config", "--quiet"]
    subprocess.run([UV, "venv", *cache, "--python", PYTHON, str(target)], check=True)
    argv = [UV, "pip", "install", *cache, "--python", str(target / "bin/python"), "--no-index", "--offline"]
    argv += ["--find-links", str(wheels), "--no-deps", *options, "-r", str(folder / "pins.txt")]
    subprocess.run(argv, check=True)


def _aside(path: Path) -> None:
    """Out of the way, and not removed: freeing thousands of files would be paid for by whoever writes next."""
    if path.exists():
        path.chmod(0o700)
        path.rename(path.with_name(f".{path.name}-{time.monotonic_ns()}"))


def _fresh(work: Callable[[], None], clean: Callable[[], None]) -> float:
    clean()
    return _timed(work)


def _timed(work: Callable[[], Any]) -> float:
    os.sync()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _compared(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {"ratio": spread(ratios, 2), "lampas_s": spread(ours, 3), "uv_s": spread(theirs, 3)}


if __name__ == "__main__":
    main()
