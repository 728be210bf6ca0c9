"""Load from outside, in a process of its own: clients with kept connections, and some that ask for slow answers.

    python bench/load.py --port 8080 --host hello.localhost --clients 12 --slow 2 --pause 0.01

It runs until its standard input is closed (or --seconds have passed), then prints one JSON document:
requests, failed (with the first reasons), p50, p99, max in milliseconds, and how many each release answered.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import threading
import time
from collections import Counter


class Tally:
    """What all clients saw."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.failures: list[str] = []
        self.releases: Counter[str] = Counter()
        self.stop = threading.Event()


def client(tally: Tally, port: int, host: str, path: str, pause: float) -> None:
    """One client: a request, a pause, the next; a connection that the server closed between requests is made anew."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not tally.stop.is_set():
        begun = time.perf_counter()
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            answer.read()
            took = time.perf_counter() - begun
            if answer.status != 200:
                tally.failures.append(f"status {answer.status}")
            elif path == "/":
                tally.seconds.append(took)
            tally.releases[answer.headers.get("Lampas-Release", "")] += 1
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            # Only a fresh connection that is closed on us is a failure: a kept one may be closed while it is idle.
            if getattr(connection, "used", False):
                connection.used = False  # type: ignore[attr-defined]
            else:
                tally.failures.append(repr(error))
            connection.close()
            continue
        except (OSError, http.client.HTTPException) as error:
            tally.failures.append(repr(error))
            connection.close()
            continue
        connection.used = True  # type: ignore[attr-defined]
        tally.stop.wait(pause)
    connection.close()


def main() -> None:
    """Runs the clients and prints what they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=0)
    asked = parser.parse_args()
    tally = Tally()
    paths = ["/"] * asked.clients + ["/slow"] * asked.slow
    threads = [
        threading.Thread(target=client, args=(tally, asked.port, asked.host, path, asked.pause)) for path in paths
    ]
    for thread in threads:
        thread.start()
    if asked.seconds:
        time.sleep(asked.seconds)
    else:
        sys.stdin.read()
    tally.stop.set()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(tally.seconds, n=100)
    print(
        json.dumps(
            {
                "requests": sum(tally.releases.values()),
                "failed": len(tally.failures),
                "reasons": tally.failures[:5],
                "p50": round(cuts[49] * 1000, 2),
                "p99": round(cuts[98] * 1000, 2),
                "max": round(max(tally.seconds) * 1000, 2),
                "releases": dict(tally.releases),
            }
        )
    )


if __name__ == "__main__":
    main()
