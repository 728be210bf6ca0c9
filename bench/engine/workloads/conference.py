"""pretalx with a database of its own: migrations, a demonstration event, its pages."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
folder = tempfile.mkdtemp()
os.environ |= {
    "PRETALX_DATA_DIR": folder,
    "PRETALX_FILESYSTEM_DATA": folder,
    "PRETALX_FILESYSTEM_MEDIA": f"{folder}/media",
    "PRETALX_FILESYSTEM_LOGS": f"{folder}/logs",
    "PRETALX_FILESYSTEM_STATIC": f"{folder}/static",
    "PRETALX_DB_NAME": f"{folder}/db.sqlite3",
    "PRETALX_SITE_URL": "http://localhost",
}
from django.conf import settings
from django.core.management import call_command
from pretalx.wsgi import application

settings.ALLOWED_HOSTS = ["*"]
plain = "django.contrib.staticfiles.storage.StaticFilesStorage"  # nothing was collected here
settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
settings.COMPRESS_ENABLED = False
call_command("migrate", verbosity=0)

from django.contrib.auth import get_user_model

get_user_model().objects.create_superuser(email="root@example.com", password="secret-word-9", name="Root")

from crawl import crawl

print(crawl(["/orga/login/", "/orga/", "/orga/event/", "/orga/event/new/", "/nothing/"], 120), "pages", file=sys.stderr)
