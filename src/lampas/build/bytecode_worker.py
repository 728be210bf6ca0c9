"""Run by Debian's Python, alone: reads sources on stdin, writes unchecked-hash bytecode on stdout.

Each record in: length of path and of source (big-endian, 4 bytes each), path, source. Each record out: length and
bytecode; length 0 where the source does not compile. It compiles and never executes.
"""

import _imp
import importlib._bootstrap_external as bootstrap
import struct
import sys
import warnings


def bytecode(path: str, source: bytes) -> bytes:
    """One source compiled; b"" where it does not compile."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return b""
    digest = _imp.source_hash(bootstrap._RAW_MAGIC_NUMBER, source)  # type: ignore[attr-defined]
    return bytes(bootstrap._code_to_hash_pyc(code, digest, False))  # type: ignore[attr-defined]


def main() -> None:
    """Works until stdin ends. Every result is flushed, so that one that kills this process loses no other."""
    warnings.simplefilter("ignore")
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while header := stdin.read(8):
        name, length = struct.unpack(">II", header)
        path = stdin.read(name).decode(errors="surrogateescape")
        made = bytecode(path, stdin.read(length))
        stdout.write(struct.pack(">I", len(made)) + made)
        stdout.flush()


if __name__ == "__main__":
    main()
