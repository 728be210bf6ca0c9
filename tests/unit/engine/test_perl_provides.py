"""Who provides a Perl module, from the names of Debian's files and packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lampas.build.perl_installed import InstalledPerl, installed_in
from lampas.core.distributions import contents
from lampas.core.distributions.perl import Provider, best, is_core, module_at


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("usr/share/perl5/Wiki/Toolkit.pm", "Wiki::Toolkit"),
        ("/usr/share/perl/5.36.0/File/Spec.pm", "File::Spec"),
        ("usr/lib/x86_64-linux-gnu/perl5/5.36/DBI.pm", "DBI"),
        ("usr/lib/aarch64-linux-gnu/perl-base/strict.pm", "strict"),
        ("usr/lib/x86_64-linux-gnu/perl/5.36/Encode.pm", "Encode"),
        ("usr/share/perl5/Foo-Bar.pm", ""),
        ("usr/share/doc/perl5/Foo.pm", ""),
        ("usr/share/perl5/Foo.pod", ""),
        ("usr/local/share/perl/5.36.0/Foo.pm", ""),
    ],
)
def test_a_module_is_named_by_where_debian_puts_it(path: str, module: str) -> None:
    assert module_at(path) == module


@pytest.mark.parametrize(
    ("module", "packages", "proposed"),
    [
        ("DBD::mysql", ["libdbd-mysql-perl"], "libdbd-mysql-perl"),
        ("JSON::PP", ["libjson-pp-perl", "perl-modules-5.36"], "perl-modules-5.36"),
        ("Plack::Util", ["libother-perl", "libplack-perl"], "libplack-perl"),
        ("Foo::Bar::Baz", ["libfoo-perl", "libfoo-bar-perl"], "libfoo-bar-perl"),
        ("Odd", ["odd", "odd-perl"], "odd-perl"),
    ],
)
def test_perl_itself_comes_first_then_the_package_named_after_the_module(
    module: str, packages: list[str], proposed: str
) -> None:
    assert best(module, packages) == best(module, packages[::-1]) == proposed


def test_the_packages_of_perl_itself_are_known() -> None:
    assert all(map(is_core, ("perl", "perl-base", "perl-modules-5.36", "libperl5.36")))
    assert not any(map(is_core, ("libdbi-perl", "perl-doc", "perl-tk")))


RELEASE = """Origin: Debian
MD5Sum:
 0ed6d4c8891eb86358b94bb35d9e4da4  7 main/Contents-all.gz
SHA256:
 {a}       11 main/Contents-amd64.gz
 {b}  7 main/Contents-all.gz
 {c}  9 contrib/Contents-all.gz
-----BEGIN PGP SIGNATURE-----
 {d}  9 main/Contents-arm64.gz
""".format(**{letter: letter * 64 for letter in "abcd"})


def test_a_release_file_vouches_for_the_lists_of_its_component_and_architecture() -> None:
    assert list(contents.contents_files(RELEASE, "main", "amd64")) == [
        ("main/Contents-amd64.gz", "a" * 64, 11),
        ("main/Contents-all.gz", "b" * 64, 7),
    ]
    assert [path for path, *_ in contents.contents_files(RELEASE, "contrib", "arm64")] == ["contrib/Contents-all.gz"]
    assert list(contents.contents_files("Origin: nobody\n", "main", "amd64")) == []


def test_what_stands_behind_the_hashes_of_a_release_file_is_not_read() -> None:
    assert "main/Contents-arm64.gz" not in contents.listed(RELEASE)


def test_lists_of_files_give_modules_and_their_packages() -> None:
    lines = [
        b"usr/share/perl5/Foo/Bar.pm                       perl/libfoo-bar-perl,universe/perl/libother-perl\n",
        b"usr/share/perl5/With Space.pm     perl/libspace-perl\n",
        b"usr/bin/foo                       utils/foo\n",
        b"\xff\xfe.pm\n",
        b"usr/share/perl5/Foo.pm perl/libfoo-perl\n",
    ]
    assert contents.index(contents.perl_files(lines)) == {"Foo::Bar": "libfoo-bar-perl", "Foo": "libfoo-perl"}


def test_the_lock_comes_before_debian_and_what_is_only_known_of_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "libdbi-perl:amd64.list").write_text("/.\n/usr/lib/x86_64-linux-gnu/perl5/5.36/DBI.pm\n")
    (tmp_path / "perl-base.list").write_text("/usr/lib/x86_64-linux-gnu/perl-base/strict.pm\n")
    index = {"Template": "libtemplate-perl"}
    perl = InstalledPerl(installed_in(tmp_path), (), {"Own": "Own-Dist"}, lambda module: index.get(module, ""))
    assert perl.provider("DBI") == Provider("package", "libdbi-perl", True)
    assert perl.provider("strict") == Provider("core", "perl-base", True)
    assert perl.provider("Own") == Provider("cpan", "Own-Dist", True)
    assert perl.provider("Template") == Provider("package", "libtemplate-perl", False)
    assert perl.provider("No::Such") is None
    assert perl.provider("../../etc/passwd") is None
