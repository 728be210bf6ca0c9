"""`import`: a directory's files as one commit, or a checkout's history, by stock git over HTTP.

The token goes to git in its environment, never on a command line and never into a file.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lampas import process
from lampas.cli import fastimport
from lampas.cli.client import Refused
from lampas.cli.session import Session
from lampas.errors import Conflict, Failed, InvalidInput

_HOUR = 3600.0


class Git:
    """Stock git with the token of this session."""

    def __init__(self, session: Session, directory: Path, *, own: bool) -> None:
        """`own`: the repository is ours, so the settings of whoever runs this do not count."""
        target = session.api.target
        self._directory = directory
        secret = base64.b64encode(f"token:{target.token}".encode()).decode()
        settings = {
            f"http.{target.url}/.extraHeader": f"Authorization: Basic {secret}",
            f"http.{target.url}/.proxy": "",
            "gc.auto": "0",
            "credential.helper": "",
        }
        extra = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings)), "LC_ALL": "C.UTF-8"}
        for index, (key, value) in enumerate(settings.items()):
            extra[f"GIT_CONFIG_KEY_{index}"] = key
            extra[f"GIT_CONFIG_VALUE_{index}"] = value
        if own:
            extra |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
        self.environment: Mapping[str, str] = process.clean_environment(extra)

    def run(self, *words: str) -> process.Finished:
        """Runs git in the directory."""
        return process.run(["git", "-C", self._directory, *words], env=self.environment, timeout=_HOUR)

    def must(self, *words: str) -> str:
        """Runs git, which must succeed; returns what it printed.

        Raises:
            Failed: It did not; with the last of what it said.
        """
        done = self.run(*words)
        if done.status != 0:
            raise Failed(f"git {words[0]} failed: {_said(done)}")
        return done.stdout.decode(errors="replace").strip()


def import_directory(
    session: Session, directory: Path, repository: str, branch: str, message: str | None
) -> dict[str, Any]:
    """Imports; returns {repository, commit, files, modules, changed}.

    Args:
        session: This run.
        directory: Whose files; a git checkout's history instead.
        repository: Into which; made if it is missing.
        branch: Its short name.
        message: The commit's message; None: one that names the directory.

    Raises:
        InvalidInput: It is no directory, or it holds nothing to import.
        Conflict: The branch moved meanwhile, or its history is another.
    """
    if not directory.is_dir():
        raise InvalidInput(f"{directory} is no directory", "name the directory that holds the code")
    url = f"{session.api.target.url}/git/{repository}.git"
    checkout = (directory / ".git").exists()
    files = [] if checkout else fastimport.files(directory)
    if not checkout and not files:
        raise InvalidInput(f"{directory} holds no files", "name the directory that holds the code")
    _ensure(session, repository)
    if checkout:
        if message:
            session.out.say(f"{directory} is a git checkout: its history is pushed, -m does not count")
        commit, changed = _push_checkout(session, directory, url, branch)
    else:
        commit, changed = _commit_files(session, directory, files, url, branch, message)
    counts = session.api.get(f"/repositories/{repository}/counts", at=commit)
    return {
        "repository": repository,
        "commit": commit,
        "files": counts["files"],
        "modules": counts["modules"],
        "changed": changed,
    }


def _ensure(session: Session, repository: str) -> None:
    try:
        session.api.get(f"/repositories/{repository}")
    except Refused as refused:
        if refused.code != "not-found":
            raise
        session.api.post("/repositories", {"name": repository})
        session.out.say(f"made the repository {repository}")


def _push_checkout(session: Session, directory: Path, url: str, branch: str) -> tuple[str, bool]:
    git = Git(session, directory, own=False)
    head = git.run("rev-parse", "--verify", "HEAD^{commit}")
    if head.status != 0:
        raise InvalidInput(f"{directory} is a git checkout without a commit: {_said(head)}", "commit something first")
    commit = head.stdout.decode().strip()
    if git.must("status", "--porcelain", "--untracked-files=no"):
        session.out.say(f"{directory} has changes that are not committed; they are not imported")
    before = git.must("ls-remote", url, f"refs/heads/{branch}").split("\t")[0]
    if before == commit:
        return commit, False
    _push(git, url, f"{commit}:refs/heads/{branch}", "refs/tags/*:refs/tags/*")
    return commit, True


def _commit_files(
    session: Session, directory: Path, files: list[fastimport.File], url: str, branch: str, message: str | None
) -> tuple[str, bool]:
    name = session.api.get("/me")["name"]
    with tempfile.TemporaryDirectory(prefix="lampas-import-") as temporary:
        git = Git(session, Path(temporary), own=True)
        git.must("init", "--quiet", "--bare", ".")
        parent = git.must("ls-remote", url, f"refs/heads/{branch}").split("\t")[0]
        if parent:
            git.must("fetch", "--quiet", "--depth=1", "--no-tags", url, f"refs/heads/{branch}")
        commit = fastimport.commit(
            Path(temporary),
            git.environment,
            directory,
            files,
            parent=parent,
            author=f"{name} <{name}@localhost>",
            message=message or f"Import {directory.absolute().name}",
        )
        if parent and git.must("rev-parse", f"{parent}^{{tree}}") == git.must("rev-parse", f"{commit}^{{tree}}"):
            return parent, False
        _push(git, url, f"{commit}:refs/heads/{branch}")
    return commit, True


def _push(git: Git, url: str, *references: str) -> None:
    done = git.run("push", "--quiet", "--porcelain", url, *references)
    if done.status == 0:
        return
    said = _said(done)
    if "fetch first" in said or "non-fast-forward" in said:
        raise Conflict(
            "the branch holds other commits than this checkout", "merge them first, or name another --branch"
        )
    refused = [line.removeprefix("remote:").strip() for line in _lines(done) if line.startswith("remote:")]
    if refused:
        raise InvalidInput(refused[0], "; ".join(refused[1:3]))
    raise Failed(f"git push failed: {said}")


def _said(done: process.Finished) -> str:
    """The last of what git said, as one line, without its hints."""
    kept = [line for line in _lines(done) if not line.startswith(("hint:", "To ", "Done", "error: failed to push"))]
    return " · ".join(kept[-4:]) or f"status {done.status}"


def _lines(done: process.Finished) -> list[str]:
    text = f"{done.stdout.decode(errors='replace')}\n{done.stderr.decode(errors='replace')}"
    return [line.strip() for line in text.splitlines() if line.strip()]
