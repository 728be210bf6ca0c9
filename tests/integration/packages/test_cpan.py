"""Distributions of CPAN, from a mirror of the test's own, built in a real node's sandbox."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from engines.cpan import Cpan
from engines.interface import Interface
from lampas.core.distributions import cpanfile
from lampas.core.distributions.values import Lock
from lampas.errors import Failed, InvalidInput, LampasError, Unreachable, Unresolved

if TYPE_CHECKING:
    from lampas.build.cpan import Locking
    from lampas.dispatch.building import AgentWheelBuilder

Locked = Callable[..., Lock]


@pytest.fixture
def using(builder: AgentWheelBuilder, node: Interface, mirror: Cpan) -> Locking:
    """Locking with that mirror."""
    from lampas.build.cpan import Locking
    from lampas.core.names import AppName

    return Locking(str(mirror.directory), builder, AppName(node.app("shop")))


def _locked(using: Locking, *lines: str) -> Lock:
    from lampas.build import cpan

    return cpan.locked(cpanfile.listed(lines, "lampas.toml"), using)


def _perl(lock: Lock, directory: Path, code: str) -> str:
    """What Perl says with the trees of a lock in sight."""
    from lampas.store import artifacts

    for one in lock.distributions:
        with zipfile.ZipFile(io.BytesIO(artifacts.get(one.sha256))) as tree:
            tree.extractall(directory)
    words = ["/usr/bin/perl", f"-I{directory}", "-e", code]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_what_is_required_comes_with_what_it_requires(using: Locking, mirror: Cpan, tmp_path: Path) -> None:
    mirror.add("Shop::Base", "0.5")
    body = "package Shop::Tax;\nuse Shop::Base;\nour $VERSION = '1.2';\nsub rate { $Shop::Base::VERSION }\n1;\n"
    mirror.add("Shop::Tax", "1.2", requires={"Shop::Base": "0.4"}, files={"lib/Shop/Tax.pm": body})
    told: list[str] = []
    lock = _locked(replace(using, tell=told.append), "Shop::Tax >= 1.1")
    assert [(one.name, one.version) for one in lock.distributions] == [("Shop-Base", "0.5"), ("Shop-Tax", "1.2")]
    assert lock.direct == ("Shop-Tax",)
    assert lock.provided() == {"Shop::Base": "Shop-Base", "Shop::Tax": "Shop-Tax"}
    assert lock.distributions[1].requires == ("Shop-Base",)
    assert told == ["building Shop-Base 0.5 from its sources", "building Shop-Tax 1.2 from its sources"]
    assert _perl(lock, tmp_path / "perl", "use Shop::Tax; print Shop::Tax::rate()") == "0.5"


def test_it_is_built_once_and_the_mirror_is_not_asked_again(using: Locking, mirror: Cpan) -> None:
    from lampas.store.models import WheelRow

    source = mirror.add("Shop::Tax")
    first = _locked(using, "Shop::Tax")
    mirror.remove("Shop::Tax")
    (mirror.directory / "modules/02packages.details.txt.gz").unlink()
    told: list[str] = []
    assert _locked(replace(using, tell=told.append), "Shop::Tax") == first
    assert told == []
    assert WheelRow.objects.get().source == source


def test_two_builds_of_one_distribution_give_the_same_tree(using: Locking, mirror: Cpan) -> None:
    from lampas.store.models import LockRow, WheelRow

    mirror.xs("Shop::Fast")
    first = _locked(using, "Shop::Fast")
    LockRow.objects.all().delete()
    WheelRow.objects.all().delete()
    assert _locked(using, "Shop::Fast") == first


def test_a_part_in_c_is_compiled(using: Locking, mirror: Cpan, tmp_path: Path) -> None:
    mirror.xs("Shop::Fast")
    lock = _locked(using, "Shop::Fast")
    assert _perl(lock, tmp_path / "perl", "use Shop::Fast; print Shop::Fast::answer()") == "42"


def test_a_build_may_use_what_it_requires_and_programs_come_along(using: Locking, mirror: Cpan) -> None:
    from lampas.store import artifacts

    mirror.add("Shop::Tool")
    script = "#!perl\nprint 'shop';\n"
    configure = "use Shop::Tool;\n"
    makefile = (
        'use ExtUtils::MakeMaker;\nWriteMakefile(NAME => "Shop::App", VERSION => "1.0", EXE_FILES => ["bin/shop"]);\n'
    )
    files = {"bin/shop": script, "Makefile.PL": configure + makefile}
    mirror.add("Shop::App", requires={"Shop::Tool": "0"}, files=files)
    lock = _locked(using, "Shop::App")
    with zipfile.ZipFile(io.BytesIO(artifacts.get(lock.distributions[0].sha256))) as tree:
        assert set(tree.namelist()) == {"Shop/App.pm", "scripts.data/scripts/shop"}


def test_what_perl_and_the_asked_for_packages_have_is_not_taken_from_cpan(using: Locking, mirror: Cpan) -> None:
    mirror.add("File::Spec", "99.0")
    mirror.add("Shop::Tax", requires={"File::Spec": "3.0", "strict": "0", "perl": "5.010"})
    assert [one.name for one in _locked(using, "Shop::Tax").distributions] == ["Shop-Tax"]
    newer = _locked(using, "File::Spec >= 50")
    assert [(one.name, one.version) for one in newer.distributions] == [("File-Spec", "99.0")]


def test_a_module_that_nobody_has_is_named_with_the_package_that_has_it(using: Locking, mirror: Cpan) -> None:
    from lampas.store import packages

    packages.replace_index({"Template": "libtemplate-perl"})
    mirror.add("Shop::Page", requires={"Template": "2"})
    with pytest.raises(
        Unresolved, match=r"Shop-Page 1\.0 requires Template: the CPAN mirror does not have it"
    ) as error:
        _locked(using, "Shop::Page")
    assert error.value.remedy == "the Debian package libtemplate-perl has it: name it in `packages`"


def test_a_version_that_the_mirror_lacks_is_told(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::Tax", "1.2")
    with pytest.raises(Unresolved, match=r"lampas.toml requires Shop::Tax: the CPAN mirror has 1\.2, not >= 2"):
        _locked(using, "Shop::Tax >= 2")


def test_without_a_mirror_nothing_is_fetched(using: Locking) -> None:
    with pytest.raises(InvalidInput, match="this node has no mirror") as error:
        _locked(replace(using, mirror=""), "Shop::Tax")
    assert "lampas up --cpan-mirror" in error.value.remedy


def test_an_archive_that_is_not_what_the_mirror_says_is_refused(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::Tax", sha256="0" * 64)
    with pytest.raises(Failed, match="CHECKSUMS says 000000"):
        _locked(using, "Shop::Tax")
    _nothing_is_kept()


def test_an_archive_that_nobody_vouches_for_is_refused(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::Tax")
    (mirror.directory / "authors/id/T/TE/TESTER/CHECKSUMS").write_text("$cksum = {};\n")
    with pytest.raises(Failed, match="has no sha256 of it"):
        _locked(using, "Shop::Tax")


def test_a_build_that_fails_says_why_in_its_own_words(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::Tax", configure='die "no tax today\\n";\n')
    with pytest.raises(Failed, match=r"Shop-Tax-1\.0\.tar\.gz cannot be built") as error:
        _locked(using, "Shop::Tax")
    assert "no tax today" in str(getattr(error.value, "log", ""))
    _nothing_is_kept()


def test_what_a_build_wants_and_its_metadata_does_not_name_is_told(using: Locking, mirror: Cpan) -> None:
    makefile = (
        'use ExtUtils::MakeMaker;\nWriteMakefile(NAME => "Shop::Tax", VERSION => 1, PREREQ_PM => {"No::Such" => 0});\n'
    )
    mirror.add("Shop::Tax", files={"Makefile.PL": makefile, "META.json": ""})
    with pytest.raises(Failed, match="No::Such"):
        _locked(using, "Shop::Tax")


def test_a_build_that_hangs_ends(using: Locking, mirror: Cpan, monkeypatch: pytest.MonkeyPatch) -> None:
    from lampas.build import cpan_trees

    monkeypatch.setattr(cpan_trees, "_SECONDS", 5.0)
    mirror.add("Shop::Tax", configure="sleep 600;\n")
    with pytest.raises(Failed, match="it did not end in time"):
        _locked(using, "Shop::Tax")


def test_a_build_has_no_network_and_sees_nothing_of_lampas(using: Locking, mirror: Cpan, node: Interface) -> None:
    configure = f"""
