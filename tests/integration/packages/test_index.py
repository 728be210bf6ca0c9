"""The index of Perl modules in Debian packages: a mirror of the test's own that apt itself reads, and Debian's."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from lampas.errors import Failed, NotFound, Unreachable

PACKAGES = b"Package: any\nVersion: 1\nArchitecture: all\nFilename: any.deb\nSize: 1\n"


class Mirror:
    """A mirror in a directory, and an apt that knows it alone."""

    def __init__(self, directory: Path) -> None:
        self.suite, self._apt = directory / "mirror/dists/stable", directory / "apt"
        self.suite.mkdir(parents=True)
        for path in ("state/lists/partial", "cache/archives/partial", "etc"):
            (self._apt / path).mkdir(parents=True)
        source = f"deb [trusted=yes] copy:{directory}/mirror stable main\n"
        (self._apt / "etc/sources.list").write_text(source)
        (self._apt / "status").touch()

    @property
    def options(self) -> tuple[str, ...]:
        """What makes apt look at the mirror alone."""
        here = self._apt
        return (
            f"-oDir::State={here}/state", f"-oDir::State::status={here}/status", f"-oDir::Cache={here}/cache",
            f"-oDir::Etc={here}/etc", "-oDir::Etc::sourceparts=/nonexistent", "-oAPT::Sandbox::User=",
            "-oAPT::Architecture=amd64",
        )  # fmt: skip

    def publish(self, lists: Mapping[str, str]) -> None:
        """Makes the mirror have these lists of files (name → text), and apt know of it."""
        files = {"main/binary-amd64/Packages": PACKAGES}
        files |= {f"main/{name}.gz": gzip.compress(text.encode()) for name, text in lists.items()}
        for path, data in files.items():
            (self.suite / path).parent.mkdir(parents=True, exist_ok=True)
            (self.suite / path).write_bytes(data)
        rows = [f" {hashlib.sha256(data).hexdigest()} {len(data)} {path}\n" for path, data in files.items()]
        head = "Suite: stable\nArchitectures: amd64\nComponents: main\nSHA256:\n"
        (self.suite / "Release").write_text(head + "".join(rows))
        subprocess.run(["apt-get", *self.options, "update"], check=True, capture_output=True)


@pytest.fixture
def mirror(tmp_path: Path, tables: Path) -> Mirror:
    """A mirror; MariaDB knows no module."""
    return Mirror(tmp_path)


ALL = "usr/share/perl5/Foo/Bar.pm perl/libfoo-bar-perl\nusr/share/perl5/Foo.pm perl/libfoo-perl\n"
AMD64 = "usr/lib/x86_64-linux-gnu/perl5/5.36/Fast.pm perl/libfast-perl\n"


def test_the_lists_of_a_mirror_become_the_index(mirror: Mirror) -> None:
    from lampas.build import contents
    from lampas.store import packages

    mirror.publish({"Contents-all": ALL, "Contents-amd64": AMD64, "Contents-arm64": "usr/share/perl5/No.pm perl/no\n"})
    told: list[str] = []
    assert contents.rebuild(told.append, mirror.options) == 3
    assert packages.shipping("Foo::Bar") == "libfoo-bar-perl"
    assert packages.shipping("Fast") == "libfast-perl"
    assert packages.shipping("foo::bar") == packages.shipping("No") == ""
    assert packages.indexed() is not None
    assert len(told) == 2


def test_a_new_index_replaces_the_old_one_and_one_that_fails_leaves_it(mirror: Mirror) -> None:
    from lampas.build import contents
    from lampas.store import packages

    mirror.publish({"Contents-all": ALL})
    contents.rebuild(lambda _: None, mirror.options)
    (mirror.suite / "main/Contents-all.gz").write_bytes(gzip.compress(b"usr/share/perl5/Evil.pm perl/evil\n"))
    with pytest.raises(Failed, match="is not what its mirror's Release file says"):
        contents.rebuild(lambda _: None, mirror.options)
    (mirror.suite / "main/Contents-all.gz").unlink()
    with pytest.raises(Unreachable, match="cannot be fetched"):
        contents.rebuild(lambda _: None, mirror.options)
    assert packages.shipping("Foo") == "libfoo-perl"
    mirror.publish({"Contents-all": "usr/share/perl5/New.pm perl/libnew-perl\n"})
    assert contents.rebuild(lambda _: None, mirror.options) == 1
    assert packages.shipping("Foo") == ""


def test_a_mirror_without_lists_of_files_is_told(mirror: Mirror) -> None:
    from lampas.build import contents

    mirror.publish({})
    with pytest.raises(NotFound, match="no mirror that lists the files"):
        contents.rebuild(lambda _: None, mirror.options)


def test_this_machines_perl_is_known(tables: Path) -> None:
    from lampas.build.perl_installed import installed_perl

    perl = installed_perl(lambda _: "")
    strict, spec = perl.provider("strict"), perl.provider("File::Spec")
    assert strict is not None and (strict.kind, strict.installed) == ("core", True)
    assert spec is not None and spec.kind == "core"
    assert perl.provider("No::Such::Module::At::All") is None


@pytest.mark.long
def test_debians_own_mirror_is_read(tables: Path) -> None:
    from lampas.build import contents
    from lampas.store import packages

    if not contents.known():
        pytest.skip("apt knows no mirror of Debian here")
    assert contents.rebuild(lambda _: None) > 30_000
    assert packages.shipping("DBD::mysql") == "libdbd-mysql-perl"
    assert packages.shipping("Wiki::Toolkit") == "libwiki-toolkit-perl"
    assert packages.shipping("Template") == "libtemplate-perl"
