"""Texts that servers send: ETags, dates, encoded bodies and error messages, each in all its forms."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.dates import read_date
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.content_encoding import TooLong, decoded
from mirrorlake.storage.etags import token_of, unquoted
from mirrorlake.storage.providers.s3.errors import read_refusal
from mirrorlake.storage.server_words import LONGEST, clean_text

NOON = datetime(2024, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("form", ["x-2", '"x-2"', 'W/"x-2"', 'w/"x-2"', ' "x-2" ', '""x-2""', 'W/""x-2""'])
def test_all_forms_of_a_tag_are_one_version(form: str) -> None:
    assert unquoted(form) == "x-2"


@pytest.mark.parametrize("tag", ["W/x", 'x"', '"', "W/", "", " "])
def test_a_tag_that_is_not_quoted_stays_as_it_is(tag: str) -> None:
    assert unquoted(tag) == tag


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02T12:00:00Z", "2024-01-02T12:00:00.000Z", "2024-01-02T12:00:00", "2024-01-02T14:00:00+02:00",
        "2024-01-02 12:00:00", "Tue, 02 Jan 2024 12:00:00 GMT", "Tue, 2 Jan 2024 12:00:00 +0000",
        "Tuesday, 02-Jan-24 12:00:00 GMT", " 2024-01-02T12:00:00Z\n",
    ],
)  # fmt: skip
def test_a_date_is_read_in_every_form_of_servers(text: str) -> None:
    assert read_date(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "d41d8cd98f00b204e9800998ecf8427e", "20240102", "d41d8-2", "yesterday", "99999-01-01T00:00:00Z", "x" * 10**6,
     "2024-02-31T00:00:00Z", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"],
)  # fmt: skip
def test_a_tag_is_no_date(text: str) -> None:
    assert read_date(text) is None


def info(etag: str | None, modified: datetime | None = NOON) -> ObjectInfo:
    return ObjectInfo(key="a", size=1, token=token_of(etag, modified), modified=modified)


@pytest.mark.parametrize(
    ("answer", "token", "same"),
    [
        (info('"x"'), "x", True),
        (info('W/"x"'), "x", True),
        (info('"y"'), "x", False),
        (info('"x"'), "2024-01-02T12:00:00.789Z", True),  # a listing without ETags
        (info('"x"'), "Tue, 02 Jan 2024 12:00:00 GMT", True),
        (info('"x"'), "2024-01-02T12:00:01.000Z", False),
        (info('"x"', None), "2024-01-02T12:00:00.000Z", False),
        (info(None), "2024-01-02T12:00:00Z", True),  # no ETags at all
        (info(None), "2024-01-02T12:00:01Z", False),
        (info(None), "x", True),  # no ETag in the response: nothing can be compared
        (info(None, None), "x", True),
    ],
)
def test_a_version_is_recognised_by_what_both_state(answer: ObjectInfo, token: str, same: bool) -> None:  # noqa: FBT001
    assert answer.is_version(token) is same


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "x-gzip", "GZIP", "deflate", "aws-chunked,gzip", "gzip , x"]))
def test_an_encoded_body_becomes_the_object(data: bytes, encoding: str) -> None:
    sent = zlib.compress(data) if encoding == "deflate" else gzip.compress(data)
    assert decoded(sent, encoding, len(data)) == data


@given(
    st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "br", "utf-8", "identity", "base64", ",", "gzip,"])
)
def test_a_body_without_its_encoding_stays_as_it_is(data: bytes, encoding: str) -> None:
    assert decoded(b"\x89PNG" + data, encoding, 10_000) == b"\x89PNG" + data
    assert decoded(b"\x1f\x8b" + data, encoding, 10_000) in (b"\x1f\x8b" + data, b"")


def test_a_body_that_is_cut_short_is_not_decoded() -> None:
    sent = gzip.compress(b"x" * 1000)[:-4]
    assert decoded(sent, "gzip", 10_000) == sent


def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    with pytest.raises(TooLong):
        decoded(gzip.compress(bytes(50 << 20)), "gzip", 1 << 20)


def test_the_words_of_a_server_are_one_short_line_of_visible_characters() -> None:
    hostile = "No\x1b[31m \x00way\r\nInjected: header\u202e\u200b" + "x" * 10**6
    words = clean_text(hostile)
    assert words.startswith("No [31m way Injected: header")
    assert words.isprintable()
    assert len(words) == LONGEST


def test_codes_and_regions_of_an_error_are_names_or_nothing() -> None:
    body = b"<Error><Code>Bad\x0aCode</Code><Message>m</Message><Region>eu --evil</Region></Error>"
    refusal = read_refusal(403, {"x-amz-bucket-region": ""}, body)
    assert (refusal.code, refusal.region, refusal.message) == ("", "", "m")


def test_the_bytes_of_a_date_token_show_when_an_object_without_an_etag_changed() -> None:
    assert token_of(None, NOON) == "2024-01-02T12:00:00.000Z"
    assert not info(None).is_version(token_of(None, NOON + timedelta(seconds=1)))
