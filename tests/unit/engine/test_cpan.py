"""What a Perl application requires of CPAN, and what a mirror says: read, and never run."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.distributions import cpan, cpanfile
from lampas.core.distributions.perlversions import Range, key
from lampas.errors import InvalidInput

CPANFILE = """
# what the shop takes
requires 'Plack', '1.0047';
requires "Template" => '>= 2.2, < 4';
requires('JSON::MaybeXS', 1.004);
requires DBI;   # any
requires 'perl', '5.010';
recommends 'Cpanel::JSON::XS';
on 'test' => sub {
    requires 'Test::More', '0.98';
};
on configure => sub { requires 'Module::Build' };
on develop => sub { on runtime => sub { requires 'Perl::Tidy' } };
feature 'sqlite', 'SQLite support' => sub {
    requires 'DBD::SQLite';
};
__END__
system("rm -rf /");
"""


def test_a_cpanfile_gives_what_it_takes_to_run_and_to_build() -> None:
    found = cpanfile.parse(CPANFILE, "cpanfile")
    assert found.lines == (
        "DBI",
        "JSON::MaybeXS >= 1.004",
        "Module::Build",
        "Plack >= 1.0047",
        "Template >= 2.2, < 4",
    )
    assert found.source == "cpanfile"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("my $x = `id`;\n", "cpanfile:1"),
        ("requires 'A';\nif ($^O eq 'MSWin32') { requires 'B' }\n", "cpanfile:2"),
        ("requires 'A', $version;\n", "cpanfile:1"),
        ('requires "A$x";\n', "cpanfile:1"),
        ("requires 'A', 'not a version';\n", "cpanfile:1"),
        ("requires 'A-B';\n", "cpanfile:1"),
        ("on test => sub { requires 'A';\n", "cpanfile"),
        ("mirror 'http://elsewhere.example';\n", "cpanfile:1"),
        ("requires\n", "cpanfile"),
    ],
)
def test_what_only_running_it_would_tell_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(InvalidInput) as error:
        cpanfile.parse(text, "cpanfile")
    assert error.value.message.startswith(where)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        cpanfile.parse(text, "cpanfile")


def test_a_list_takes_modules_with_versions() -> None:
    assert cpanfile.listed(["Plack", "DBI >= 1.6", "Foo::Bar 2"], "lampas.toml").lines == (
        "DBI >= 1.6",
        "Foo::Bar >= 2",
        "Plack",
    )
    for wrong in ("", "Foo-Bar", "Foo >= x", "--help"):
        with pytest.raises(InvalidInput):
            cpanfile.listed([wrong], "lampas.toml")


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.5", "1.50001"), ("1.10.0", "1.9"), ("v1.5", "1.5"), ("1.002", "v1.2.1"), ("0", "0.0001"), ("1.2_3", "1.24")],
)
def test_versions_are_ordered_as_perl_orders_them(older: str, newer: str) -> None:
    assert key(older) < key(newer)


def test_equal_versions_are_equal_however_they_are_written() -> None:
    assert key("1.5") == key("1.500") == key("v1.500") == key("1.500.0")
    assert key("undef") == key("") == key("0.0")


def test_every_clause_of_a_range_holds() -> None:
    wanted = Range.read(">= 1.2, < 2, != 1.5")
    assert [wanted.holds(version) for version in ("1.1", "1.2", "1.5", "1.99", "2")] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert Range.read("0").holds("no version at all")
    assert not wanted.holds("no version at all")


def test_the_index_of_a_mirror_is_read_and_what_leads_elsewhere_left_out() -> None:
    text = (
        "File: 02packages.details.txt\n\n"
        "Foo::Bar 1.2 A/AB/ABC/Foo-Bar-1.2.tar.gz\n"
        "Evil 1 ../../etc/passwd\n"
        "Evil 1 A/AB/ABC/../../../x-1.tar.gz\n"
        "Evil 1 http://elsewhere.example/x-1.tar.gz\n"
        "half a line\n"
    )
    assert cpan.index(text) == {"Foo::Bar": cpan.Indexed("1.2", "A/AB/ABC/Foo-Bar-1.2.tar.gz")}


def test_checksums_are_read_by_their_form_and_never_run() -> None:
    text = f"""
    system("true");
    $cksum = {{
      'Foo-1.tar.gz' => {{ 'md5' => '{"1" * 32}', 'sha256' => '{"a" * 64}', 'size' => 1 }},
      'Old-1.tar.gz' => {{ 'md5' => '{"1" * 32}' }},
    }};
    """
    assert cpan.checksums(text) == {"Foo-1.tar.gz": "a" * 64}


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("Foo-Bar-1.02.tar.gz", "Foo-Bar", "1.02"),
        ("Foo-v1.2.3.tgz", "Foo", "1.2.3"),
        ("libwww-perl-6.67.tar.gz", "libwww-perl", "6.67"),
        ("Foo-1.0-TRIAL.zip", "Foo", "1.0-TRIAL"),
    ],
)
def test_an_archive_is_named_after_its_distribution(filename: str, name: str, version: str) -> None:
    assert cpan.name_and_version(f"A/AB/ABC/{filename}") == (name, version)
