"""The Django app that holds the pages' templates and static files."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """It has no tables."""

    name = "lampas.console"
    label = "console"
