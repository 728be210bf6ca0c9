"""wrk, one thread and 32 connections, as requests per second."""

from __future__ import annotations

import re
import subprocess


def rate(
    port: int, *, host: str = "localhost", path: str = "/", seconds: int = 4, headers: dict[str, str] | None = None
) -> float:
    """Requests per second for one path.

    Raises:
        RuntimeError: Some answers were not good ones.
    """
    extra = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", f"Host: {host}", *extra, f"http://127.0.0.1:{port}{path}"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])
