"""Alembic, and Flask-Migrate on top of it: the directory of migrations, which nothing imports."""

from __future__ import annotations

import re

from lampas.core.closure.rules.values import Modules, Rule, Shapes, Texts

RULES: tuple[Rule, ...] = (
    Modules("alembic migrations", re.compile(r"(?:alembic|flask_migrate|flask_alembic)(?:\..*)?"), fires="alembic"),
    Shapes("alembic migrations", "alembic", ("env.py", "versions"), ("*", "versions")),
    Shapes("alembic migrations", "alembic", ("alembic.ini",), ("alembic.ini",)),
    Texts("alembic migrations", re.compile(r"script_location=?"), "folder"),
)
