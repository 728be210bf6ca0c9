"""What the console's tests look at: repositories made by the real actions, and rows as the other parts leave them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

SHOP = {
    "README.md": "# shop\nA small shop in three modules.\n\n    flask --app shop run\n",
    "shop/__init__.py": '"""A small shop."""\n\nfrom shop import catalogue, orders\n\n\ndef create_app() -> object:\n'
    '    """Makes the application."""\n    return catalogue.pages, orders.pages\n',
    "shop/catalogue.py": '"""What the shop sells."""\n\n'
    "from dataclasses import dataclass\nfrom decimal import Decimal\n\n"
    '\n@dataclass(frozen=True)\nclass Product:\n    """Something to buy; `price` in euros."""\n\n    name: str\n'
    '    price: Decimal\n\n\nPRODUCTS = [Product("lamp", Decimal("49.90")), Product("bulb", Decimal("3.20"))]\n'
    'pages = "catalogue"\n',
    "shop/orders.py": "import json\n\npages = json.dumps({'place': 'order'})\n",
    "shop/templates/shop/index.html": "<h1>{{ products|length }} things</h1>\n",
    "unused.py": "import nothing_that_exists\n",
}


def now(**ago: float) -> datetime:
    """This moment, or so long ago: `now(hours=3)`."""
    return datetime.now(UTC) - timedelta(**ago)


def person(name: str = "ada", *grants: str) -> int:
    """A person with grants, `developer` or `developer:shop`; none given: administrator. Returns the id."""
    from lampas.store.models import GrantRow, Person

    row = Person.objects.create(name=name, email=f"{name}@example.com")
    for text in grants or ("administrator",):
        grant, _, application = text.partition(":")
        GrantRow.objects.create(person=row, grant=grant, application=application)
    return row.pk


def actor(name: str = "ada") -> Any:
    """A person as the one who acts."""
    from lampas.store import people

    return people.actor(people.find(name), "session")


def repository(name: str, *commits: dict[str, str | None], author: str = "ada") -> list[str]:
    """A repository with these commits on main, each the files that it changes. Returns the commits' ids."""
    from lampas.actions.commit_files import CommitFiles
    from lampas.actions.create_repository import CreateRepository
    from lampas.actions.frame import perform

    perform(CreateRepository(repository=name), actor(author))  # type: ignore[arg-type]
    made: list[str] = []
    for files in commits:
        changes = {path: text.encode() if text is not None else None for path, text in files.items()}
        action = CommitFiles(
            repository=name,  # type: ignore[arg-type]
            branch="main",
            changes=changes,
            message=f"{name}: change {', '.join(files)}"[:70] + "\n\nThe reason stands here.",
            parent=made[-1] if made else None,  # type: ignore[arg-type]
        )
        made.append(perform(action, actor(author)))
    return made


def shop() -> list[str]:
    """The repository `shop` with three commits. Returns their ids."""
    return repository(
        "shop",
        dict(SHOP),
        {"shop/orders.py": SHOP["shop/orders.py"] + "\n\ndef place() -> str:\n    return 'thank you'\n"},
        {"shop/catalogue.py": SHOP["shop/catalogue.py"].replace("3.20", "3.50")},
    )


def definition(**changes: Any) -> None:
    """The application `shop` in the repository `cluster`, by the real action."""
    from lampas.actions.create_application import CreateApplication
    from lampas.actions.frame import perform
    from lampas.core.definition.values import Definition

    values = {"name": "shop", "repository": "shop", "entry": "shop:create_app()", "file": "apps/shop.toml", **changes}
    perform(CreateApplication(Definition(**values)), actor())


def release(app: str, number: int, commit: str, state: str = "verified", **changes: Any) -> Any:
    """A release as a build leaves it."""
    from lampas.store.models import Application, Release

    application, _ = Application.objects.get_or_create(name=app)
    edge = {"from": f"app {app}", "to": "shop", "provenance": "declared", "file": "apps/shop.toml", "line": 3}
    member = {"kind": "module", "repository": "shop"}
    revisions = _revisions("shop", commit)
    second = {**edge, "from": "shop", "to": "shop.orders", "provenance": "import", "file": "shop/__init__.py"}
    wheel = hashlib.sha256(b"flask").hexdigest()
    closure = {
        "members": [
            {**member, "module": "shop", "path": "shop/__init__.py", "edge": edge, **revisions("shop/__init__.py")},
            {
                **member,
                "module": "shop.orders",
                "path": "shop/orders.py",
                "edge": second,
                **revisions("shop/orders.py"),
            },
        ],
        "distributions": [
            {
                "name": "flask",
                "version": f"3.1.{number}",
                "sha256": wheel,
                "edge": second,
            }
        ],
        "unresolved": [
            {"name": "win32api", "file": "shop/orders.py", "line": 1, "optional": False, "waived": "", "proposal": "x"}
        ],
        "problems": [],
        "count": 2,
        "commit": commit,
    }
    values: dict[str, Any] = {
        "release_id": hashlib.sha256(f"release {number}".encode()).hexdigest(),
        "tree": hashlib.sha256(f"tree {number}".encode()).hexdigest(),
        "manifest": "ef" * 32,
        "state": state,
        "repository": "shop",
        "commit": commit,
        "definition_commit": commit,
        "definition": {"name": app, "runtime": "python", "entry": "shop:create_app()", "processes": 2, "env": {}},
        "closure": closure,
        "env": {"SHOP_MODE": "live"},
        "verified_log": "serving in 0.21 s\n" if state != "failed" else "ImportError: no module named shop.cart\n",
        "author": "ada",
    }
    return Release.objects.create(application=application, number=number, **{**values, **changes})


