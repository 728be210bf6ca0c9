"""Run by Debian's Python in the sandbox: one source distribution → a wheel, by its own build backend.

Its argument is JSON: {"inputs": the directory of what it was given, "output": where to leave what it made, "source":
the archive's name, "backend", "backend_path"}. Wheels among the inputs become the build's environment; `tools.zip`
holds installer, packaging and pyproject_hooks.

It leaves `told.json` behind: {"requires": […]} where the backend asks for more than there is, or {"filename": …} with
the wheel beside it.
"""

import json
import os
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

_SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


def main() -> None:
    """Builds it below the working directory."""
    order = json.loads(sys.argv[1])
    inputs, output, here = Path(order["inputs"]), Path(order["output"]), Path.cwd()
    sys.path.insert(0, str(inputs / "tools.zip"))
    environment = _environment(here / "env", sorted(inputs.glob("*.whl")))
    source = _unpacked(inputs / order["source"], here / "source")
    told = _build(order, source, environment, output)
    (output / "told.json").write_text(json.dumps(told))


def _environment(directory: Path, wheels: list[Path]) -> Path:
    """A virtual environment of this Python with some wheels in it."""
    import venv

    from installer import install
    from installer.destinations import SchemeDictionaryDestination
    from installer.sources import WheelFile

    venv.create(directory, symlinks=True)
    python, site = directory / "bin/python", directory / _SITE
    places = {"purelib": site, "platlib": site, "headers": directory / "include", "scripts": directory / "bin"}
    scheme = {name: str(path) for name, path in {**places, "data": directory}.items()}
    target = SchemeDictionaryDestination(scheme, interpreter=str(python), script_kind="posix")
    for path in wheels:
        with WheelFile.open(path) as wheel:
            install(source=wheel, destination=target, additional_metadata={})
    os.environ["PATH"] = f"{directory / 'bin'}:{os.environ['PATH']}"
    os.environ["VIRTUAL_ENV"] = str(directory)
    return directory


def _unpacked(archive: Path, target: Path) -> Path:
    """The one directory that an archive holds. Its names were checked before it came here."""
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


def _build(order: dict, source: Path, environment: Path, output: Path) -> dict:  # type: ignore[type-arg]
    from pyproject_hooks import BuildBackendHookCaller

    python = str(environment / "bin/python")
    path = order["backend_path"] or None
    hooks = BuildBackendHookCaller(str(source), order["backend"], path, runner=_run, python_executable=python)
    more = [line for line in hooks.get_requires_for_build_wheel() if _lacks(line, environment / _SITE)]
    return {"requires": more} if more else {"filename": hooks.build_wheel(str(output))}


def _run(cmd: Sequence[str], cwd: "str | None" = None, extra_environ: "Mapping[str, str] | None" = None) -> None:
    """Runs one call of the backend. Where it fails it has said why, and its words are to be the last ones."""
    os.chdir(cwd or ".")
    environment = {**os.environ, **(extra_environ or {})}
    if os.spawnve(os.P_WAIT, cmd[0], list(cmd), environment) != 0:  # noqa: S606 - no shell is what it is for
        sys.exit(1)


def _lacks(line: str, site: Path) -> bool:
    """Whether a requirement is not met by what is installed."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    wanted = Requirement(line)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return False
    found = {canonicalize_name(one.metadata["Name"]): one.version for one in distributions(path=[str(site)])}
    version = found.get(canonicalize_name(wanted.name))
    return version is None or not wanted.specifier.contains(version, prereleases=True)


if __name__ == "__main__":
    main()
