"""The asset analyser: `url()` and `@import` of stylesheets, relative imports and source maps of scripts."""

from __future__ import annotations

import re

from lampas.core.modules.analysers.decoding import Lines, decoded
from lampas.core.modules.values import Facts, Text

NAME = "assets"
VERSION = 1
LARGEST = 4 << 20  # bytes read of one file: what is larger is a bundle, and names its parts no more
MOST = 5000

_PATH = r"(?P<{0}>[^\s\"'()\\<>?#]{{1,300}})"
_CSS = re.compile(
    r"\burl\(\s{0,8}[\"']?" + _PATH.format("url") + r"|@import\s{1,8}[\"']" + _PATH.format("imported")
    + r"|\bsourceMappingURL=" + _PATH.format("map")
)  # fmt: skip
_JS = re.compile(
    r"\b(?:from|import|require|importScripts)\s{0,8}\(?\s{0,8}[\"'](?P<imported>\.{1,2}/[^\s\"'\\?#]{1,300})[\"']"
    r"|\bnew\s+URL\(\s{0,8}[\"'](?P<url>\.{1,2}/[^\s\"'\\?#]{1,300})[\"']"
    r"|\bsourceMappingURL=" + _PATH.format("map")
)
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")


def analyse(source: bytes, file: str = "") -> Facts:
    """Reads what a stylesheet or a script names by relative paths.

    Args:
        source: The file's bytes, whatever they are.
        file: The last part of its path: `.js` and `.mjs` are scripts, everything else is a stylesheet.

    Returns:
        Texts `beside`, relative to the file itself; addresses of other hosts are left out.
    """
    text, problems = decoded(source, LARGEST)
    pattern = _JS if file.endswith((".js", ".mjs")) else _CSS
    lines, found = Lines(text), []
    for match in pattern.finditer(text):
        name = match["imported"] or match["url"] or match["map"]
        if _ELSEWHERE.match(name) is None and not name.startswith("/"):
            found.append(Text(name, lines.at(match.start()), "beside"))
        if len(found) >= MOST:
            problems = (*problems, f"only the first {MOST:,} references were read")
            break
    return Facts(problems=problems, texts=tuple(found))
