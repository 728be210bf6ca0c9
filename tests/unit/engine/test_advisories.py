"""Advisories: which versions they affect, and what is no advisory."""

from __future__ import annotations

from typing import Any

import pytest

from lampas.core.distributions.advisories import Advisory, read
from lampas.core.distributions.licences import licence
from lampas.errors import InvalidInput


def _document(**more: Any) -> dict[str, Any]:
    return {
        "id": "PYSEC-2024-1",
        "aliases": ["GHSA-aaaa", "CVE-2024-1"],
        "summary": "a hole\nmore of it",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "Some_Thing"},
                "ranges": [
                    {"type": "GIT", "events": [{"introduced": "0"}]},
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.4.2"}]},
                    {
                        "type": "ECOSYSTEM",
                        "events": [
                            {"introduced": "2.0"},
                            {"fixed": "2.3"},
                            {"introduced": "3.0"},
                            {"last_affected": "3.1"},
                        ],
                    },
                ],
                "versions": ["9.9", "not-a-version"],
            },
            {"package": {"ecosystem": "npm", "name": "some-thing"}, "versions": ["7"]},
        ],
        **more,
    }


def _one(**more: Any) -> Advisory:
    (found,) = read(_document(**more))
    return found


@pytest.mark.parametrize(
    ("version", "affected", "fixed"),
    [
        ("0.1", True, "1.4.2"),
        ("1.4.1", True, "1.4.2"),
        ("1.4.2rc1", True, "1.4.2"),
        ("1.4.2", False, "2.3"),
        ("2.0.0", True, "2.3"),
        ("2.3", False, ""),
        ("3.0", True, ""),
        ("3.1.0", True, ""),
        ("3.1.1", False, ""),
        ("9.9.0", True, ""),
        ("7", False, ""),
        ("not-a-version", True, ""),
        ("neither", False, ""),
    ],
)
def test_a_version_is_affected_by_its_ranges_and_lists(version: str, affected: bool, fixed: str) -> None:
    assert _one().affects(version) is affected
    if affected:
        assert _one().fixed(version) == fixed


def test_it_is_read_with_cve_numbers_first_and_one_line() -> None:
    found = _one(database_specific={"severity": "HIGH"})
    assert (found.name, found.aliases, found.summary) == ("some-thing", ("CVE-2024-1", "GHSA-aaaa"), "a hole")
    assert found.severity == "HIGH"
    assert _one(severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}]).severity == "CVSS:3.1/AV:N"


def test_one_that_was_withdrawn_says_nothing() -> None:
    assert list(read(_document(withdrawn="2024-01-01T00:00:00Z"))) == []


@pytest.mark.parametrize("document", [None, [], {}, {"id": 3}])
def test_what_is_no_advisory_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput, match="OSV"):
        list(read(document))


@pytest.mark.parametrize(
    "more", [{"affected": 3}, {"affected": [{"package": 3}]}, {"severity": "HIGH"}, {"aliases": None}]
)
def test_one_with_odd_parts_is_read_all_the_same(more: dict[str, Any]) -> None:
    assert all(isinstance(found, Advisory) for found in read(_document(**more)))


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        (
            "License-Expression: MIT OR Apache-2.0\nClassifier: License :: OSI Approved :: MIT License\n",
            ("MIT OR Apache-2.0", ""),
        ),
        ("Classifier: License :: OSI Approved :: BSD License\nLicense: BSD\n", ("", "BSD License")),
        ("License: BSD-3-Clause\n", ("", "BSD-3-Clause")),
        ("License: UNKNOWN\n", ("", "")),
        ("License: Copyright\n  all of it\n", ("", "")),
        ("Name: x\n", ("", "")),
    ],
)
def test_licences(metadata: str, told: tuple[str, str]) -> None:
    assert licence(metadata) == told
