"""Apache configuration as values: directives → text, and text → directives, so that each rendering proves itself.

What a person can choose (hosts, directories, prefixes) enters a configuration only as a typed value and as one quoted
argument; `render` reads its own text back and refuses anything that would not come back the same. So no value can
start a line, a block or a further argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lampas.errors import InvalidInput

_BARE = re.compile(r"[A-Za-z0-9_./:=%{}^$()\[\]?!*+,@;-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # whatever anybody might take for the end of a line
_VARIABLE = re.compile(r"\$\{[^:}]*\}")  # Apache expands ${NAME} anywhere; ${map:key} belongs to mod_rewrite
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BLOCK = re.compile(r"<(/?)([A-Za-z]+)(?:\s+(.*))?>")


@dataclass(frozen=True)
class Directive:
    """One directive with its arguments; with `block`, a section and what stands in it."""

    name: str
    args: tuple[str, ...] = ()
    block: tuple[Directive, ...] | None = None


def line(name: str, *args: str | int) -> Directive:
    """A directive of one line."""
    return Directive(name, tuple(str(arg) for arg in args))


def section(name: str, arg: str, *inner: Directive) -> Directive:
    """A section with one argument, e.g. `<Directory "/x">`."""
    return Directive(name, (arg,), inner)


def render(directives: Iterable[Directive]) -> str:
    """The text of a configuration.

    Raises:
        InvalidInput: A value cannot stand in a configuration, or the text would not read back as what was meant.
    """
    meant = tuple(directives)
    text = "".join(_lines(meant, 0))
    if parse(text) != meant:
        raise InvalidInput("the configuration of Apache does not read back as what was meant")
    return text


def parse(text: str) -> tuple[Directive, ...]:
    """Reads text as Apache splits it into directives, sections and arguments. Comments are left out.

    Raises:
        InvalidInput: A section is not closed, or a quote is not.
    """
    stack: list[tuple[str, tuple[str, ...], list[Directive]]] = [("", (), [])]
    for raw in text.split("\n"):
        words = raw.strip()
        if not words or words.startswith("#"):
            continue
        block = _BLOCK.fullmatch(words)
        if block and block[1]:
            name, args, inner = stack.pop()
            if name != block[2] or not stack:
                raise InvalidInput(f"</{block[2]}> closes nothing")
            stack[-1][2].append(Directive(name, args, tuple(inner)))
        elif block:
            stack.append((block[2], _split(block[3] or ""), []))
        else:
            name, *args_list = _split(words)
            if not _NAME.fullmatch(name):
                raise InvalidInput(f"{name!r} is no directive")
            stack[-1][2].append(Directive(name, tuple(args_list)))
    if len(stack) != 1:
        raise InvalidInput(f"<{stack[-1][0]}> is not closed")
    return tuple(stack[0][2])


def _lines(directives: tuple[Directive, ...], depth: int) -> Iterable[str]:
    for directive in directives:
        words = " ".join([directive.name, *(_word(arg) for arg in directive.args)])
        if directive.block is None:
            yield f"{'  ' * depth}{words}\n"
        else:
            yield f"{'  ' * depth}<{words}>\n"
            yield from _lines(directive.block, depth + 1)
            yield f"{'  ' * depth}</{directive.name}>\n"


def _word(arg: str) -> str:
    if _CONTROL.search(arg):
        raise InvalidInput(f"{arg!r} holds a control character", "leave it out")
    if _VARIABLE.search(arg):
        raise InvalidInput(f"{arg!r} holds ${{…}}, which Apache would expand", "leave it out")
    if "\\" in arg:  # modules differ in what they make of one; a pattern says [.] where it means a dot
        raise InvalidInput(f"{arg!r} holds a backslash", "leave it out")
    if _BARE.fullmatch(arg):
        return arg
    escaped = arg.replace('"', '\\"')
    return f'"{escaped}"'


def _split(text: str) -> tuple[str, ...]:
    """Takes words off a line as Apache does (ap_getword_conf): quotes group, a backslash takes a quote."""
    words: list[str] = []
    rest = text.strip()
    while rest:
        if rest[0] in "\"'":
            quote, word, position = rest[0], "", 1
            while position < len(rest) and rest[position] != quote:
                if rest[position : position + 2] == f"\\{quote}":
                    position += 1
                word += rest[position]
                position += 1
            if position == len(rest):
                raise InvalidInput(f"a quote is not closed: {text!r}")
            rest = rest[position + 1 :].lstrip()
        else:
            word, _, rest = rest.partition(" ")
            rest = rest.lstrip()
        words.append(word)
    return tuple(words)
