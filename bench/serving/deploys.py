"""100 deploys and 25 rollbacks under load, against the same load without any.

    python bench/serving/deploys.py            (a node of its own, made and removed)

Gates: no failed request; p99 at most 20 ms over the baseline; a deploy at most 150 ms beyond what the same unit takes
to start by hand; a rollback at most 50 ms. Times are taken from outside: from the request to the API until the first
response of the new version.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from api import Api  # noqa: E402
from spread import spread  # noqa: E402

from engines.node import Node  # noqa: E402

RELEASES = 20  # far more than are kept warm, so that every deploy starts its unit
HOST = {"Host": "hello.localhost"}


class Load:
    """The load of bench/load.py, from start to the report."""

    def __init__(self, node: Node) -> None:
        command = [sys.executable, str(HERE.parent / "load.py"), "--port", str(node.port), "--host", HOST["Host"]]
        self._process = subprocess.Popen(
            [*command, "--clients", "12", "--slow", "2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def report(self) -> dict[str, Any]:
        """Ends the load and returns what it saw."""
        out, _ = self._process.communicate()
        return dict(json.loads(out))


def first_answer(node: Node, release: str, seconds: float = 30.0) -> float:
    """Waits until the application answers as `release`; returns when (perf_counter)."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    limit = time.perf_counter() + seconds
    while time.perf_counter() < limit:
        connection.request("GET", "/", headers=HOST)
        answer = connection.getresponse()
        answer.read()
        if answer.headers.get("Lampas-Release") == release:
            connection.close()
            return time.perf_counter()
        time.sleep(0.003)  # more often would take the core from what is measured
    raise RuntimeError(f"{release} never answered")


def timed(node: Node, api: Api, path: str, body: dict[str, Any], expected: str) -> float:
    """Seconds from the request to the API until the first response of the expected version."""
    seen: list[float] = []
    eye = threading.Thread(target=lambda: seen.append(first_answer(node, expected)))
    begun = time.perf_counter()
    eye.start()
    operation = api.post(path, body)
    eye.join()
    api.finish(operation)
    return seen[0] - begun


def stands_still(node: Node, number: int) -> None:
    """Refuses to measure a deploy of a unit that still runs, since it would be no start.

    Raises:
        RuntimeError: It runs.
    """
    if node.get(f"hello-v{number}").status_code == 200:
        raise RuntimeError(f"release {number} still runs")


def prepare(node: Node) -> None:
    """Imports the application and builds its releases: same code, another setting, so each is a release of its own."""
    node.json("import", str(HERE.parent / "apps" / "hello"), "--repo", "hello")
    node.json("app", "create", "hello", "--repo", "hello", "--entry", "hello:application")
    for number in range(1, RELEASES + 1):
        node.json("env", "set", "hello", f"EDITION={number}")
        built = node.json("release", "build", "hello")
        assert built["number"] == number, built


def by_hand(node: Node, number: int) -> float:
    """Seconds that this unit takes from its command to its first answer, started by hand on another port."""
    (unit,) = (node.home / "agent" / "apps" / "hello" / "units").glob(f"v{number}-*")
    text = (unit / "httpd.conf").read_text()
    port = next(line.split(":")[1] for line in text.splitlines() if line.startswith("Listen"))
    place = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    config = place / "httpd.conf"
    config.write_text(
        "\n".join(
            "Listen 127.0.0.1:18999"
            if line == f"Listen 127.0.0.1:{port}"
            else f'PidFile "{place}/pid"'
            if line.startswith("PidFile")
            else f'ErrorLog "{place}/log"'
            if line.startswith("ErrorLog")
            else f'WSGISocketPrefix "{place}/wsgi"'
            if line.startswith("WSGISocketPrefix")
            else line
            for line in text.splitlines()
        )
    )
    command = ["apache2", "-f", str(config), "-DFOREGROUND"]
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "lampas-hello", str(place)], check=True)
        command = ["setpriv", "--reuid=lampas-hello", "--regid=lampas-hello", "--clear-groups", *command]
    key = next(row.split()[1] for row in (node.home / "front/maps/keys.txt").read_text().splitlines() if row)
    begun = time.perf_counter()
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", 18999, timeout=5)
            try:
                connection.request("GET", "/", headers={"Lampas-Front": key})
                if connection.getresponse().status == 200:
                    return time.perf_counter() - begun
            except OSError:
                if time.perf_counter() - begun > 30:
                    raise
            finally:
                connection.close()
            time.sleep(0.002)
    finally:
        process.terminate()
        process.wait(timeout=30)


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deploys", type=int, default=100)
    parser.add_argument("--rollbacks", type=int, default=25)
    asked = parser.parse_args()
    node = Node()
    try:
        node.up("--no-sample")
        prepare(node)
        api = Api(node)
        node.json("deploy", "hello", "1")
        quiet = Load(node)
        time.sleep(20)
        baseline = quiet.report()
        load, deploys, rollbacks, hand = Load(node), [], [], []
        for turn in range(asked.deploys):
            before, number = turn % RELEASES + 1, (turn + 1) % RELEASES + 1
            path, body = "/applications/hello/deployments", {"number": number}
            stands_still(node, number)
            deploys.append(timed(node, api, path, body, f"hello/{number}"))
            if turn % 4 == 1:  # under the same load, so that both sides pay for it
                hand.append(by_hand(node, number))
            if len(rollbacks) < asked.rollbacks and turn % 4 == 3:
                rollbacks.append(timed(node, api, "/applications/hello/rollbacks", {}, f"hello/{before}"))
                api.finish(api.post(path, body))
        busy = load.report()
    finally:
        node.remove()
    print(
        json.dumps(
            {
                "baseline": baseline,
                "under_deploys": busy,
                "failed": busy["failed"],
                "p99_over_baseline_ms": round(busy["p99"] - baseline["p99"], 2),
                "by_hand_s": spread(hand),
                "deploy_s": spread(deploys),
                "deploy_beyond_by_hand_ms": round((statistics.median(deploys) - statistics.median(hand)) * 1000, 1),
                "rollback_ms": spread([each * 1000 for each in rollbacks], 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
