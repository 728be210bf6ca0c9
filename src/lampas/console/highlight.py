"""Source text → lines of HTML with the classes of `static/console/code.css`."""

from __future__ import annotations

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight as render
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

LARGEST = 400_000  # bytes; longer files are shown without colours: seconds of work for nobody's eyes
_OURS = {"pl": "perl", "pm": "perl", "t": "perl", "psgi": "perl", "cgi": "perl"}  # others claim these endings as well
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def lines(path: str, text: str) -> list[SafeString]:
    """The lines of a file as safe HTML.

    Args:
        path: Its path; the name decides which language it is.
        text: Its content.
    """
    rows = text.split("\n")
    if rows and rows[-1] == "":
        rows.pop()
    if len(text) > LARGEST:
        return [SafeString(escape(row)) for row in rows]
    html = render(text, _lexer(path), _FORMATTER)
    marked = html.split("\n")
    if len(marked) < len(rows):
        return [SafeString(escape(row)) for row in rows]
    return [mark_safe(row) for row in marked[: len(rows)]]  # noqa: S308 - pygments escapes all that it was given


def language(path: str) -> str:
    """What the file is written in, "Python"; "" where nobody knows."""
    lexer = _lexer(path)
    return "" if isinstance(lexer, TextLexer) else str(lexer.name)


def _lexer(path: str) -> Lexer:
    options = {"stripnl": False, "ensurenl": True}
    name = path.rsplit("/", 1)[-1]
    try:
        ours = _OURS.get(name.rpartition(".")[2])
        return get_lexer_by_name(ours, **options) if ours else get_lexer_for_filename(name, **options)
    except ClassNotFound:
        return TextLexer(**options)
