"""A CPAN mirror of a test's own: distributions that it makes, in a directory, which a server on loopback may show."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from engines.index import archive

AUTHOR = "T/TE/TESTER"
MAKEFILE = 'use ExtUtils::MakeMaker;\nWriteMakefile(NAME => "{module}", VERSION => "{version}");\n'
XS = """#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"
MODULE = {module}  PACKAGE = {module}
int
answer()
  CODE:
    RETVAL = 42;
  OUTPUT:
    RETVAL
"""


class Cpan:
    """A mirror. What is added is there at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._packages: dict[str, tuple[str, str]] = {}
        self._checksums: dict[str, str] = {}
        (directory / "authors/id" / AUTHOR).mkdir(parents=True)
        (directory / "modules").mkdir()
        self._publish()

    def add(
        self,
        module: str,
        version: str = "1.0",
        *,
        requires: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        configure: str = "",
        sha256: str = "",
        links: Mapping[str, str] | None = None,
    ) -> str:
        """Adds a distribution that is named after its module.

        Args:
            module: Its module.
            version: Its version.
            requires: What it requires to run, module → version.
            files: Further files, or others.
            configure: Perl that runs ahead of its Makefile.PL.
            sha256: The hash that the mirror tells; "": its own.
            links: Symbolic links in its archive.

        Returns:
            The sha256 of its archive.
        """
        name = module.replace("::", "-")
        top = f"{name}-{version}"
        meta = {
            "name": name, "version": version, "abstract": "for a test", "author": ["T"], "license": ["unknown"],
            "dynamic_config": 0, "generated_by": "a test", "release_status": "stable",
            "meta-spec": {"version": 2}, "prereqs": {"runtime": {"requires": dict(requires or {})}},
        }  # fmt: skip
        content = {
            "META.json": json.dumps(meta),
            "Makefile.PL": configure + MAKEFILE.format(module=module, version=version),
            f"lib/{module.replace('::', '/')}.pm": f"package {module};\nour $VERSION = '{version}';\n1;\n",
            **(files or {}),
        }
        data = archive({f"{top}/{path}": text for path, text in content.items()}, links)
        path = f"{AUTHOR}/{top}.tar.gz"
        (self.directory / "authors/id" / path).write_bytes(data)
        own = hashlib.sha256(data).hexdigest()
        self._packages[module] = (version, path)
        self._checksums[f"{top}.tar.gz"] = sha256 or own
        self._publish()
        return own

    def xs(self, module: str) -> None:
        """Adds a distribution with a part in C: its function `answer` gives 42."""
        code = (
            f"package {module};\nour $VERSION = '1.0';\nrequire XSLoader;\nXSLoader::load('{module}', $VERSION);\n1;\n"
        )
        lib = f"lib/{module.replace('::', '/')}.pm"
        self.add(module, files={f"{module.rpartition('::')[2]}.xs": XS.format(module=module), lib: code})

    def remove(self, module: str) -> None:
        """Takes a distribution off the mirror, archive and all."""
        _, path = self._packages.pop(module)
        (self.directory / "authors/id" / path).unlink()
        self._checksums.pop(path.rpartition("/")[2])
        self._publish()

    def _publish(self) -> None:
        rows = "".join(f"{module} {version} {path}\n" for module, (version, path) in sorted(self._packages.items()))
        head = f"File: 02packages.details.txt\nLine-Count: {len(self._packages)}\n\n"
        (self.directory / "modules/02packages.details.txt.gz").write_bytes(gzip.compress((head + rows).encode()))
        entries = "".join(
            f"  '{name}' => {{\n    'sha256' => '{sha256}'\n  }},\n" for name, sha256 in self._checksums.items()
        )
        text = f"# CHECKSUMS file written by a test\n$cksum = {{\n{entries}}};\n"
        (self.directory / "authors/id" / AUTHOR / "CHECKSUMS").write_text(text)
