"""Every key of a definition: its name in TOML, the attribute it fills, and the check of its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lampas.core.definition import checks
from lampas.core.definition.checks import Check
from lampas.core.names import repository_name


@dataclass(frozen=True)
class Key:
    """One key: the attribute of `Definition` that it fills, and its check."""

    attribute: str
    check: Check


def _keys(**checks_by_name: Check) -> dict[str, Key]:
    return {name: Key(name, check) for name, check in checks_by_name.items()}


APP: Mapping[str, Key] = _keys(
    repository=checks.line,
    runtime=checks.one_of("python", "perl"),
    entry=checks.line,  # what it must look like depends on the runtime
    root=checks.root,
    links=checks.items(checks.pattern),
    uses=checks.table(repository_name, checks.line),
    requirements=checks.requirements,
    packages=checks.items(checks.package),
    build_packages=checks.items(checks.package),
    database=checks.one_of("none", "own"),
    persist=checks.directories,
    persist_shared=checks.line,
    hosts=checks.items(checks.host),
    canonical_host=checks.host,
    path=checks.url_prefix,
    static=checks.table(checks.url_prefix, checks.path),
    processes=checks.number(1, 64),
    threads=checks.number(1, 256),
    env=checks.table(checks.env_name, checks.env_value),
    files=checks.table(checks.path, checks.text),
    waive=checks.table(checks.line, checks.line),
    choose=checks.table(checks.line, repository_name),
)
NESTED: Mapping[str, Mapping[str, Key]] = {
    "hooks": {
        "build": Key("build_hooks", checks.items(checks.command)),
        "setup": Key("setup_hooks", checks.items(checks.command)),
        "idempotent": Key("setup_idempotent", checks.truth),
    },
    "verify": {
        "requests": Key("verify_requests", checks.items(checks.url_path)),
        "test": Key("verify_test", checks.command),
        "keep": Key("verify_keep", checks.items(checks.line)),
    },
}
MODULE: Mapping[str, Key] = {"needs": Key("needs", checks.items(checks.need))}
ENTRY: Mapping[str, Check] = {"python": checks.entry, "perl": checks.perl_entry}
