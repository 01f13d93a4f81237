"""Ranges of bytes: one plain range is answered, everything else gets the whole."""

from __future__ import annotations

import pytest

from mirrorlake.api.byte_ranges import requested_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-", range(10)),
        ("bytes=2-4", range(2, 5)),
        ("bytes=2-400", range(2, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-30", range(10)),
        ("bytes=9-9", range(9, 10)),
    ],
)
def test_one_range_is_answered_as_far_as_there_are_bytes(header: str, wanted: range) -> None:
    assert requested_range(header, 10) == wanted


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=-0", "bytes=10-", "bytes=5-2", "bytes=0-1,4-5", "items=0-1", "bytes=٣-"],
)
def test_any_other_header_gets_the_whole(header: str | None) -> None:
    assert requested_range(header, 10) is None


def test_nothing_has_no_ranges() -> None:
    assert requested_range("bytes=0-", 0) is None
