"""What Perl itself reads for us without running anybody's code: META files, and versions of installed modules."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from lampas import process
from lampas.build.perl_installed import PERL
from lampas.core.distributions.cpan import BrokenMirror, Metadata, metadata

_LARGEST = 4 << 20  # bytes of a META file
_SECONDS = 30.0
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_META = r"""
use strict; use warnings; use CPAN::Meta; use JSON::PP;
my $meta = CPAN::Meta->load_string(do { local $/; <STDIN> }, { lazy_validation => 1 });
my $needs = $meta->effective_prereqs;
my @phases = qw(configure build runtime);
print encode_json({ map { $_ => $needs->requirements_for($_, 'requires')->as_string_hash } @phases });
"""
_VERSIONS = r"""
use strict; use warnings; use Module::Metadata;
while (my $name = <STDIN>) {
    chomp $name;
    my $found = Module::Metadata->new_from_module($name) or next;
    my $version = $found->version;
    print "$name ", defined $version ? "$version" : 0, "\n";
}
"""


def read(filename: str, data: bytes) -> Metadata:
    """What a distribution's META says that it requires; nothing where it has none.

    Args:
        filename: Its archive's name.
        data: The archive, whose names were checked.

    Raises:
        BrokenMirror: Its META cannot be read.
    """
    text = _meta(filename, data)
    if text is None:
        return Metadata({})
    told = process.run([PERL, "-T", "-e", _META], stdin=text, env=_ENVIRONMENT, timeout=_SECONDS)
    try:
        if told.status != 0:
            raise ValueError(told.stderr.decode(errors="replace").strip()[:300])
        return metadata(told.stdout.decode())
    except ValueError as error:
        raise BrokenMirror(filename, f"its META cannot be read: {error}") from error


def versions(modules: Iterable[str]) -> Mapping[str, str]:
    """The versions of those of some modules that this machine's Perl finds. Their files are read, and not run."""
    wanted = "".join(f"{module}\n" for module in modules).encode()
    if not wanted:
        return {}
    told = process.check([PERL, "-e", _VERSIONS], stdin=wanted, env=_ENVIRONMENT, timeout=_SECONDS)
    rows = [line.partition(" ") for line in told.decode().splitlines()]
    return {name: version for name, _, version in rows}


def _meta(filename: str, data: bytes) -> bytes | None:
    found: dict[str, bytes] = {}
    try:
        if filename.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for entry in archive.infolist():
                    if _is_meta(entry.filename):
                        with archive.open(entry) as content:
                            found[entry.filename.rpartition("/")[2]] = content.read(_LARGEST)
        else:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as tar:
                for member in tar:
                    content_ = tar.extractfile(member) if member.isfile() and _is_meta(member.name) else None
                    if content_ is not None:
                        found[member.name.rpartition("/")[2]] = content_.read(_LARGEST)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise BrokenMirror(filename, f"no archive that can be read: {error}") from error
    return found.get("META.json") or found.get("META.yml")


def _is_meta(name: str) -> bool:
    folder, _, file = name.removeprefix("./").rpartition("/")
    return file in ("META.json", "META.yml") and folder != "" and "/" not in folder
