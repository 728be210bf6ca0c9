"""A tracker of Roundup from its classic template: installed, initialised, then its pages over WSGI."""

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

import roundup
from roundup.cgi.wsgi_handler import RequestDispatcher
from roundup.scripts import roundup_admin

home = tempfile.mkdtemp()
template = Path(roundup.__file__).parents[1] / "share/roundup/templates/classic"
tracker = f"{home}/tracker"


def admin(*words: str) -> None:
    """Runs roundup-admin in this process, which ends in SystemExit."""
    sys.argv = ["roundup-admin", "-i", tracker, *words]
    with contextlib.suppress(SystemExit):
        roundup_admin.run()


def get(page: str) -> None:
    """Asks the tracker for a page; a page that fails was asked for all the same."""
    path, _, query = page.partition("?")
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": f"/{path}", "QUERY_STRING": query, "SCRIPT_NAME": "/tracker",
        "SERVER_NAME": "localhost", "HTTP_HOST": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(b""),
        "wsgi.errors": sys.stderr, "wsgi.version": (1, 0),
    }  # fmt: skip
    for _ in app(environ, lambda *_: lambda _: None) or ():
        pass


os.chdir(Path(roundup.__file__).parents[1])
admin("install", "classic", "anydbm")
config = Path(tracker, "config.ini")
text = config.read_text().replace("#web = NO DEFAULT", "web = http://localhost/tracker/")
text = text.replace("#domain = NO DEFAULT", "domain = example.com").replace("#host = NO DEFAULT", "host = localhost")
config.write_text(text)
admin("initialise", "secret-word-9")
app = RequestDispatcher(tracker)
for page in (
    "",
    "issue?@template=index",
    "user?@template=register",
    "issue?@template=item",
    "@@file/style.css",
    "home",
):
    get(page)
