"""On a whole node, with Debian's own mirror: packages that an application asks for, approved and installed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from engines.interface import ROOT
from engines.node import Node

NAME = "libnumber-compare-perl"  # tiny, of Debian, and nothing needs it
APP = """
import pathlib
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"compares" if pathlib.Path("/usr/share/perl5/Number/Compare.pm").exists() else b"does not"]
"""
DEFINITION = f'[app.shop]\nentry = "shop:app"\npackages = ["{NAME}"]\n'


def _debian(*words: str) -> str:
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with an application that asks for a package which this machine lacks; both go at the end."""
    if "Candidate: 0" not in _debian("apt-cache", "policy", NAME):
        pytest.skip("apt knows no mirror of Debian here")
    source = tmp_path_factory.mktemp("shop")
    (source / "shop.py").write_text(APP)
    (source / "lampas.toml").write_text(DEFINITION)
    if ROOT:
        _debian("dpkg", "--purge", NAME)
    made = Node()
    try:
        made.up("--no-sample")
        made.json("import", str(source), "--repo", "shop")
        yield made
    finally:
        made.remove()
        if ROOT:
            _debian("dpkg", "--purge", NAME)


def test_a_package_is_approved_once_installed_and_told(node: Node) -> None:
    error = node.json("release", "build", "shop", status=1)["error"]
    assert error["remedy"] == f"an operator approves them once: lampas packages approve {NAME}"
    if not ROOT:
        node.json("packages", "approve", NAME)
        error = node.json("release", "build", "shop", status=1)["error"]
        assert error["remedy"].endswith(f"apt-get install --no-install-recommends {NAME}")
        return
    (row,) = node.json("packages", "list", "--app", "shop")["packages"]
    assert (row["name"], row["approved_by"], row["nodes"], len(row["missing"])) == (NAME, "", {}, 1)
    built = node.json("release", "build", "shop", "--approve-packages")
    assert built["verify"]["ok"] is True
    node.json("deploy", "shop", "1")
    assert node.get("shop").text == "compares"
    (row,) = node.json("packages", "list")["packages"]
    assert (row["approved_by"], row["applications"], row["missing"]) == ("admin", ["shop"], [])
    version = _debian("dpkg-query", "--show", "--showformat=${Version}", NAME)
    (shown,) = node.json("release", "show", "shop", "1")["packages"]
    assert shown == {"name": NAME, "version": version, "missing": []}
    bom = json.loads(node.lampas("release", "sbom", "shop", "1").stdout)
    assert f"pkg:deb/debian/{NAME}@{version}" in {one.get("purl") for one in bom["components"]}


@pytest.mark.skipif(not ROOT, reason="nothing was installed")
def test_a_package_that_went_comes_back_with_the_next_deployment(node: Node) -> None:
    _debian("dpkg", "--purge", NAME)
    (shown,) = node.json("release", "show", "shop", "1")["packages"]
    assert len(shown["missing"]) == 1
    node.json("env", "set", "shop", "MODE=2")
    node.json("release", "build", "shop")
    node.json("deploy", "shop", "2")
    assert node.get("shop").text == "compares"


@pytest.mark.skipif(not ROOT, reason="nothing was approved")
def test_an_approval_can_be_taken_back(node: Node) -> None:
    node.json("packages", "withdraw", NAME)
    error = node.json("packages", "withdraw", NAME, status=1)["error"]
    assert "not approved" in error["message"]
    said = [row["action"] for row in node.json("audit", "list")["audit"]]
    assert {"packages.approve", "packages.withdraw"} <= set(said)


def test_a_package_is_accepted_by_a_commit_to_the_definition(node: Node) -> None:
    added = node.json("proposals", "shop", "--package", "libtext-csv-perl")
    assert (added["repository"], added["file"]) == ("shop", "lampas.toml")
    assert node.json("app", "show", "shop")["definition"]["packages"] == [NAME, "libtext-csv-perl"]
    error = node.json("proposals", "shop", "--package", "libtext-csv-perl", status=1)["error"]
    assert "asks for libtext-csv-perl already" in error["message"]


def test_who_provides_a_perl_module_is_told(node: Node) -> None:
    found = node.json("packages", "find", "File::Spec")
    assert (found["kind"], found["installed"]) == ("core", True)
    assert node.json("packages", "find", "No::Such::Module")["kind"] == ""
    assert "no name" in node.json("packages", "find", "no-such", status=1)["error"]["message"]
