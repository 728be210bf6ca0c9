"""Entry points, plugins and the metadata of projects whose source is in scope."""

from __future__ import annotations

import re

from lampas.core.closure.rules.values import Rule, Shapes, Texts

RULES: tuple[Rule, ...] = (
    Texts("entry points", re.compile(r"(?:iter_)?entry_points\(\)|group="), "group"),
    Texts("project metadata", re.compile(r"(?:version|distribution|(?:iter_)?entry_points)\(\)|group="), "nothing",
          fires="metadata"),
    Shapes("project metadata", "metadata", ("PKG-INFO", "top_level.txt"), ("*",)),
)  # fmt: skip
