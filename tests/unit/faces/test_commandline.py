"""The command line's own decisions: where options may stand, what pairs mean, what follows in a log, what unpacks."""

from __future__ import annotations

import io
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.cli.lifetimes import Lifetime, Moment
from lampas.cli.main import gather
from lampas.cli.settings import Pair, Share
from lampas.cli.unpacking import ChunkReader, unpack
from lampas.errors import InvalidInput


@pytest.mark.parametrize(
    ("given_words", "gathered"),
    [
        (["app", "list", "--json"], ["--json", "app", "list"]),
        (["--json", "app", "list", "--json"], ["--json", "app", "list"]),
        (["app", "--home", "/x", "list"], ["--home", "/x", "app", "list"]),
        (["app", "list", "--home=/x"], ["--home=/x", "app", "list"]),
        (["run", "shop", "1", "--", "x", "--json"], ["run", "shop", "1", "--", "x", "--json"]),
        (["app", "list", "--home"], ["app", "list", "--home"]),
    ],
)
def test_options_that_may_stand_anywhere_come_first(given_words: list[str], gathered: list[str]) -> None:
    assert gather(given_words) == gathered


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90.0), ("12h", 0.5), ("30m", 30 / 1440), ("2w", 14.0), ("1y", 365.0)]
)
def test_lengths_of_time(text: str, days: float) -> None:
    assert Lifetime().convert(text, None, None) == pytest.approx(days)


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "0d", "1.5d", "90 d", "9999999d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Lifetime().convert(text, None, None)


def test_a_pair_may_hold_further_equals_signs() -> None:
    assert Pair().convert("A=b=c", None, None) == ("A", "b=c")
    assert Pair().convert("A=", None, None) == ("A", "")


@pytest.mark.parametrize("text", ["A", "=b", ""])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Pair().convert(text, None, None)


@pytest.mark.parametrize("text", ["1", "1=", "=1", "a=1", "1=-1", "1=1.5", "²=1"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Share().convert(text, None, None)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 7 * 86400)])
def test_a_moment_is_so_long_ago(text: str, seconds: int) -> None:
    assert Moment().convert(text, None, None) == pytest.approx(time.time() - seconds, abs=5)


def test_a_moment_is_a_date_in_this_machines_zone() -> None:
    then = datetime(2026, 11, 24, 16, 30).astimezone()
    assert Moment().convert("2026-11-24T16:30", None, None) == then.timestamp()
    assert (
        Moment().convert("2026-11-24T16:30+00:00", None, None) == datetime(2026, 11, 24, 16, 30, tzinfo=UTC).timestamp()
    )


@pytest.mark.parametrize("text", ["", "now", "5", "m", "2026-13-01", "-1h"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Moment().convert(text, None, None)


@given(st.lists(st.binary(max_size=9), max_size=9), st.lists(st.integers(0, 12), max_size=9))
def test_chunks_are_read_as_one_file(chunks: list[bytes], sizes: list[int]) -> None:
    reader = ChunkReader(iter(chunks))
    whole = b"".join(chunks)
    parts = [reader.read(size) for size in sizes]
    for number, part in enumerate(parts):
        assert len(part) == min(sizes[number], len(whole) - sum(map(len, parts[:number])))
    assert b"".join([*parts, reader.read()]) == whole


def _tar(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return out.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "member",
    [_member("../out"), _member("/etc/out"), _member("a/../../out"), _member("link", tarfile.SYMTYPE, "/etc/passwd")],
)
def test_nothing_is_unpacked_outside_of_its_directory(tmp_path: Path, member: tarfile.TarInfo) -> None:
    with pytest.raises(InvalidInput):
        unpack(iter([_tar(_member("good"), member)]), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_a_stream_that_ends_early_is_said(tmp_path: Path) -> None:
    info = tarfile.TarInfo("big")
    info.size = 10_000
    with pytest.raises(InvalidInput):
        unpack(iter([_tar(info)[:2_000]]), tmp_path)
