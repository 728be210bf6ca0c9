"""A Debian of a test's own: packages that it makes, a repository of them, and apt and dpkg with a root beside this
machine's."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Debian:
    """A repository in `directory`, and the root that apt installs into."""

    def __init__(self, directory: Path) -> None:
        self.repository, self.root = directory / "repository", directory / "root"
        for path in (
            *(
                "var/lib/dpkg/info",
                "var/lib/dpkg/updates",
                "var/lib/apt/lists/partial",
                "var/cache/apt/archives/partial",
            ),
            *("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/log/apt", "usr/sbin"),
        ):
            (self.root / path).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        self.repository.mkdir()
        (self.root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] copy:{self.repository} ./\n")
        self._entries: list[str] = []
        self._publish()

    @property
    def options(self) -> tuple[str, ...]:
        """What makes apt and dpkg work in the root; maintainer scripts run outside of it: it has no shell."""
        return (
            f"-oDir={self.root}", f"-oDir::State::status={self.root}/var/lib/dpkg/status",
            "-oDir::Bin::dpkg=/usr/bin/dpkg", "-oDir::Etc::sourceparts=/nonexistent", "-oAPT::Sandbox::User=root",
            f"-oDPkg::Options::=--root={self.root}", "-oDPkg::Options::=--force-script-chrootless",
            f"-oDPkg::Options::=--log={self.root}/dpkg.log", "-oDPkg::Options::=--force-not-root",
        )  # fmt: skip

    @property
    def policy(self) -> Path:
        """The file that maintainer scripts ask whether they may start services."""
        return self.root / "usr/sbin/policy-rc.d"

    def add(self, name: str, version: str = "1.0", *, files: Mapping[str, str] | None = None, control: str = "",
            scripts: Mapping[str, str] | None = None) -> None:  # fmt: skip
        """Adds a package to the repository.

        Args:
            name: Its name.
            version: Its version.
            files: Path → content.
            control: Further lines of its control file.
            scripts: Maintainer scripts by name.
        """
        tree = self.repository / f".{name}"
        for path, text in {f"usr/share/doc/{name}/copyright": "free\n", **(files or {})}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        (tree / "DEBIAN").mkdir()
        said = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: T <t@example.com>\n{control}"
        (tree / "DEBIAN/control").write_text(f"{said}Description: for a test\n")
        for script, text in (scripts or {}).items():
            (tree / "DEBIAN" / script).write_text(f"#!/bin/sh\nset -e\n{text}\n")
            (tree / "DEBIAN" / script).chmod(0o755)
        file = self.repository / f"{name}_{version}_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, file], check=True, capture_output=True)
        subprocess.run(["rm", "-r", "--", tree], check=True)
        data = file.read_bytes()
        self._entries.append(
            f"{said}Filename: ./{file.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
            "Description: for a test\n"
        )
        self._publish()

    def installed(self) -> dict[str, str]:
        """What is installed in the root."""
        form = "${Package} ${db:Status-Status} ${Version}\n"
        told = subprocess.run(
            ["dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "--show", f"--showformat={form}"],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        rows = [line.split() for line in told.stdout.splitlines()]
        return {name: version for name, state, version in rows if state == "installed"}

    def _publish(self) -> None:
        (self.repository / "Packages.gz").write_bytes(gzip.compress("\n".join(self._entries).encode()))
