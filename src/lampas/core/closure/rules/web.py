"""Flask, Jinja and other small frameworks: templates and directories by name."""

from __future__ import annotations

import re

from lampas.core.closure.rules.values import Rule, Texts

RULES: tuple[Rule, ...] = (
    Texts("template directory", re.compile(r"template_folder=|FileSystemLoader\(\)"), "folder"),
    Texts("static directory", re.compile(r"static_folder="), "folder"),
    Texts("package of templates", re.compile(r"PackageLoader\(\)"), "module"),
    Texts("module found by name", re.compile(r"find_modules\(\)"), "module", ("{0}.**",)),
    Texts("included by name", re.compile(r"include="), "module"),
    Texts(
        "package data",
        re.compile(r"(?:get_data|resource_\w+|read_text|read_binary|open_text|open_binary|files)\(\)"),
        "module",
    ),
    Texts("template", re.compile(r"extends|include|import"), "template"),
    Texts("tag library", re.compile(r"load"), "name", ("*.templatetags.{0}",)),
    Texts("static file", re.compile(r"static"), "name", ("**/static/{0}",)),
    Texts("module of a template", re.compile(r"module"), "module"),
)
