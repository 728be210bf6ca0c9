"""The documents tell the truth about the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_map_names_every_package_and_no_other() -> None:
    named = set(re.findall(r"^\| `lampas\.(\w+)` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE))
    there = {path.parent.name for path in (ROOT / "src" / "lampas").glob("*/__init__.py")}
    assert named == there


def test_the_readme_has_exactly_two_commands_to_begin_with() -> None:
    start = (ROOT / "README.md").read_text().split("## Start")[1].split("## ")[0]
    assert re.findall(r"^    (\S.*)$", start, re.MULTILINE) == ["./lampas up", "./lampas test"]


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_no_shell_is_ever_asked_to_run_a_string() -> None:
    forbidden = re.compile("shell" + r"\s*=\s*True|os\.system\(|os\.popen\(")
    for path in (ROOT / "src").rglob("*.py"):
        assert not forbidden.search(path.read_text()), path
