"""A Django project whose static files are collected by a build hook and whose database is migrated by a setup hook."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.node import Node, eventually

SETTINGS = """
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "for tests alone"
ALLOWED_HOSTS = [".localhost"]
INSTALLED_APPS = ["django.contrib.staticfiles", "notes"]
ROOT_URLCONF = "site_.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "var" / "db.sqlite3"}}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "collected"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
URLS = """
from django.http import HttpResponse
from django.urls import path
from notes.models import Note
def index(request):
    Note.objects.create(text="seen")
    return HttpResponse(f"{Note.objects.count()} notes")
def broken(request):
    raise RuntimeError("the view is broken")
urlpatterns = [path("", index), path("broken", broken)]
"""
WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
MIGRATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.CreateModel("Note", [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("text", models.CharField(max_length=100)),
    ])]
"""
SECOND = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]
    operations = [migrations.CreateModel("Kind", [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
    ])]
"""
MODELS = "from django.db import models\nclass Note(models.Model):\n    text = models.CharField(max_length=100)\n"
DEFINITION = """
[app.notes]
entry = "site_.wsgi:application"
links = ["notes/**", "site_/**"]
requirements = ["django==5.2.7"]
persist = ["var"]
static = { "/static" = "collected" }
[app.notes.hooks]
build = ["python manage.py collectstatic --noinput"]
setup = ["python manage.py migrate --noinput"]
[app.notes.verify]
requests = ["/"]
test = "python manage.py check"
"""
FILES = {
    "lampas.toml": DEFINITION,
    "manage.py": MANAGE,
    "site_/__init__.py": "",
    "site_/settings.py": SETTINGS,
    "site_/urls.py": URLS,
    "site_/wsgi.py": WSGI,
    "notes/__init__.py": "",
    "notes/models.py": MODELS,
    "notes/migrations/__init__.py": "",
    "notes/migrations/0001_initial.py": MIGRATION,
    "notes/static/notes/style.css": "body { color: navy }\n",
}


