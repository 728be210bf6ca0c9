"""Which files a patch changes: as git writes it, whatever its lines look like."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lampas.cli.patches import paths_of


def test_the_paths_of_what_git_diff_prints(tmp_path: Path) -> None:
    def git(*argv: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
        return subprocess.run(("git", *who, *argv), cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    files = {
        "a b.py": "1\n",
        "old.py": "x = 1\n" * 9,
        "ü.txt": "1\n",
        "gone": "--- a/not/a/file\n+++ b/neither\n",
        "same": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "a b.py").write_text("2\n")
    (tmp_path / "ü.txt").write_text("++ b/trap\n-- a/trap\n")
    (tmp_path / "gone").unlink()
    (tmp_path / "old.py").rename(tmp_path / "new.py")
    (tmp_path / "more").write_text("")
    git("add", "-A")
    wanted = ["a b.py", "gone", "new.py", "old.py", "ü.txt"]
    assert paths_of(git("diff", "--cached", "-M")) == wanted
    assert paths_of("no patch at all\n") == []
