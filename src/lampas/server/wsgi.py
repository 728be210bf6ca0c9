"""What the web server runs: Django's application, once every route was found to declare its permission."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lampas.server.settings")
application = get_wsgi_application()

from lampas.server import routes, urls  # noqa: E402  (needs the applications that the line above loads)

routes.check(urls.urlpatterns)