class Project:
    """The project's directory; `save` imports it as the next commit."""

    def __init__(self, node: Node, directory: Path) -> None:
        self.node, self.directory = node, directory

    def save(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.directory / name).parent.mkdir(parents=True, exist_ok=True)
            (self.directory / name).write_text(text)
        self.node.json("import", str(self.directory), "--repo", "notes")

    def refused(self, *words: str) -> str:
        """What a command that fails says, its steps included."""
        done = self.node.lampas(*words, status=1)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Imported, built and live in version 1."""
    made = Project(node, tmp_path_factory.mktemp("notes"))
    made.save(FILES)
    built = node.json("release", "build", "notes")
    assert (built["number"], built["verify"]["ok"]) == (1, True)
    node.json("deploy", "notes", "1")
    yield made


def test_what_a_build_hook_wrote_is_part_of_the_release(node: Node, project: Project, tmp_path: Path) -> None:
    style = node.get("notes", "/static/notes/style.css")
    assert (style.status_code, style.text) == (200, "body { color: navy }\n")
    node.json("release", "export", "notes", "1", str(tmp_path / "out"))
    assert (tmp_path / "out/code/collected/notes/style.css").read_text() == "body { color: navy }\n"
    assert not (tmp_path / "out/code/var").exists()
    shown = node.lampas("release", "show", "notes", "1").stdout
    assert "$ python manage.py collectstatic --noinput" in shown
    assert "1 static file copied" in shown


def test_setup_hooks_made_the_live_tables_before_traffic(node: Node, project: Project) -> None:
    assert node.get("notes").text == "1 notes"  # what verification wrote is nowhere
    assert node.get("notes").text == "2 notes"
    found = node.json("release", "setup", "notes", "1")
    assert (found["state"], "Applying notes.0001_initial... OK" in found["log"]) == ("done", True)


def test_a_change_of_code_runs_both_anew_and_a_rollback_runs_none(node: Node, project: Project) -> None:
    project.save({"notes/static/notes/style.css": "body { color: teal }\n", "notes/migrations/0002_kind.py": SECOND})
    built = node.json("release", "build", "notes")
    assert (built["number"], built["verify"]["ok"]) == (2, True)
    node.json("deploy", "notes", "2")
    assert node.get("notes", "/static/notes/style.css").text == "body { color: teal }\n"
    assert "Applying notes.0002_kind... OK" in node.json("release", "setup", "notes", "2")["log"]
    before = node.json("release", "setup", "notes", "1")
    assert node.json("rollback", "notes")["number"] == 1
    node.json("deploy", "notes", "1")
    assert node.json("release", "setup", "notes", "1") == before
    assert node.get("notes", "/static/notes/style.css").text == "body { color: navy }\n"


def test_settings_alone_run_no_hook(node: Node, project: Project) -> None:
    project.save({"lampas.toml": DEFINITION + "[app.notes.env]\nA = 'b'\n"})
    said = node.lampas("release", "build", "notes").stderr
    assert "the build hooks ran before" in said
    node.json("deploy", "notes", "3")
    assert node.json("release", "setup", "notes", "3")["number"] == 2  # whose run it was


def test_a_build_hook_that_fails_says_why_and_leaves_nothing(node: Node, project: Project) -> None:
    broken = DEFINITION.replace("collectstatic --noinput", "nonsense")
    project.save({"lampas.toml": broken})
    said = project.refused("release", "build", "notes")
    assert "the build hook `python manage.py nonsense` of notes ended with status 1" in said
    assert "Unknown command: 'nonsense'" in said
    assert [row["number"] for row in node.json("release", "list", "notes")["releases"]] == [3, 2, 1]


def test_a_setup_hook_that_fails_stops_the_deployment_before_traffic(node: Node, project: Project) -> None:
    # It passes where nothing is: verification starts from scratch.
    failing = """python -c "import os, sys; sys.exit(os.path.exists('var/db.sqlite3') and 'the data is in the way')" """
    setup = f"setup = ['''{failing.strip()}''', \"python manage.py migrate --noinput\"]"
    project.save({"lampas.toml": DEFINITION.replace('setup = ["python manage.py migrate --noinput"]', setup)})
    number = str(node.json("release", "build", "notes")["number"])
    said = project.refused("deploy", "notes", number)
    assert "ended with status 1" in said and "the data is in the way" in said
    assert node.json("release", "setup", "notes", number)["state"] == "failed"
    assert node.get("notes").headers["Lampas-Release"] == "notes/3"
    assert node.json("release", "list", "notes")["releases"][0]["state"] == "verified"


def test_a_request_that_fails_shows_the_applications_traceback(node: Node, project: Project) -> None:
    project.save({"lampas.toml": DEFINITION.replace('requests = ["/"]', 'requests = ["/", "/broken"]')})
    said = project.refused("release", "build", "notes")
    assert "RuntimeError: the view is broken" in said
    number = str(node.json("release", "list", "notes")["releases"][0]["number"])
    shown = node.lampas("release", "show", "notes", number).stdout
    assert "GET /broken was answered by 500 Internal Server Error" in shown
    assert 'raise RuntimeError("the view is broken")' in shown
    project.save({"lampas.toml": DEFINITION.replace('test = "python manage.py check"', 'test = "python -c 1/0"')})
    said = project.refused("release", "build", "notes")
    assert "the test python -c 1/0 ended with status 1" in said


def test_an_interrupted_setup_waits_for_a_word(node: Node, project: Project) -> None:
    number = _slow(node, project, idempotent=False)
    _interrupted(node, number)
    assert node.json("release", "setup", "notes", number)["state"] == "unknown"
    said = project.refused("deploy", "notes", number)
    assert f"lampas release setup notes {number} --mark done" in said
    assert node.json("release", "setup", "notes", number, "--mark", "done")["state"] == "done"
    node.json("deploy", "notes", number)
    assert node.get("notes").headers["Lampas-Release"] == f"notes/{number}"


def test_an_interrupted_setup_that_is_idempotent_runs_again(node: Node, project: Project) -> None:
    number = _slow(node, project, idempotent=True)
    deploying = threading.Thread(target=_interrupted, args=(node, number))
    deploying.start()
    eventually(lambda: _begun(node) == 2)
    (node.home / "data/notes/var/go").touch()
    deploying.join(90)
    assert (node.json("release", "setup", "notes", number)["state"], _begun(node)) == ("done", 2)
    eventually(lambda: node.get("notes").headers["Lampas-Release"] == f"notes/{number}")


def test_a_build_hook_runs_again_only_for_what_it_looked_at(node: Node, project: Project) -> None:
    def ran(files: dict[str, str]) -> bool:
        project.save(files)
        return "the build hooks ran before" not in node.lampas("release", "build", "notes").stderr

    def newest() -> str:
        return str(node.json("release", "list", "notes")["releases"][0]["number"])

    assert ran({"lampas.toml": DEFINITION, "notes/templates/notes/page.html": "one"}), "there is a file more"
    assert not ran({"notes/templates/notes/page.html": "two"}), "it never opened it"
    assert "1 static file copied" in node.lampas("release", "show", "notes", newest()).stdout
    assert ran({"notes/models.py": MODELS + "# changed\n"}), "it imported it"
    assert ran({"notes/static/notes/style.css": "body { color: gray }\n"}), "it copied it"
    node.json("deploy", "notes", newest())
    assert node.get("notes", "/static/notes/style.css").text == "body { color: gray }\n"


SLOW = """
import os, pathlib, time
here = pathlib.Path("var")
if (here / "db.sqlite3").exists():
    (here / f"begun-{time.time_ns()}").touch()
    while not (here / "go").exists():
        time.sleep(0.05)
"""


def _slow(node: Node, project: Project, *, idempotent: bool) -> str:
    """A release whose setup hook waits for a file where there is data; it leaves a mark each time that it begins."""
    setup = f'setup = ["python slow.py"]\nidempotent = {str(idempotent).lower()}'
    text = DEFINITION.replace('setup = ["python manage.py migrate --noinput"]', setup)
    for mark in (node.home / "data/notes/var").glob("begun-*"):
        mark.unlink()
    project.save({"lampas.toml": text.replace('requests = ["/"]\n', ""), "slow.py": f"{SLOW}# {idempotent}\n"})
    return str(node.json("release", "build", "notes")["number"])


def _begun(node: Node) -> int:
    return len(list((node.home / "data/notes/var").glob("begun-*")))


def _interrupted(node: Node, number: str) -> None:
    """A deployment whose worker is killed while the setup hook runs; the next worker takes it on."""
    asking = threading.Thread(target=lambda: node.lampas("deploy", "notes", number, status=None))
    asking.start()
    eventually(lambda: _begun(node) == 1)
    node.kill("worker")
    asking.join(60)
