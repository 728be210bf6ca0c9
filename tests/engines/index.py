"""A package index of a test's own: wheels and source distributions that it makes, served on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.utils import canonicalize_name

# A build backend that stands in the distribution itself, so that the index needs nothing else.
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
BACKEND = """
import zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, version = open("PKG-INFO").read().split()[3:6:2]
    {body}
    info = f"{{name}}-{{version}}.dist-info"
    with zipfile.ZipFile(f"{{directory}}/{{name}}-{{version}}-py3-none-any.whl", "w") as wheel:
        for path, text in {{
            f"{{name}}.py": "VERSION = '" + version + "'",
            f"{{info}}/METADATA": f"Metadata-Version: 2.1\\nName: {{name}}\\nVersion: {{version}}\\n",
            f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            f"{{info}}/RECORD": "",
        }}.items():
            wheel.writestr(zipfile.ZipInfo(path), text)
    return f"{{name}}-{{version}}-py3-none-any.whl"
"""


class Index:
    """A simple index in a directory. What is added is found at once; `close` takes it off the network."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

        class Quiet(SimpleHTTPRequestHandler):
            """Says nothing, and lets nobody keep what it answered."""

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing."""

            def end_headers(self) -> None:
                self.send_header("Cache-Control", "no-store")
                super().end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory)))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"

    def close(self) -> None:
        """Nobody answers any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, filename: str, data: bytes, sha256: str = "") -> str:
        """Adds a file; returns its sha256. Another hash can be told than it has."""
        name = canonicalize_name(filename.split("-")[0])
        page = self.directory / "simple" / name
        page.mkdir(parents=True, exist_ok=True)
        (self.directory / filename).write_bytes(data)
        told = sha256 or hashlib.sha256(data).hexdigest()
        with (page / "index.html").open("a") as file:
            file.write(f'<a href="/{filename}#sha256={told}">{filename}</a>\n')
        return told

    def wheel(self, name: str, version: str, requires: str = "", sha256: str = "") -> str:
        """Adds a wheel of one module; returns its file's sha256. Another hash can be told than it has."""
        packed = io.BytesIO()
        info = f"{name}-{version}.dist-info"
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        return self.add(f"{name}-{version}-py3-none-any.whl", packed.getvalue(), sha256)

    def source(self, name: str, version: str, body: str = "pass", more: Mapping[str, str] | None = None) -> str:
        """Adds a source distribution; returns its sha256.

        Args:
            name: Its name.
            version: Its version.
            body: Python that runs while it is built, indented by four spaces behind the first line.
            more: Further files, or others for pyproject.toml and backend.py.
        """
        top = f"{name}-{version}"
        files = {
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "pyproject.toml": PYPROJECT,
            "backend.py": BACKEND.format(body=body),
            **(more or {}),
        }
        return self.add(f"{top}.tar.gz", archive({f"{top}/{path}": text for path, text in files.items()}))


def archive(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> bytes:
    """A tar.gz archive of files and symbolic links."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
        for path, target in (links or {}).items():
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return packed.getvalue()


@contextlib.contextmanager
def index(directory: Path) -> Iterator[Index]:
    """An index that answers."""
    made = Index(directory)
    try:
        yield made
    finally:
        made.close()