def _revisions(repository: str, commit: str) -> Any:
    """What gives a file's revision at a commit; where the commit is made up, the revision is as well."""
    from lampas.errors import NotFound
    from lampas.queries import code

    name: Any = repository
    oid: Any = commit
    try:
        tree = code.reader().tree(name, oid)
    except NotFound:
        return lambda _path: {"revision": "0" * 40}
    return lambda path: {"revision": tree[path].oid}


def slot(row: Any, port: int, state: str = "live") -> None:
    """A release that should run."""
    from lampas.store.models import Slot

    Slot.objects.create(release=row, port=port, state=state)


def traffic(app: str, table: dict[str, int], **ago: float) -> None:
    """A settled traffic table."""
    from lampas.store.models import Application, TrafficRow

    TrafficRow.objects.create(application=Application.objects.get(name=app), table=table, settled=now(**ago))


def unit(app: str, number: int, state: str = "running") -> dict[str, Any]:
    """A unit as an agent reports it."""
    since = int(now(hours=3).timestamp()) if state == "running" else 0
    pids = [4000 + number, 4100 + number, 4200 + number] if state == "running" else []
    return {"app": app, "number": number, "state": state, "pids": pids, "since": since, "wanted": True, "port": 20000}


def node(name: str = "here", *units: dict[str, Any], **changes: Any) -> Any:
    """A node that reported these units."""
    from lampas.store.models import Node

    observed = {"node": name, "isolation": "users", "generation": 7, "busy": {}, "units": list(units)}
    values: dict[str, Any] = {
        "address": "127.0.0.1:18443",
        "home": "/var/lib/lampas",
        "roles": ["proxy", "balancer", "appserver", "database", "console"],
        "state": "ready",
        "generation": 7,
        "observed": observed,
        "heard": now(seconds=1),
    }
    return Node.objects.create(name=name, **{**values, **changes})


def operation(kind: str, app: str = "shop", state: str = "done", **changes: Any) -> Any:
    """An operation; `steps`: (name, state, detail, node) each."""
    from lampas.store.models import Operation, OperationStep

    steps = changes.pop("steps", [("closure", "done", "14 modules", ""), ("tree", "done", "14 files", "")])
    ended = None if state in ("waiting", "running") else now(minutes=5)
    started = None if state == "waiting" else now(minutes=5, seconds=3)
    values = {"intent": {"number": 2}, "actor": "ada", "started": started, "ended": ended, **changes}
    row = Operation.objects.create(kind=kind, application=app, state=state, **values)
    for seq, (name, how, detail, where) in enumerate(steps if state != "waiting" else [], 1):
        end = None if how == "running" else now(minutes=5, seconds=1)
        OperationStep.objects.create(
            operation=row, seq=seq, name=name, state=how, detail=detail, node=where, started=started, ended=end
        )
    return row


def everything() -> None:
    """A whole small place: code, an application with four versions, a node, work, a person of each sort."""
    person("ada")
    person("vera", "viewer")
    person("dora", "developer:shop")
    repository("cluster")
    commits = shop()
    repository("empty")
    definition(persist=("instance",), env={"SHOP_MODE": "live"})
    rows = [release("shop", number, commits[min(number - 1, 2)]) for number in (1, 2, 3)]
    release("shop", 4, commits[2], "failed")
    slot(rows[0], 20001, "warm")
    slot(rows[1], 20002)
    slot(rows[2], 20003)
    traffic("shop", {"2": 100}, hours=5)
    traffic("shop", {"2": 90, "3": 10}, hours=2)
    node("here", unit("shop", 1), unit("shop", 2), unit("shop", 3))
    operation("build", intent={"at": commits[2]}, result={"number": 3, "members": 14, "distributions": 7})
    operation("deploy", intent={"number": 3, "traffic": 10}, result={"number": 3})
    error = {"code": "failed", "message": "release 4 of shop was built and does not start", "remedy": "read its log"}
    failed = [("tree", "done", "14 files", ""), ("verify", "failed", "ImportError: no module named shop.cart", "here")]
    operation("build", state="failed", intent={"at": commits[2]}, error=error, steps=failed)
