"""Every benchmark, one after the other, as a table against its gate.

    python bench/run.py [PART …]        all of them if none is named; PROGRAMS has their names

It makes nodes of its own and removes them. Run it on a machine that does nothing else: with other work on its cores
the figures say more about that work. Needs wrk beside what `./lampas up` installs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = {
    "throughput": "serving/throughput.py",
    "static": "static/throughput.py",
    "deploys": "serving/deploys.py",
    "settings": "serving/settings.py",
    "git": "git/run.py",
    "build": "build/release.py",
    "pretalx": "build/pretalx.py",
    "distributions": "distributions/run.py",
    "engine": "engine/run.py",
    "change": "node/change.py",
    "node": "node/start.py",
    "rotate": "databases/rotate.py",
}


def main() -> int:
    """Runs the parts and prints what each printed; returns 1 where one could not be run."""
    parts = sys.argv[1:] or list(PROGRAMS)
    unknown = set(parts) - set(PROGRAMS)
    if unknown:
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    status = 0
    for part in parts:
        print(f"== {part}", flush=True)
        done = subprocess.run([sys.executable, str(HERE / PROGRAMS[part])], check=False)
        status = status or int(done.returncode not in (0, 1))
    return status


if __name__ == "__main__":
    sys.exit(main())