use IO::Socket::INET;
die "network\\n" if IO::Socket::INET->new(PeerAddr => "127.0.0.1:{node.agent_port}", Timeout => 2);
die "secrets\\n" if -e "{node.home}/secrets";
"""
    mirror.add("Shop::Tax", configure=configure)
    assert _locked(using, "Shop::Tax").distributions


def test_an_archive_with_a_name_that_leaves_it_is_not_built(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::Tax", files={"../../evil.pm": "1;"})
    with pytest.raises(InvalidInput, match="leaves it"):
        _locked(using, "Shop::Tax")
    mirror.add("Shop::Two", links={"Shop-Two-1.0/passwd": "/etc/passwd"})
    with pytest.raises(InvalidInput, match="leaves it"):
        _locked(using, "Shop::Two")


def test_distributions_that_require_each_other_are_told(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::One", requires={"Shop::Two": "0"})
    mirror.add("Shop::Two", requires={"Shop::One": "0"})
    with pytest.raises(Failed, match="requires itself"):
        _locked(using, "Shop::One")


def test_a_mirror_on_the_network_is_as_good_as_a_directory(using: Locking, mirror: Cpan) -> None:
    mirror.add("Shop::Tax")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(mirror.directory)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        assert _locked(replace(using, mirror=address), "Shop::Tax").distributions
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(Unreachable, match="does not give"):
        _locked(replace(using, mirror=address), "Shop::Other")


def _nothing_is_kept() -> None:
    from lampas.store.models import LockRow, WheelRow

    assert not LockRow.objects.exists()
    assert not WheelRow.objects.exists()


def test_every_refusal_is_an_error_of_lampas(using: Locking, mirror: Cpan) -> None:
    (mirror.directory / "modules/02packages.details.txt.gz").write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises(LampasError, match="cannot be unpacked"):
        _locked(using, "Shop::Tax")
