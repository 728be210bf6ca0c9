"""Where the hooks stand: outside every repository, written from `hook.py` under a name that changes with its content.

So neither what a push brings nor a repository that is restored can ever be run as a hook.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

NAMES = ("pre-receive", "proc-receive")


def directory(root: Path) -> Path:
    """The directory to name in core.hooksPath, made where it is missing.

    Args:
        root: Where directories of hooks may stand.
    """
    text = _text()
    path = root / f"hooks-{hashlib.sha256(text).hexdigest()[:16]}"
    if all(os.access(path / name, os.X_OK) for name in NAMES):
        return path
    root.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".hooks-", dir=root))
    for name in NAMES:
        (aside / name).write_bytes(text)
        (aside / name).chmod(0o500)
    try:
        aside.rename(path)
    except OSError:  # there already, whole or in pieces
        path.mkdir(exist_ok=True)
        for name in NAMES:
            (aside / name).replace(path / name)
        shutil.rmtree(aside, ignore_errors=True)
    return path


@cache
def _text() -> bytes:
    """The script, with an interpreter that starts fast: no site-packages (-S), nothing from the environment (-I)."""
    interpreter = os.path.realpath(sys.executable)
    return f"#!{interpreter} -IS\n".encode() + Path(__file__).with_name("hook.py").read_bytes()
