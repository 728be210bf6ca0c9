"""A git client with an environment of its own, and a server of git as tests know it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@localhost",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@localhost",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Done:
    """What a git client left behind."""

    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0


def git(where: Path, *argv: str, data: bytes = b"", config: dict[str, str] | None = None) -> Done:
    """Runs git in a directory."""
    options = [word for key, value in (config or {}).items() for word in ("-c", f"{key}={value}")]
    done = subprocess.run(
        ["git", *options, *argv], cwd=where, env=ENVIRONMENT, input=data, capture_output=True, timeout=120
    )
    return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def ok(where: Path, *argv: str, data: bytes = b"", config: dict[str, str] | None = None) -> str:
    """Runs git, which must succeed; returns what it printed, without the last newline."""
    done = git(where, *argv, data=data, config=config)
    assert done.ok, f"git {argv}: {done.err}"
    return done.out.rstrip("\n")


@dataclass(frozen=True)
class Served:
    """A server of git: its address, the directory of its caches, and tokens."""

    port: int
    directory: Path
    token: str
    reader: str

    def url(self, name: str, token: str | None = None) -> str:
        """Where git finds a repository, with the credentials in it."""
        return f"http://any:{self.token if token is None else token}@127.0.0.1:{self.port}/git/{name}.git"

    @property
    def cache(self) -> Path:
        """The directory of cached repositories."""
        return self.directory / "cache" / "git"


def commit(where: Path, files: dict[str, str | bytes], message: str = "change") -> str:
    """Commits files in a working directory. Returns the commit's id."""
    for name, content in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(content.encode() if isinstance(content, str) else content)
    ok(where, "add", "-A")
    ok(where, "commit", "-q", "-m", message)
    return ok(where, "rev-parse", "HEAD")


def stored_refs(name: str = "shop") -> dict[str, str]:
    """The refs of a repository as MariaDB has them."""
    from lampas.core.names import RepositoryName
    from lampas.store import history

    return {ref: str(oid) for ref, oid in history.refs(RepositoryName(name)).items()}
