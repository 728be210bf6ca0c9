"""The command line, run in this process or as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


class CommandLine:
    """Runs `lampas WORDS…` with the environment of the test."""

    def __call__(self, *words: str, stdin: bytes = b"") -> Ended:
        """Runs one command in this process."""
        from lampas.cli.main import main

        with CliRunner().isolation(input=stdin) as (out, err, _both):
            try:
                main(list(words))
                status = 0
            except SystemExit as ended:
                status = int(ended.code or 0)
            return Ended(status, out.getvalue().decode(), err.getvalue().decode())

    def json(self, *words: str, status: int = 0) -> Any:
        """Runs a command with `--json`, which must end with this status, and returns its document."""
        done = self(*words, "--json") if "--" not in words else self("--json", *words)
        assert done.status == status, (done.out, done.err)
        return json.loads(done.out)

    def program(self, *words: str, stdin: bytes = b"") -> Ended:
        """Runs a command as a program of its own."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "lampas.cli", *words],
            input=stdin,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            timeout=60,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
