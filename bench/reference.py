"""The references that LAMPAS is held against: a front and a unit written by hand, a bare unit, gunicorn."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
HELLO = HERE / "apps" / "hello"
KEY = "a-key-that-the-front-shows-the-unit"


def wait_until_answers(
    port: int, headers: dict[str, str] | None = None, seconds: float = 30.0, path: str = "/"
) -> float:
    """Waits for a 200 from a path; returns when (perf_counter)."""
    limit = time.perf_counter() + seconds
    while time.perf_counter() < limit:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError):
            connection.request("GET", path, headers=headers or {})
            if connection.getresponse().status == 200:
                return time.perf_counter()
        connection.close()
        time.sleep(0.005)
    raise RuntimeError(f"nothing answers on port {port}")


@contextlib.contextmanager
def apache(name: str, directory: Path, **values: object) -> Iterator[subprocess.Popen[bytes]]:
    """A private Apache from `reference/NAME.conf`, as long as the block lasts; not as root."""
    code = directory / "code"
    shutil.copytree(HELLO, code, dirs_exist_ok=True)
    text = (HERE / "reference" / f"{name}.conf").read_text().format(dir=directory, code=code, key=KEY, **values)
    config = directory / f"{name}.conf"
    config.write_text(text)
    command = ["apache2", "-f", str(config), "-DFOREGROUND"]
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody:nogroup", str(directory)], check=True)
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextlib.contextmanager
def gunicorn(port: int) -> Iterator[None]:
    """gunicorn with two processes and threads, as long as the block lasts."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
            "--workers", "2", "--threads", "15", "--keep-alive", "75", "--chdir", str(HELLO), "hello:application",
        ],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until_answers(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)
