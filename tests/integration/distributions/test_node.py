"""On a whole node: distributions that have sources alone, with and without a compiler."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from engines.node import Node

APP = """
import docopt
import MySQLdb
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{docopt.__version__} {MySQLdb.version_info[:3]}".encode()]
"""
DEFINITION = """
[app.shop]
entry = "shop:app"
requirements = ["docopt==0.6.2", "mysqlclient==2.2.7"]
build_packages = ["gcc", "libmariadb-dev", "pkg-config", "python3-dev"]
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A node that is up, without the sample."""
    made = Node()
    try:
        made.up("--no-sample")
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def shop(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of an application that takes two source distributions, imported."""
    source = tmp_path_factory.mktemp("shop")
    (source / "shop.py").write_text(APP)
    (source / "lampas.toml").write_text(DEFINITION)
    node.json("import", str(source), "--repo", "shop")
    return source


def test_source_distributions_are_built_once_and_serve(node: Node, shop: Path) -> None:
    built = node.json("release", "build", "shop")
    assert built["verify"]["ok"] is True
    assert built["distributions"] == 2
    node.json("deploy", "shop", "1")
    assert node.get("shop").text == "0.6.2 (2, 2, 7)"
    (shop / "two.py").write_text("import docopt\n\n\ndef app(environ, start_response):\n    return []\n")
    (shop / "lampas.toml").write_text(DEFINITION + '[app.two]\nentry = "two:app"\nrequirements = ["docopt==0.6.2"]\n')
    node.json("import", str(shop), "--repo", "shop")
    node.json("release", "build", "two")
    one, two = (
        {row["name"]: row["sha256"] for row in node.json("release", "show", app, "1")["distributions"]}
        for app in ("shop", "two")
    )
    assert one["docopt"] == two["docopt"]


def test_the_bill_of_materials_is_valid_and_complete(node: Node, shop: Path, tmp_path: Path) -> None:
    text = node.lampas("release", "sbom", "shop", "1").stdout
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    purls = {one.get("purl") for one in found["components"]}
    assert {"pkg:pypi/docopt@0.6.2", "pkg:pypi/mysqlclient@2.2.7"} <= purls
    own = next(one for one in found["components"] if one["name"] == "shop")
    assert [(file["name"], len(file["hashes"])) for file in own["components"]] == [("shop.py", 1)]
    built = {one["name"]: one.get("properties") for one in found["components"]}
    assert built["docopt"][0]["name"] == "lampas:built-from-sha256"
    node.json("release", "sbom", "shop", "1", "-o", str(tmp_path / "sbom.json"))
    assert json.loads((tmp_path / "sbom.json").read_text()) == found


def test_debian_packages_that_are_missing_are_named_with_the_command(node: Node, shop: Path) -> None:
    text = DEFINITION.replace("shop]", "lacking]").replace('"gcc"', '"gcc", "libno-such-package-dev"')
    (shop / "lampas.toml").write_text(DEFINITION + text.replace("mysqlclient==2.2.7", "mysqlclient==2.2.6"))
    node.json("import", str(shop), "--repo", "shop")
    error = node.json("release", "build", "lacking", status=1)["error"]
    assert error["message"] == "these Debian packages are not approved: libno-such-package-dev"
    assert error["remedy"].endswith("lampas packages approve libno-such-package-dev")
    assert node.json("packages", "approve", "libno-such-package-dev")["approved"] == ["libno-such-package-dev"]
    error = node.json("release", "build", "lacking", status=1)["error"]
    assert "libno-such-package-dev" in error["message"]
    assert error["remedy"].endswith("apt-get install --no-install-recommends libno-such-package-dev")


def test_known_vulnerabilities_are_shown_where_a_release_has_them(node: Node, shop: Path, tmp_path: Path) -> None:
    assert node.json("advisories")["imported"] is None
    advisory = {
        "id": "PYSEC-2099-1",
        "aliases": ["CVE-2099-1"],
        "summary": "a hole",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "docopt"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.7"}]}],
            }
        ],
    }
    (tmp_path / "PYSEC-2099-1.json").write_text(json.dumps(advisory))
    assert node.json("advisories", "import", str(tmp_path))["advisories"] == 1
    rows = node.json("advisories", "--app", "shop")["advisories"]
    assert [(row["app"], row["number"], row["distribution"], row["fixed"]) for row in rows] == [
        ("shop", 1, "docopt", "0.7")
    ]
    assert node.json("release", "show", "shop", "1")["vulnerabilities"][0]["id"] == "PYSEC-2099-1"
    assert "vulnerable: docopt 0.6.2: PYSEC-2099-1" in node.lampas("release", "show", "shop", "1").stderr
    (tmp_path / "broken.json").write_text("{")
    node.json("advisories", "import", str(tmp_path), status=1)
    assert node.json("advisories", "--app", "shop")["advisories"] == rows


def test_what_is_accepted_of_the_proposals_is_required_by_a_commit(node: Node, shop: Path) -> None:
    (shop / "lampas.toml").write_text(DEFINITION + '[app.third]\nentry = "third:app"\n')
    (shop / "third.py").write_text("import docopt\ntry:\n    import yaml\nexcept ImportError:\n    pass\napp = print\n")
    node.json("import", str(shop), "--repo", "shop")
    found = {row["name"]: row for row in node.json("proposals", "third")["proposals"]}
    assert (found["docopt"]["candidates"], found["docopt"]["optional"]) == (["docopt"], False)
    assert (found["yaml"]["candidates"], found["yaml"]["optional"]) == (["PyYAML"], True)
    done = node.json("proposals", "third", "--accept", "docopt==0.6.2")
    assert (done["repository"], done["file"]) == ("shop", "lampas.toml")
    assert node.json("release", "build", "third")["distributions"] == 1
    again = node.json("proposals", "third", "--accept", "docopt", status=1)
    assert again["error"]["code"] == "conflict"
