"""Imports an application exactly as the app.wsgi of its unit does, and says by its exit status whether that worked.

It runs inside a release, under the release's own Python, given as text: `python -P -c TEXT ENTRY ROOT`. It knows
nothing of LAMPAS. 0: the application is there; 70: its import failed, the traceback is on stderr.
"""

import importlib
import sys
import traceback

FAILED = 70


def load(entry: str) -> object:
    """Follows `module:attribute`, or calls `module:factory()`."""
    module, _, attribute = entry.partition(":")
    attribute = attribute or "application"
    found: object = importlib.import_module(module)
    for name in attribute.removesuffix("()").split("."):
        found = getattr(found, name)
    if attribute.endswith("()"):
        found = found()  # type: ignore[operator]
    if not callable(found):
        raise TypeError(f"{entry} is not a WSGI application: it is a {type(found).__name__}")
    return found


def main(entry: str, root: str) -> int:
    """Tries it; returns the exit status."""
    sys.path.insert(0, root)
    sys.argv = ["mod_wsgi"]
    try:
        load(entry)
    except BaseException as error:  # noqa: BLE001 - an application may raise anything, SystemExit too
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename == "<string>":
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
