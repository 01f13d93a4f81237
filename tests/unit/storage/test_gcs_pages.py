"""Pages of the JSON API: every name comes back byte for byte, and a page that is none proves nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.torture import torture_keys

from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING
from mirrorlake.storage.providers.gcs.pages import read_page

KIND = {"kind": "storage#objects"}
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=50)


def item(name: str, **changed: object) -> dict[str, object]:
    facts = {"name": name, "generation": "1700000000000001", "size": "12", "updated": "2024-05-06T07:08:09.123Z"}
    return {**facts, "storageClass": "STANDARD", **changed}


def page(*items: object, **more: object) -> bytes:
    return json.dumps({**KIND, "items": items, **more}).encode()


@given(names=st.lists(NAMES), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_names_survive_any_way_of_writing_json(*, names: list[str], ascii_only: bool, indent: int | None) -> None:
    document: dict[str, Any] = {"items": [item(name, surplus={"a": [1]}) for name in names], **KIND}
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent).replace("<", "\\u003c")
    assert read_page(text.encode()).batch.column("key").to_pylist() == names


def test_torture_names_survive() -> None:
    names = torture_keys()
    read = read_page(page(*map(item, names)))
    assert (read.batch.column("key").to_pylist(), read.batch.schema) == (names, LISTING)


def test_the_token_is_the_generation_and_facts_have_their_types() -> None:
    (row,) = read_page(page(item("a", storageClass="ARCHIVE"))).batch.to_pylist()
    assert row == {
        "key": "a",
        "size": 12,
        "token": "1700000000000001",
        "modified": datetime(2024, 5, 6, 7, 8, 9, 123000, UTC),
        "storage_class": "ARCHIVE",
    }


@pytest.mark.parametrize("updated", [None, "", "soon", "99999-01-01T00:00:00Z", "0000-00-00T00:00:00Z"])
def test_an_odd_date_costs_only_the_date(updated: str | None) -> None:
    (row,) = read_page(page(item("a", updated=updated))).batch.to_pylist()
    assert (row["modified"], row["size"]) == (None, 12)


def test_a_name_with_nul_is_reported_and_not_listed() -> None:
    read = read_page(page(item("a"), item("b\0c"), item("d")))
    assert read.batch.column("key").to_pylist() == ["a", "d"]
    assert [one.shown for one in read.unsupported] == ["b\\x00c"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",  # an empty object of a proxy is no empty bucket
        b"[]",
        b"null",
        b"<html>busy</html>",
        json.dumps({**KIND, "kind": "storage#buckets"}).encode(),
        page(item("a"))[:-2],
        page(item("a")) + b"x",
        page({"name": "a"}),
        page(item("")),
        page({**item("a"), "name": None}),
        page(item("a", size=None)),
        page(item("a", size="")),
        page(item("a", size="12 bytes")),
        page(item("a", size="1" * 30)),
        page(item("a", size=1e300)),
        page(item("a", generation="")),
        page(item("a", generation="now")),
        page(item("a", generation="9" * 400)),
        page(item("a"), nextPageToken=""),
        page(item("a"), nextPageToken="t" * 10_000),
        page(item("a"), nextPageToken=["t"]),
        page("a"),
        page(item("a")).replace(b'"a"', b'"\xff"'),
        page(item("a")).replace(b'"a"', b'"\\ud800"'),
        b'{"kind":"storage#objects","items":' + b"[" * 100_000,
        b'{"kind":"storage#objects","x":' + b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_anything_but_a_page_is_a_broken_listing(body: bytes) -> None:
    with pytest.raises(ListingBroken):
        read_page(body)


def test_a_page_without_items_is_empty_and_may_lead_on() -> None:
    read = read_page(json.dumps({**KIND, "nextPageToken": "t", "prefixes": ["a/"]}).encode())
    assert (read.batch.num_rows, read.next_token, read.prefixes) == (0, "t", ("a/",))
