"""Modules of applications that packages for Django load by name once they are installed themselves."""

from __future__ import annotations

import re

from lampas.core.closure.rules.values import Applications, Modules, Rule, Texts

# What loads → the names of modules that it looks for in every application.
_LOADERS: dict[str, tuple[str, ...]] = {
    "wagtail": ("wagtail_hooks", "wagtail_hooks.*"),
    "modeltranslation": ("translation",),
    "haystack": ("search_indexes",),
    "cms": ("cms_plugins", "cms_apps", "cms_menus", "cms_toolbars", "cms_wizards"),
    "import_export": ("resources",),
    "django_q": ("tasks",),
    "django_dramatiq": ("tasks",),
    "huey.contrib.djhuey": ("tasks",),
    "dbbackup": ("dbbackup",),
    "actstream": ("actions",),
    "rules.apps.AutodiscoverRulesConfig": ("rules",),
    "watson": ("search",),
    "autocomplete_light": ("autocomplete_light_registry",),
}

RULES: tuple[Rule, ...] = (
    *(
        Applications(f"{loader.partition('.')[0]} discovery", tuple(f"{{0}}.{name}" for name in names), f"app {loader}")
        for loader, names in _LOADERS.items()
    ),
    # With the loader's own source in scope, its call says which name it looks for.
    Applications("wagtail discovery", ("{0}.wagtail_hooks", "{0}.wagtail_hooks.*"), "wagtail_hooks"),
    Applications("celery tasks", ("{0}.tasks", "{0}.tasks.*"), "celery"),
    Texts("celery tasks", re.compile(r"autodiscover_tasks\(\)"), "application", ("{0}.tasks",), fires="celery"),
    Texts("celery tasks", re.compile(r"(?:CELERY_)?IMPORTS"), "module"),
    Texts("celery settings", re.compile(r"config_from_object\(\)|from_object\(\)"), "module"),
    Modules("celery application", re.compile(r"celery\.fixups\.django"), fires="celery"),
)
