"""Source distributions of other people's projects, as a new user would have them: fetched by name, checked by hash."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
import tarfile
import tomllib
from pathlib import Path

import httpx


def unpack(requirement: str, directory: Path) -> Path:
    """Fetches the source distribution of `name==version` and unpacks it.

    Returns:
        The one directory that it holds.
    """
    name = requirement.split("==")[0]
    wanted = directory / "wanted.in"
    wanted.write_text(requirement + "\n")
    lock = subprocess.run(
        ["uv", "pip", "compile", "-q", "--no-deps", "--no-binary", name, "--format", "pylock.toml", str(wanted)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    sdist = tomllib.loads(lock.stdout)["packages"][0]["sdist"]
    answer = httpx.get(sdist["url"], verify=ssl.create_default_context(), timeout=120, follow_redirects=True)
    answer.raise_for_status()
    if hashlib.sha256(answer.content).hexdigest() != sdist["hashes"]["sha256"]:
        raise RuntimeError(f"{requirement}: what came is not what the lock names")
    archive = directory / "source.tar.gz"
    archive.write_bytes(answer.content)
    with tarfile.open(archive) as tar:
        tar.extractall(directory / "source")  # noqa: S202 (known by its hash; Debian 12 has no filters yet)
    (root,) = (directory / "source").iterdir()
    return root
