"""Files that name each other by relative paths, and SQL migrations by name."""

from __future__ import annotations

import re

from lampas.core.closure.rules.values import Rule, Texts

RULES: tuple[Rule, ...] = (
    Texts("file beside", re.compile(r"beside"), "file"),
    Texts("migration before", re.compile(r"before"), "migration"),
)
