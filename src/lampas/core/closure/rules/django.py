"""Django: what it loads from settings, from applications and by discovery."""

from __future__ import annotations

import re

from lampas.core.closure.rules.values import Applications, Modules, Rule, Texts

_APPS = re.compile(r"(?:[A-Z0-9_]+_)?APPS(?:\.\w+)?")

RULES: tuple[Rule, ...] = (
    Texts("django settings module", re.compile(r"DJANGO_SETTINGS_MODULE"), "module"),
    Texts("django application", _APPS, "application", fires="app {0}"),
    Texts("django urls", re.compile(r"ROOT_URLCONF|include\(\)|urlconf="), "module"),
    Texts("django entry", re.compile(r"WSGI_APPLICATION"), "module"),
    Texts(
        "django database engine",
        re.compile(r"DATABASES\.ENGINE|(?:[A-Z0-9_]+_)?ENGINE"),
        "module",
        needs=("{0}.base",),
    ),
    Texts("django template directories", re.compile(r"TEMPLATES\.DIRS|(?:[A-Z0-9_]+_)?DIRS|LOCALE_PATHS"), "folder"),
    Texts("django session engine", re.compile(r"SESSION_ENGINE"), "module"),
    Texts(
        "django formats of a language",
        re.compile(r"LANGUAGE_CODE|LANGUAGES(?:\.\w+)?"),
        "name",
        needs=("django.conf.locale.{0}", "django.conf.locale.{0}.*"),
        only=re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z]{2,4})?"),
        # All languages that Django knows, and no site's own choice.
        unless=re.compile(r"django\.conf\.global_settings"),
    ),
    Texts("django formats of a site", re.compile(r"FORMAT_MODULE_PATH"), "module", ("{0}.**",)),
    Texts("django string", re.compile(r"import_string\(\)|default_app_config="), "module"),
    Texts("django discovery", re.compile(r"autodiscover_modules\(\)|get_app_submodules\(\)"), "nothing", fires="{0}"),
    Applications(
        "django application's modules",
        ("{0}", "{0}.apps", "{0}.models", "{0}.models.*", "{0}.migrations.*", "{0}.migrations"),
    ),
    Applications("django template tags", ("{0}.templatetags.*", "{0}.templatetags")),
    Applications("django management commands", ("{0}.management", "{0}.management.commands.*")),
    Applications("django admin", ("{0}.admin",), sign="app django.contrib.admin"),
    Applications("django admin", ("{0}.admin",), sign="admin"),
    Modules("django core commands", re.compile(r"django\.core\.management"), ("{0}.commands.*",)),
    Modules("django template engine", re.compile(r"django\.template\.backends\.django"), ("django.templatetags.*",)),
    Modules("django english", re.compile(r"django\.conf"), ("{0}.locale.en", "{0}.locale.en.*", "{0}.global_settings")),
)
