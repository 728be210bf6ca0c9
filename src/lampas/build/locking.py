"""Requirements → a lock: exact wheels with their hashes, all of them kept."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name

from lampas import process
from lampas.build import fetching
from lampas.build.tools import HOSTED_PYTHON, Tools
from lampas.core.definition.values import Definition
from lampas.core.distributions.pylock import Wheel, wheels
from lampas.core.distributions.requirements import Read, RequirementError, inline_requirements, read_requirements
from lampas.core.distributions.values import Lock, Requirements
from lampas.errors import Failed, Unreachable, Unresolved
from lampas.store import artifacts, locks

_PYTHON = (3, 11)
_SECONDS = 300.0  # for one resolution
_NETWORK = re.compile(r"dns error|error sending request|Connection refused|timed out|Failed to fetch|tcp connect", re.I)


class UnresolvedRequirements(Unresolved):
    """No set of versions satisfies the requirements; the message is uv's own explanation."""

    def __init__(self, source: str, explanation: str) -> None:
        super().__init__(f"{source}: {explanation}", "change the requirements and build again")


def required(definition: Definition, read: Read) -> Requirements:
    """What its definition names, else requirements.txt, else pyproject.toml, else nothing.

    Args:
        definition: Its definition.
        read: Content of a path of its commit; None where there is none.

    Raises:
        InvalidInput: A requirement file cannot be used.
    """
    wanted = definition.requirements
    if isinstance(wanted, tuple):
        return inline_requirements(wanted, definition.file)
    if wanted is not None:
        return read_requirements(wanted, read)
    folders = dict.fromkeys((definition.root, ""))
    names = [f"{folder}/{name}".lstrip("/") for name in ("requirements.txt", "pyproject.toml") for folder in folders]
    file = next((name for name in names if read(name) is not None), None)
    return read_requirements(file, read) if file is not None else Requirements(())


def locked(requirements: Requirements, tools: Tools) -> Lock:
    """The lock of some requirements. It is resolved once for the same inputs; its wheels are kept when it returns.

    Args:
        requirements: What is required.
        tools: uv, its cache, the package index.

    Raises:
        Unresolved: No set of versions fits, or one of them has no wheel.
        Unreachable: The package index does not answer.
    """
    if not requirements.lines:
        return Lock(source=requirements.source)
    inputs = _inputs(requirements, tools)
    lock = locks.find(inputs)
    if lock is not None:
        if len(artifacts.have({found.sha256 for found in lock.distributions})) == len(
            {found.sha256 for found in lock.distributions}
        ):
            return lock
        locks.forget(inputs)
    chosen = wheels(_resolve(requirements, tools), _tags())
    _check_hashes(requirements, chosen)
    made = Lock(tuple(fetching.fetch(chosen)), _direct(requirements), requirements.source)
    locks.save(inputs, made)
    return made


def _inputs(requirements: Requirements, tools: Tools) -> str:
    parts = {
        "lines": requirements.lines,
        "constraints": requirements.constraints,
        "hashes": requirements.hashes,
        "source": requirements.source,
        "python": _PYTHON,
        "platform": sorted({tag.platform for tag in _tags()}),
        "index": tools.index_url,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _tags() -> list[Tag]:
    return [*cpython_tags(_PYTHON), *compatible_tags(_PYTHON, f"cp{_PYTHON[0]}{_PYTHON[1]}")]


def _direct(requirements: Requirements) -> tuple[str, ...]:
    return tuple(sorted({str(canonicalize_name(Requirement(line).name)) for line in requirements.lines}))


def _resolve(requirements: Requirements, tools: Tools) -> str:
    with tempfile.TemporaryDirectory(dir=tools.scratch, prefix="lock-") as folder:
        here = Path(folder)
        (here / "requirements.in").write_text("".join(f"{line}\n" for line in requirements.lines))
        (here / "constraints.in").write_text("".join(f"{line}\n" for line in requirements.constraints))
        argv = [tools.uv, "pip", "compile", "--format", "pylock.toml", "--generate-hashes", "--no-header"]
        argv += ["--no-annotate", "--no-build", "--no-config", "--python", HOSTED_PYTHON, "--no-python-downloads"]
        # The machine's own trust store: an organisation's certificate authority stands there.
        argv += ["--system-certs", "--cache-dir", str(tools.uv_cache), "--constraint", "constraints.in", "--quiet"]
        if tools.index_url:
            argv += ["--default-index", tools.index_url]
        done = process.run([*argv, "requirements.in"], cwd=here, timeout=_SECONDS)
    if done.status == 0:
        return done.stdout.decode()
    words = _words(done.stderr)
    if _NETWORK.search(words):
        raise Unreachable(f"the package index does not answer: {words}", "check the node's network and try again")
    if "No solution found" in words or "No matching" in words:
        raise UnresolvedRequirements(requirements.source, words)
    raise Failed(f"uv ended with status {done.status}: {words}")


def _words(stderr: bytes) -> str:
    """What uv says, as one line without colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", stderr.decode(errors="replace"))
    return re.sub(r"\s+", " ", re.sub(r"^error: |[×╰─▶│]", "", text)).strip()[-3000:]


def _check_hashes(requirements: Requirements, chosen: tuple[Wheel, ...]) -> None:
    for wheel in chosen:
        allowed = (requirements.hashes or {}).get(wheel.name)
        if allowed and wheel.sha256 not in allowed:
            raise RequirementError(
                requirements.source, 0, f"{wheel.filename} has none of the hashes that are allowed for {wheel.name}",
                "add the wheel's own hash, or take the hashes out",
            )  # fmt: skip
