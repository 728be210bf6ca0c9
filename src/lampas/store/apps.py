"""The Django app that holds every table of LAMPAS."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables are named `lampas_…` by the app's label."""

    name = "lampas.store"
    label = "lampas"
    default_auto_field = "django.db.models.BigAutoField"
