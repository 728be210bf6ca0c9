"""A project of Django or Wagtail: checks, migrations, static files listed, then every page that links lead to."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from django.conf import settings
from django.core.management import call_command
from mysite.wsgi import application

settings.ALLOWED_HOSTS = ["*"]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
call_command("check")
call_command("migrate", verbosity=0)

from crawl import crawl

print(crawl(["/", "/admin/", "/documents/", "/django-admin/", "/nothing/"], 120), "pages", file=sys.stderr)
