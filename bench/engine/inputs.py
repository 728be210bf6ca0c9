"""Real applications, each as its authors publish it, with the workload that shows what it needs at run time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from engines import sources  # noqa: E402


@dataclass(frozen=True)
class Input:
    """One application.

    Attributes:
        name: Its name in the report.
        repositories: Repository → its unpacked tree, made when it is asked for; the application's own first.
        definition: The body of its `[app.app]`.
        requirements: Distributions beside the repositories.
        workload: The file in workloads/ that runs it.
        paths: What stands on the workload's path: (repository, directory).
    """

    name: str
    repositories: Mapping[str, Callable[[Places], Path]]
    definition: str
    requirements: tuple[str, ...]
    workload: str
    paths: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Places:
    """Where sources and environments are kept between runs."""

    kept: Path

    def source(self, requirement: str) -> Path:
        """The unpacked source distribution of `name==version`."""
        folder = self.kept / "sources" / requirement
        if not folder.exists():
            folder.mkdir(parents=True)
            sources.unpack(requirement, folder)
        (root,) = (folder / "source").iterdir()
        return root

    def python(self, requirements: tuple[str, ...], name: str) -> Path:
        """Debian's Python with some distributions."""
        folder = self.kept / "environments" / name
        if not folder.exists():
            uv = str(Path(sys.executable).with_name("uv"))
            subprocess.run([uv, "venv", "-q", "--python", "/usr/bin/python3", str(folder)], check=True)
            if requirements:
                argv = [uv, "pip", "install", "-q", "--python", str(folder / "bin/python"), *requirements]
                subprocess.run(argv, check=True)
        return folder / "bin/python"


def _django_site(places: Places) -> Path:
    return _made(places, "django-site", ("asgiref", "sqlparse"), "django-admin startproject",
                 "from django.core.management import execute_from_command_line as run; "
                 "run(['django-admin', 'startproject', 'mysite', '.'])", places.source("Django==5.2.8"))  # fmt: skip


def _wagtail_site(places: Places) -> Path:
    return _made(places, "wagtail-site", ("wagtail==7.0.3",), "wagtail start",
                 "import sys; sys.argv = ['wagtail', 'start', 'mysite', '.']; "
                 "from wagtail.bin.wagtail import main; main()", None)  # fmt: skip


def _made(places: Places, name: str, requirements: tuple[str, ...], what: str, code: str, path: Path | None) -> Path:
    folder = places.kept / "sources" / name
    if not folder.exists():
        folder.mkdir(parents=True)
        python = places.python(requirements, what.replace(" ", "-"))
        env = {"PYTHONPATH": str(path)} if path else {}
        subprocess.run([str(python), "-B", "-c", code], cwd=folder, env={**env, "PATH": "/usr/bin:/bin"}, check=True)
    return folder


def _tutorial(places: Places) -> Path:
    return places.source("flask==3.1.2") / "examples/tutorial"


INPUTS = (
    Input(
        "flaskr",
        {"flaskr": _tutorial},
        'entry = "flaskr:create_app()"',
        ("flask==3.1.2",),
        "blog.py",
        (("flaskr", ""),),
    ),
    Input(
        "flask-jinja2-werkzeug",
        {
            "flaskr": _tutorial,
            "flask": lambda places: places.source("flask==3.1.2"),
            "jinja2": lambda places: places.source("jinja2==3.1.6"),
            "werkzeug": lambda places: places.source("werkzeug==3.1.3"),
        },
        'entry = "flaskr:create_app()"\nuses = { flask = "main", jinja2 = "main", werkzeug = "main" }',
        ("click", "itsdangerous", "blinker", "markupsafe"),
        "blog.py",
        (("flaskr", ""), ("flask", "src"), ("jinja2", "src"), ("werkzeug", "src")),
    ),
    Input(
        "django-site",
        {"site": _django_site, "django": lambda places: places.source("Django==5.2.8")},
        'entry = "mysite.wsgi:application"\nlinks = ["manage"]\nuses = { django = "main" }',
        ("asgiref", "sqlparse"),
        "django_site.py",
        (("site", ""), ("django", "")),
    ),
    Input(
        "wagtail-site",
        {"site": _wagtail_site},
        'entry = "mysite.wsgi:application"\nlinks = ["manage"]',
        ("wagtail==7.0.3",),
        "django_site.py",
        (("site", ""),),
    ),
    Input(
        "pretalx",
        {"pretalx": lambda places: places.source("pretalx==2025.2.0")},
        'root = "src"\nentry = "pretalx.wsgi:application"\nlinks = ["pretalx.__main__"]',
        ("pretalx==2025.2.0",),
        "conference.py",
        (("pretalx", "src"),),
    ),
    Input(
        "roundup",
        {"roundup": lambda places: places.source("roundup==2.6.0")},
        'entry = "roundup.cgi.wsgi_handler:RequestDispatcher"\n'
        'links = ["roundup.scripts.roundup_admin", "share/roundup/templates/classic/**"]',
        (),
        "tracker.py",
        (("roundup", ""),),
    ),
)  # fmt: skip
