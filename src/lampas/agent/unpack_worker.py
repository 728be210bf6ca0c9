"""Run by Debian's Python, alone: unpacks wheels and compiles them. Standard library, one file.

Each line in is JSON: {"archive": a wheel, "target": an empty directory, "compile": whether .py below `site/` get their
unchecked-hash bytecode}. Each line out is {"error": ""} or {"error": what is wrong with the wheel, "errno": N, 0 where
it is the wheel's own fault}. It compiles and never executes. The names in a wheel come from elsewhere: each is checked
to stay within.
"""

import _imp
import importlib._bootstrap_external as bootstrap
import json
import os
import shutil
import sys
import warnings
import zipfile
from pathlib import PurePosixPath
from typing import IO

MOST_FILES = 200_000
MOST_BYTES = 8 << 30
_LIBRARY = ("purelib", "platlib")
_TAG = sys.implementation.cache_tag


class NoWheel(Exception):
    """An archive that is not unpacked; the message says why."""


def main() -> None:
    """Works until stdin ends."""
    warnings.simplefilter("ignore")
    os.umask(0o022)  # so that files are made with the mode that they keep
    for line in sys.stdin:
        order = json.loads(line)
        try:
            unpack(order["archive"], order["target"], compiled=order["compile"])
            told = {"error": "", "errno": 0}
        except (zipfile.BadZipFile, NoWheel, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            told = {"error": str(error), "errno": 0}
        except OSError as error:
            told = {"error": error.strerror or str(error), "errno": error.errno or 5}
        except Exception as error:  # noqa: BLE001 - an archive may break its reader in any way
            told = {"error": repr(error), "errno": 0}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def unpack(archive: str, target: str, *, compiled: bool) -> None:
    """Unpacks one wheel.

    Raises:
        NoWheel: It holds a name that leaves it, or too much.
        OSError, zipfile.BadZipFile: It cannot be read, or the disk is full.
    """
    with zipfile.ZipFile(archive) as opened:
        # Bytecode is compiled here; what came along may be of another Python, or of another source.
        entries = [each for each in opened.infolist() if not each.is_dir() and "__pycache__/" not in each.filename]
        if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise NoWheel("it is larger than a node takes")
        made = set()
        for entry in entries:
            place = str(placed(entry.filename))
            path = f"{target}/{place}"
            folder = os.path.dirname(path)  # noqa: PTH120 - thousands of them
            if folder not in made:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
                made.add(folder)
            mode = 0o555 if entry.external_attr >> 16 & 0o100 else 0o444
            if place.endswith(".py") and entry.file_size < 16 << 20:
                source = opened.read(entry)
                _write(path, source, mode)
                if compiled and place.startswith("site/"):
                    _bytecode(path, place, source)
            else:
                with opened.open(entry) as content, _new(path, mode) as file:
                    shutil.copyfileobj(content, file, 1 << 20)


def placed(name: str) -> PurePosixPath:
    """Where a member of a wheel goes: `site/…`, `bin/…` or `data/…`.

    Raises:
        NoWheel: Its name leaves the wheel.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or "\0" in name or not pure.parts:
        raise NoWheel(f"it holds the name {name!r}, which leaves it")
    if len(pure.parts) > 2 and pure.parts[0].endswith(".data"):
        rest = PurePosixPath(*pure.parts[2:])
        if pure.parts[1] in _LIBRARY:
            return "site" / rest
        return ("bin" if pure.parts[1] == "scripts" else PurePosixPath("data", pure.parts[1])) / rest
    return "site" / pure


def _bytecode(path: str, place: str, source: bytes) -> None:
    """What does not compile (a template, a test of a syntax error) is left to fail where it is imported."""
    try:
        code = compile(source, place.removeprefix("site/"), "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return
    digest = _imp.source_hash(bootstrap._RAW_MAGIC_NUMBER, source)  # type: ignore[attr-defined]
    data = bootstrap._code_to_hash_pyc(code, digest, False)  # type: ignore[attr-defined]
    folder, _, name = path.rpartition("/")
    os.makedirs(f"{folder}/__pycache__", exist_ok=True)  # noqa: PTH103
    _write(f"{folder}/__pycache__/{name[:-3]}.{_TAG}.pyc", bytes(data), 0o444)


def _write(path: str, data: bytes, mode: int) -> None:
    with _new(path, mode) as file:
        file.write(data)


def _new(path: str, mode: int) -> IO[bytes]:
    """A file that is not there yet; of two members for one place the last one counts."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(path, flags, mode)
    except FileExistsError:
        os.unlink(path)  # noqa: PTH108
        handle = os.open(path, flags, mode)
    return open(handle, "wb")  # noqa: PTH123


if __name__ == "__main__":
    main()
