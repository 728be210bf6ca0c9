"""Requirements → a lock document, by uv. It never builds: what has sources alone is built elsewhere, and offered."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lampas import process
from lampas.build.tools import HOSTED_PYTHON, Tools
from lampas.core.distributions.pylock import NoWheel, Source, source
from lampas.core.distributions.sources import Wanted, without_wheels
from lampas.core.distributions.values import Requirements
from lampas.errors import Failed, Unreachable, Unresolved

_SECONDS = 300.0  # for one resolution
_BUILT = 60  # distributions that are built from sources for one lock
_BLIND = 4  # versions of one distribution that are tried where uv's words do not say which fits
_NETWORK = re.compile(r"dns error|error sending request|Connection refused|timed out|Failed to fetch|tcp connect", re.I)

Make = Callable[[Source], tuple[str, bytes]]


class UnresolvedRequirements(Unresolved):
    """No set of versions satisfies the requirements; the message is uv's own explanation."""

    def __init__(self, source: str, explanation: str) -> None:
        super().__init__(f"{source}: {explanation}", "change the requirements and build again")


def resolve(
    requirements: Requirements, tools: Tools, make: Make | None, offered: Iterable[tuple[str, bytes]] = ()
) -> str:
    """The lock document of some requirements.

    A distribution whose wheels do not fit and whose sources do is made into a wheel and offered to uv, which then
    resolves again; versions that have a wheel are taken before those that have sources alone.

    Args:
        requirements: What is required.
        tools: uv, its cache, the package index.
        make: Makes a wheel (its file name and content) from a source distribution; None: nothing makes one.
        offered: Wheels (file name and content) that are offered from the start.

    Raises:
        Unresolved: No set of versions fits; the message is uv's explanation.
        Unreachable: The package index does not answer.
        LampasError: What `make` raises.
    """
    with tempfile.TemporaryDirectory(dir=tools.scratch, prefix="lock-") as folder:
        uv = _Uv(Path(folder), requirements, tools)
        for filename, data in offered:
            uv.offer(filename, data)
        made: set[tuple[str, str]] = set()
        while True:
            status, document, words = uv.compile(requirements.lines, "--no-build")
            if status == 0:
                return document
            _check(status, words)
            wanted = without_wheels(words) if make is not None else ()
            found = next((s for one in wanted for s in uv.sources(one, made) if (s.name, s.version) not in made), None)
            if make is None or found is None or len(made) == _BUILT:
                raise UnresolvedRequirements(requirements.source, words)
            made.add((found.name, found.version))
            uv.offer(*make(found))


def source_of(name: str, version: str, requirements: Requirements, tools: Tools) -> Source:
    """The source distribution of one version.

    Raises:
        Unresolved: It has none.
        Unreachable: The package index does not answer.
    """
    with tempfile.TemporaryDirectory(dir=tools.scratch, prefix="lock-") as folder:
        uv = _Uv(Path(folder), requirements, tools)
        status, document, words = uv.compile([f"{name}=={version}"], "--no-deps", "--no-binary", name)
    if status != 0:
        _check(status, words)
        raise NoWheel(name, version)
    return source(document)


class _Uv:
    """uv in a directory of its own, with what is offered to it."""

    def __init__(self, here: Path, requirements: Requirements, tools: Tools) -> None:
        self._here, self._requirements, self._tools = here, requirements, tools
        (here / "offered").mkdir()
        (here / "constraints.in").write_text("".join(f"{line}\n" for line in requirements.constraints))

    def offer(self, filename: str, data: bytes) -> None:
        (self._here / "offered" / filename).write_bytes(data)

    def sources(self, wanted: Wanted, made: Collection[tuple[str, str]]) -> Iterator[Source]:
        """Source distributions that uv may be after, the likeliest first; at last, what is older than all that were
        made and did not fit. Looking one up reads the index alone: without dependencies there is nothing that only a
        build could tell."""
        lines = [Requirement(line) for line in self._requirements.lines]
        direct = [f"{line.name}{line.specifier}" for line in lines if canonicalize_name(line.name) == wanted.name]
        base = direct or [wanted.name]
        spoken = [f"{wanted.name}{specifier}" for specifier in wanted.specifiers]
        tries = [(*base, *spoken), *((*base, one) for one in spoken), tuple(base)]
        unfit = [f"{wanted.name}!={version}" for name, version in sorted(made) if name == wanted.name]
        if 0 < len(unfit) <= _BLIND:
            tries.append((*base, *unfit))
        for some in dict.fromkeys(tries):
            status, document, words = self.compile(some, "--no-deps")
            if status == 0:
                yield source(document)
            else:
                _check(status, words)

    def compile(self, lines: Sequence[str], *options: str) -> tuple[int, str, str]:
        """The exit status, the document, and what uv says as one line without colours."""
        (self._here / "requirements.in").write_text("".join(f"{line}\n" for line in lines))
        argv = [self._tools.uv, "pip", "compile", "--format", "pylock.toml", "--generate-hashes", "--no-header"]
        argv += ["--no-annotate", "--no-config", "--python", HOSTED_PYTHON, "--no-python-downloads"]
        # The machine's own trust store: an organisation's certificate authority stands there.
        argv += ["--system-certs", "--cache-dir", str(self._tools.uv_cache), "--constraint", "constraints.in"]
        argv += ["--quiet", "--find-links", "offered", *options]
        if self._tools.index_url:
            argv += ["--default-index", self._tools.index_url]
        done = process.run([*argv, "requirements.in"], cwd=self._here, timeout=_SECONDS)
        words = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr.decode(errors="replace"))
        words = re.sub(r"\s+", " ", re.sub(r"^error: |[×╰─▶│]", "", words)).strip()[-3000:]
        return done.status, done.stdout.decode(), words


def _check(status: int, words: str) -> None:
    """Passes an explanation of why nothing fits; raises what is something else."""
    if _NETWORK.search(words):
        raise Unreachable(f"the package index does not answer: {words}", "check the node's network and try again")
    if "No solution found" not in words and "No matching" not in words:
        raise Failed(f"uv ended with status {status}: {words}")
