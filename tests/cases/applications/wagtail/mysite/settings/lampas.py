"""The project's settings where LAMPAS runs it; while it is built there are no secrets and no database."""

import os

from .base import *  # noqa: F403

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "only-while-it-is-built")
ALLOWED_HOSTS = ["*"]
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAIL_ENABLE_UPDATE_CHECK = False
if "DB_NAME" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.mysql",
            "OPTIONS": {"charset": "utf8mb4"},
            **{name: os.environ[f"DB_{name}"] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")},
        }
    }
