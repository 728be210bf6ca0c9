"""50 changes of settings under load, each from `env set` to live; and one of a large application.

    python bench/serving/settings.py            (a node of its own, made and removed)

Gates: no failed request; from the request that sets to the first response of the new release at most 1 s beyond what
the same unit takes to start by hand; `env set` itself below 1 s, also for an application of 1,500 modules with about
70 distributions. Times are taken from outside.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "node")]
sys.path[:0] = [str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from api import Api  # noqa: E402
from change import MODULES, write  # noqa: E402
from deploys import Load, by_hand, timed  # noqa: E402
from spread import spread  # noqa: E402

from engines.node import Node  # noqa: E402

DISTRIBUTIONS = (
    "wagtail celery flask flask-login sqlalchemy alembic boto3 httpx rich sentry-sdk jsonschema reportlab "
    "django-allauth django-compressor django-countries django-filter djangorestframework markdown nh3 pypdf "
    "python-dateutil redis whitenoise zxcvbn css-inline defusedxml bleach gunicorn paramiko"
)


def change(api: Api, app: str, **env: str) -> tuple[float, dict[str, Any]]:
    """Seconds that `env set` takes, and what it answered."""
    begun = time.perf_counter()
    answer = api.patch(f"/applications/{app}/env", {"set": env, "unset": []})
    return time.perf_counter() - begun, answer


def under_load(node: Node, api: Api, changes: int) -> dict[str, Any]:
    """Changes of a small application's settings, each deployed at once."""
    node.json("import", str(HERE.parent / "apps" / "hello"), "--repo", "hello")
    node.json("app", "create", "hello", "--repo", "hello", "--entry", "hello:application")
    node.json("release", "build", "hello")
    node.json("deploy", "hello", "1")
    load, sets, lives, hand = Load(node), [], [], []
    for turn in range(changes):
        took, answer = change(api, "hello", EDITION=str(turn))
        number = answer["number"]
        sets.append(took)
        body = {"number": number}
        lives.append(took + timed(node, api, "/applications/hello/deployments", body, f"hello/{number}"))
        if turn % 5 == 1:  # under the same load, so that both sides pay for it
            hand.append(by_hand(node, number))
    seen = load.report()
    return {
        "load": seen,
        "failed": seen["failed"],
        "set_ms": spread([each * 1000 for each in sets], 1),
        "set_to_live_s": spread(lives),
        "by_hand_s": spread(hand),
        "beyond_by_hand_ms": round((statistics.median(lives) - statistics.median(hand)) * 1000, 1),
    }


def large(node: Node, api: Api, changes: int) -> dict[str, Any]:
    """Changes of a large application's settings, each deployed at once."""
    with tempfile.TemporaryDirectory() as directory:
        write(Path(directory))
        (Path(directory) / "requirements.txt").write_text(DISTRIBUTIONS.replace(" ", "\n") + "\n")
        node.json("import", directory, "--repo", "large")
    made = ["--repo", "large", "--entry", "app:application", "--requirements", "requirements.txt"]
    node.json("app", "create", "large", *made)
    built = node.json("release", "build", "large")
    node.json("deploy", "large", "1")
    sets, deploys = [], []
    for turn in range(changes):
        took, answer = change(api, "large", EDITION=str(turn))
        sets.append(took)
        begun = time.perf_counter()
        api.finish(api.post("/applications/large/deployments", {"number": answer["number"]}))
        deploys.append(time.perf_counter() - begun)
    return {
        "modules": MODULES,
        "distributions": built["distributions"],
        "build_s": built["seconds"],
        "set_ms": spread([each * 1000 for each in sets], 1),
        "deploy_s": spread(deploys),
    }


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--no-large", action="store_true", help="Leave the large application out.")
    asked = parser.parse_args()
    node = Node()
    try:
        node.up("--no-sample")
        api = Api(node)
        found = under_load(node, api, asked.changes)
        if not asked.no_large:
            found["large"] = large(node, api, 7)
    finally:
        node.remove()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
