"""Runs a workload and writes down which modules it loaded and which files it opened. Arguments: report, workload."""

import json
import os
import runpy
import sys

_opened: set[str] = set()


def _hear(event: str, given: tuple[object, ...]) -> None:
    if event == "open" and isinstance(given[0], str | bytes | os.PathLike):
        mode, flags = given[1], given[2]
        writes = (isinstance(mode, str) and mode[:1] in "wax") or (isinstance(flags, int) and flags & 3 == os.O_WRONLY)
        if not writes:
            _opened.add(os.path.abspath(os.fsdecode(given[0])))  # noqa: PTH100 (nothing is imported for the trace)


sys.addaudithook(_hear)
report, workload = sys.argv[1:3]
sys.argv = [workload]
try:
    runpy.run_path(workload, run_name="__main__")
finally:
    modules = {
        name: os.path.abspath(file)  # noqa: PTH100
        for name, module in list(sys.modules.items())
        if isinstance(file := getattr(module, "__file__", None), str)
    }
    files = sorted(path for path in _opened if os.path.isfile(path))  # noqa: PTH113
    with open(report, "w") as out:  # noqa: PTH123
        json.dump({"modules": modules, "opened": files}, out)
