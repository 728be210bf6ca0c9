"""Debian packages by the helper, with apt and dpkg themselves in a root beside this machine's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines.debian import Debian
from engines.interface import ROOT
from lampas.roothelper import packages
from lampas.roothelper.typed import Refused

pytestmark = pytest.mark.skipif(not ROOT, reason="dpkg wants root, in a root of its own too")


@pytest.fixture
def debian(tmp_path: Path) -> Debian:
    """A machine with nothing installed."""
    return Debian(tmp_path)


def _install(debian: Debian, *names: str, **more: Any) -> dict[str, Any]:
    apt = packages.Apt({}, debian.options, debian.policy)
    return packages.install({"names": list(names), **more}, as_root=True, apt=apt)


def test_a_package_comes_with_what_it_depends_on_and_without_what_it_recommends(debian: Debian) -> None:
    debian.add("libcore-perl", "2.0")
    debian.add("extras")
    debian.add("libshop-perl", control="Depends: libcore-perl (>= 2)\nRecommends: extras\n")
    done = _install(debian, "libshop-perl")
    assert done["installed"] == {"libcore-perl": "2.0", "libshop-perl": "1.0"} == debian.installed()
    assert "Setting up libshop-perl" in done["said"]


def test_what_is_there_already_stays_as_it_is(debian: Debian) -> None:
    debian.add("libshop-perl")
    _install(debian, "libshop-perl")
    assert _install(debian, "libshop-perl") == {"installed": {}, "said": ""}


def test_a_package_that_nobody_has_is_named(debian: Debian) -> None:
    with pytest.raises(Refused, match="no-such-perl"):
        _install(debian, "no-such-perl")


def test_nothing_is_removed_and_nothing_upgraded_for_a_package(debian: Debian) -> None:
    debian.add("libold-perl")
    debian.add("libcommon-perl")
    _install(debian, "libold-perl", "libcommon-perl")
    debian.add("libnew-perl", control="Conflicts: libold-perl\n")
    debian.add("libcommon-perl", "2.0")
    debian.add("libother-perl", control="Depends: libcommon-perl (>= 2)\n")
    before = debian.installed()
    for name in ("libnew-perl", "libother-perl"):
        with pytest.raises(Refused):
            _install(debian, name)
    assert debian.installed() == before


@pytest.mark.parametrize("path", ["lib/systemd/system/shopd.service", "etc/init.d/shopd", "etc/cron.daily/shopd"])
def test_a_package_that_brings_something_that_runs_by_itself_is_refused(debian: Debian, path: str) -> None:
    debian.add("shopd", files={path: "run\n"})
    debian.add("libshop-perl", control="Depends: shopd\n")
    with pytest.raises(Refused, match=f"shopd brings something that runs by itself, /{path}"):
        _install(debian, "libshop-perl")
    assert debian.installed() == {}


def test_maintainer_scripts_may_start_no_service_and_what_stood_there_is_put_back(debian: Debian) -> None:
    debian.policy.write_text("#!/bin/sh\nexit 0\n")
    seen = debian.root / "seen"
    debian.add("libshop-perl", scripts={"postinst": f'cat "{debian.policy}" > "{seen}"'})
    _install(debian, "libshop-perl")
    assert "exit 101" in seen.read_text()
    assert debian.policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_what_a_helper_that_was_killed_set_aside_is_put_back_by_the_next(debian: Debian) -> None:
    debian.policy.write_text("#!/bin/sh\nexit 0\n")
    killed = packages.no_services(debian.policy)
    killed.__enter__()
    debian.add("libshop-perl")
    _install(debian, "libshop-perl")
    assert debian.policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_maintainer_script_that_fails_is_told_with_its_words(debian: Debian) -> None:
    debian.add("libshop-perl", scripts={"postinst": "exit 3"})
    with pytest.raises(Refused, match="libshop-perl"):
        _install(debian, "libshop-perl")
    assert not debian.policy.exists()


@pytest.mark.parametrize(
    "request_",
    [
        {"names": []},
        {"names": "libshop-perl"},
        {"names": ["--allow-downgrades"]},
        {"names": ["libshop-perl=1.0"]},
        {"names": ["../x.deb"]},
        {"names": ["libshop-perl"], "env": {"LD_PRELOAD": "/tmp/x.so"}},
        {"names": ["libshop-perl"], "env": {"SSL_CERT_FILE": "relative"}},
        {"names": ["libshop-perl"], "env": {"http_proxy": "http://a b"}},
    ],
)
def test_what_is_no_name_of_a_package_and_no_known_variable_is_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        packages.install(request_, as_root=True)


def test_as_a_plain_user_the_command_is_told() -> None:
    with pytest.raises(Refused, match="as root on it: apt-get install libshop-perl"):
        packages.install({"names": ["libshop-perl"]}, as_root=False)
