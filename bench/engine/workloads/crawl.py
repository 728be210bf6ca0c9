"""Follows the links of a site that Django serves, as a superuser."""

import re
import urllib.parse

from django.test import Client

_LINK = re.compile(rb'href="([^"#]+)')


def crawl(start: list[str], most: int, host: str = "localhost") -> int:
    """Visits pages and what they link to, in order; the number of pages that answered 200."""
    from django.contrib.auth import get_user_model

    client = Client(raise_request_exception=False, SERVER_NAME=host)
    for page in start:
        client.get(page, follow=True)
    client.force_login(get_user_model().objects.order_by("pk").first() or _superuser())
    waiting, seen, good = list(start), set(start), 0
    while waiting and len(seen) < most:
        page = waiting.pop(0)
        answer = client.get(page, follow=True)
        good += answer.status_code == 200
        if "html" not in answer.headers.get("Content-Type", "") or answer.streaming:
            continue
        for link in _LINK.findall(answer.content):
            found = urllib.parse.urljoin(page, link.decode(errors="replace").replace("&amp;", "&"))
            if found.startswith("/") and "logout" not in found and found not in seen and len(seen) < most:
                seen.add(found)
                waiting.append(found)
    return good


def _superuser() -> object:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_superuser("root", "root@example.com", "secret-word-9")
