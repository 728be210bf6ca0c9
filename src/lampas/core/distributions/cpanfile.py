"""What a Perl application requires of CPAN: a list, or a cpanfile, which is Perl: it is read here, and never run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lampas.core.distributions.perl import is_module
from lampas.core.distributions.perlversions import Range
from lampas.core.distributions.projects import RequirementError
from lampas.core.distributions.values import Requirements

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<string>'[^'\\\n]*'|"[^"\\$@\n]*")|(?P<word>[A-Za-z_][\w:]*)|(?P<number>v?\d[\d._]*)"""
    r"""|(?P<mark>=>|[{};,()])""",
    re.ASCII,
)
_TAKEN = ("requires", "author_requires", "configure_requires", "build_requires")
_PASSED = ("recommends", "suggests", "conflicts", "test_requires")
_PHASES = {"runtime": True, "configure": True, "build": True, "test": False, "develop": False}
_BY_LIST = "write it plainly, as requires 'Foo::Bar', '>= 1.2'; or list what is required in the definition"


def listed(items: Sequence[str], file: str) -> Requirements:
    """Requirements of a list, `Foo::Bar >= 1.2` each.

    Raises:
        RequirementError: One is none.
    """
    return _requirements((_split(item, file) for item in items), file)


def parse(text: str, file: str) -> Requirements:
    """What a cpanfile requires to run and to be built.

    Args:
        text: Its content.
        file: Its path, for errors.

    Raises:
        RequirementError: It holds something else than plain requirements; running it is no way to find out.
    """
    return _requirements(_Reader(text, file).required(), file)


def module_and_range(line: str) -> tuple[str, Range]:
    """A line of `Requirements` → the module, and which versions will do."""
    module, _, versions = line.partition(" ")
    return module, Range.read(versions)


def _split(item: str, file: str) -> tuple[str, str, int]:
    found = re.fullmatch(r"\s*([\w:]+)\s*(.*?)\s*", item, re.DOTALL)
    if found is None:
        raise RequirementError(file, 0, f"{item!r} is no requirement of a Perl module", "write it as Foo::Bar >= 1.2")
    return found[1], found[2], 0


def _requirements(found: Iterable[tuple[str, str, int]], file: str) -> Requirements:
    lines = set()
    for module, versions, line in found:
        if module == "perl":
            continue  # Debian's own is what there is
        if not is_module(module):
            raise RequirementError(file, line, f"{module!r} is no name of a Perl module", "write it as Foo::Bar")
        try:
            lines.add(f"{module} {Range.read(versions)}".strip())
        except ValueError as error:
            raise RequirementError(file, line, str(error), "write it as '1.2' or '>= 1.2, < 2'") from error
    return Requirements(tuple(sorted(lines)), source=file)


class _Reader:
    """Reads a cpanfile's statements; anything that is not one of its words is refused with its line."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file, self._at = text, file, 0
        self._tokens = list(self._scan())

    def required(self) -> Iterator[tuple[str, str, int]]:
        """Module, versions and line of each requirement that is taken."""
        yield from self._block(taken=True, inside=False)

    def _scan(self) -> Iterator[tuple[str, str, int]]:
        at, line = 0, 1
        while at < len(self._text):
            if self._text.startswith("__END__", at):
                break
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise self._odd(line, self._text[at : at + 20].split("\n")[0])
            if found.lastgroup is not None:
                yield found.lastgroup, found[0], line
            line += found[0].count("\n")
            at = found.end()
        yield "end", "", line

    def _block(self, *, taken: bool, inside: bool) -> Iterator[tuple[str, str, int]]:
        while True:
            kind, text, line = self._next()
            if kind == "end" or (inside and text == "}"):
                if inside and kind == "end":
                    raise self._odd(line, "the end, inside of a block")
                return
            if text == ";":
                continue
            if text in (*_TAKEN, *_PASSED):
                module, versions = self._arguments()
                if taken and text in _TAKEN and text != "author_requires":
                    yield module, versions, line
            elif text == "on":
                phase = self._string()
                if phase not in _PHASES:
                    raise self._odd(line, phase)
                self._opens()
                yield from self._block(taken=taken and _PHASES[phase], inside=True)
            elif text == "feature":
                self._arguments()
                self._opens()
                yield from self._block(taken=False, inside=True)
            elif text in ("mirror", "dist", "osname"):
                raise self._odd(line, f"{text}: where modules come from is the node's to say")
            else:
                raise self._odd(line, text)

    def _arguments(self) -> tuple[str, str]:
        """`'Foo::Bar'`, with or without a version, in parentheses or not."""
        open_ = self._peek() == "("
        if open_:
            self._next()
        first, second = self._string(), ""
        while self._peek() in (",", "=>"):
            self._next()
            kind, text, _ = self._tokens[self._at]
            if kind not in ("string", "number"):
                break
            second = second or text.strip("'\"")
            self._next()
        if open_:
            self._expect(")")
        return first, second

    def _opens(self) -> None:
        """`=> sub {`."""
        if self._peek() in (",", "=>"):
            self._next()
        self._expect("sub")
        self._expect("{")

    def _string(self) -> str:
        kind, text, line = self._next()
        if kind not in ("string", "word"):
            raise self._odd(line, text)
        return text.strip("'\"")

    def _expect(self, wanted: str) -> None:
        _, text, line = self._next()
        if text != wanted:
            raise self._odd(line, text)

    def _peek(self) -> str:
        return self._tokens[self._at][1]

    def _next(self) -> tuple[str, str, int]:
        found = self._tokens[min(self._at, len(self._tokens) - 1)]
        self._at += 1
        return found

    def _odd(self, line: int, text: str) -> RequirementError:
        return RequirementError(self._file, line, f"{text[:60]!r} is not understood: a cpanfile is not run", _BY_LIST)
