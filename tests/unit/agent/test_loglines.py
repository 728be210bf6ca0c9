"""Lines of logs as Apache and mod_wsgi write them."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from lampas.agent import loglines
from lampas.agent.loglines import ACCESS, APACHE, APP, LONGEST

STAMP = "[Tue Nov 24 16:38:05.250000 2026]"
THEN = time.mktime((2026, 11, 24, 16, 38, 5, 0, 0, -1)) + 0.25


def test_what_the_application_wrote_is_told_apart_from_what_apache_says() -> None:
    line = loglines.written(f"{STAMP} [wsgi:error] [pid 7:tid 9] [remote 127.0.0.1:1] order 5 paid")
    assert (line.time, line.source, line.text) == (THEN, APP, "order 5 paid")
    line = loglines.written(f"{STAMP} [mpm_event:notice] [pid 7:tid 9] AH00489: resuming")
    assert (line.time, line.source, line.text) == (THEN, APACHE, "AH00489: resuming")
    line = loglines.written(f"{STAMP} [wsgi:error] [pid 7:tid 9] mod_wsgi (pid=7): Exception occurred")
    assert line.source == APACHE


def test_what_went_past_apache_has_no_time_and_is_the_applications() -> None:
    line = loglines.written("Fatal Python error: Segmentation fault")
    assert (line.time, line.source, line.text) == (0.0, APP, "Fatal Python error: Segmentation fault")


def test_a_request_belongs_to_the_application_that_the_front_sent_it_to() -> None:
    text = (
        'shop.localhost 10.0.0.1 - [24/Nov/2026:16:38:05 +0100] "GET /a?b HTTP/1.1" 200 12 "-" "curl x/1 7" '
        "shop.localhost shop/3 1500"
    )
    line = loglines.request(text, "shop")
    assert line is not None
    assert (line.source, line.release) == (ACCESS, 3)
    assert time.gmtime(line.time)[:6] == (2026, 11, 24, 15, 38, 5)
    assert line.text == ('shop.localhost 10.0.0.1 - "GET /a?b HTTP/1.1" 200 12 "-" "curl x/1 7" shop.localhost 1.5 ms')
    assert loglines.request(text, "blog") is None
    assert loglines.request(text.replace("curl x/1", "blog/3"), "blog") is None


def test_a_long_line_is_cut() -> None:
    line = loglines.written("x" * (LONGEST + 5))
    assert len(line.text) < LONGEST + 20
    assert line.text.endswith("(5 more)")


@given(st.text())
def test_any_text_is_a_line(text: str) -> None:
    assert loglines.written(text).source in (APP, APACHE)
    assert loglines.request(text, "shop") is None
