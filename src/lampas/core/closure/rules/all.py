"""All rules, by what they are."""

from __future__ import annotations

from lampas.core.closure.rules import alembic, discovery, django, files, packaging, web
from lampas.core.closure.rules.values import Applications, Modules, Rule, Shapes, Texts

ALL: tuple[Rule, ...] = (*django.RULES, *discovery.RULES, *web.RULES, *files.RULES, *packaging.RULES, *alembic.RULES)
TEXTS = tuple(rule for rule in ALL if isinstance(rule, Texts))
APPLICATIONS = tuple(rule for rule in ALL if isinstance(rule, Applications))
MODULES = tuple(rule for rule in ALL if isinstance(rule, Modules))
SHAPES = tuple(rule for rule in ALL if isinstance(rule, Shapes))
