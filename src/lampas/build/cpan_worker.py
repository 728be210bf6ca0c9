"""Run by Debian's Python in the sandbox: one CPAN distribution → its install tree, by cpanm.

Its argument is JSON: {"inputs": the directory of what it was given, "output": where to leave what it made, "source":
the archive's name, "trees": the trees of what it requires, "name": of the tree that it leaves}.

A tree is a zip: modules as Perl finds them, what is of one architecture among the rest, and programs in
`scripts.data/scripts/`. It leaves `told.json` behind, {"filename": …}, with the tree beside it.
"""

import json
import os
import sys
import tarfile
import zipfile
from pathlib import Path

_SCRIPTS = "scripts.data/scripts/"
_TIME = (2020, 1, 1, 0, 0, 0)  # in every tree, so that one build is like another
_LEFT_OUT = (".packlist", "perllocal.pod")


def main() -> None:
    """Builds it below the working directory."""
    order = json.loads(sys.argv[1])
    inputs, output, here = Path(order["inputs"]), Path(order["output"]), Path.cwd()
    for name in order["trees"]:
        _unpack(inputs / name, here / "have")
    source, target = _unpacked(inputs / order["source"], here / "source"), here / "tree"
    environment = {
        **os.environ,
        "PERL5LIB": str(here / "have/lib"),
        "PATH": f"{here / 'have/bin'}:{os.environ['PATH']}",
        "PERL_CPANM_HOME": str(here / "cpanm"),
        "PERL_MM_USE_DEFAULT": "1",
        "NONINTERACTIVE_TESTING": "1",
        "PERL_HASH_SEED": "0",
    }
    words = ["cpanm", "--notest", "--verbose", "--no-interactive", "--no-man-pages", "--mirror-only"]
    words += ["--mirror", f"file://{here}/nothing", "--local-lib", str(target), str(source)]
    if os.spawnvpe(os.P_WAIT, words[0], words, environment) != 0:  # noqa: S606 - no shell is what it is for
        sys.exit(1)
    files = dict(_files(target))
    if not files:
        sys.exit("it installs nothing")
    with zipfile.ZipFile(output / order["name"], "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.startswith(_SCRIPTS) else 0o100644) << 16
            archive.writestr(entry, files[name].read_bytes())
    (output / "told.json").write_text(json.dumps({"filename": order["name"]}))


def _unpack(tree: Path, target: Path) -> None:
    """What is required stands where it is found. The names in a tree are this program's own."""
    with zipfile.ZipFile(tree) as archive:
        for entry in archive.infolist():
            script = entry.filename.startswith(_SCRIPTS)
            place = target / "bin" / entry.filename[len(_SCRIPTS) :] if script else target / "lib" / entry.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(entry))
            place.chmod(0o755 if script else 0o644)


def _unpacked(archive: Path, target: Path) -> Path:
    """The one directory that an archive holds, at a place that does not change: compilers write it down. Its names were
    checked before it came here."""
    target.mkdir()
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(target)  # noqa: S202 - checked, and of this sandbox alone
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(target)  # noqa: S202 - checked, and of this sandbox alone
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o600 | (0o100 if path.is_dir() else 0))
    inside = sorted(path for path in target.iterdir() if path.is_dir())
    if len(inside) != 1:
        sys.exit("the archive does not hold one directory")
    return inside[0]


def _files(target: Path):  # type: ignore[no-untyped-def]
    """Name in the tree → file. What is of this architecture comes last, and counts where two have one name."""
    library = target / "lib/perl5"
    architectures = sorted({path.parent for path in library.glob("*-linux-*/*") if path.parent.is_dir()})
    for top in (library, *architectures):
        for path in sorted(top.rglob("*")):
            inside = any(part in path.parents for part in architectures if part != top)
            if path.is_file() and not path.is_symlink() and not inside and _stays(path):
                yield str(path.relative_to(top)), path
    for path in sorted((target / "bin").glob("*")):
        if path.is_file():
            yield _SCRIPTS + path.name, path


def _stays(path: Path) -> bool:
    """Whether a file is a part of what was installed, and does not merely say where and when it was built."""
    return path.name not in _LEFT_OUT and path.suffix != ".bs" and ".meta" not in path.parts


if __name__ == "__main__":
    main()
