"""The names whose strings are kept with their place: what rules of frameworks ask for. It grows with the rules, and
the analyser's version with it."""

from __future__ import annotations

import re

# Variables and keys whose strings name modules, applications or directories, however they are spelled.
SETTING = re.compile(
    rb"(?:[A-Z0-9_]+_)?APPS|ROOT_URLCONF|WSGI_APPLICATION|DATABASES|CACHES|LANGUAGE_CODE|LANGUAGES|CELERY_IMPORTS|IMPORTS"
    rb"|SESSION_ENGINE|(?:[A-Z0-9_]+_)?MODULES|(?:[A-Z0-9_]+_)?DIRS|LOCALE_PATHS|FORMAT_MODULE_PATH|FIXTURE_DIRS|TEMPLATES|EXTENSIONS|PLUGINS"
)
# Calls whose first strings name modules, templates, groups of entry points or directories.
CALLS = (
    "include", "import_string", "autodiscover_modules", "autodiscover_tasks", "get_app_submodules", "entry_points",
    "iter_entry_points", "setdefault", "PackageLoader", "FileSystemLoader", "iter_modules", "walk_packages",
    "version", "distribution", "get_data", "resource_filename", "resource_string", "resource_stream", "read_text",
    "read_binary", "open_text", "open_binary", "files", "config_from_object", "from_object", "find_modules", "setup",
)  # fmt: skip
# Those of them that mean something without any string.
BARE = frozenset(("autodiscover_tasks", "entry_points", "iter_entry_points"))
# Arguments whose strings name modules, directories or groups.
KEYWORDS = (
    "template_folder", "static_folder", "include", "entry_points", "group", "directory", "packages",
    "default_app_config", "urlconf", "namespace_packages", "script_location",
)  # fmt: skip
