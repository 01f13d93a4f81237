"""Pages of List Blobs: the fast way through a page and the general parser say the same, or the page is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING
from mirrorlake.storage.providers.azure import pages
from mirrorlake.storage.providers.azure.pages import AzurePage, general_page, read_page

HEAD = '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://a/" ContainerName="c">'
DATE = "Sun, 01 Mar 2026 04:05:06 GMT"
KEYS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30
)


def entry(key: str = "a", *, more: str = "", tier: str = "<AccessTier>Hot</AccessTier>", **changed: str) -> str:
    """One blob as Azure writes it."""
    values = {"date": DATE, "etag": "0x8DE77A1", "size": "5", "type": "image/png", "md5": "<Content-MD5 />"} | changed
    return (
        f"<Blob><Name>{escape(key)}</Name><Properties><Creation-Time>{DATE}</Creation-Time>"
        f"<Last-Modified>{values['date']}</Last-Modified><Etag>{values['etag']}</Etag>"
        f"<Content-Length>{values['size']}</Content-Length><Content-Type>{values['type']}</Content-Type>"
        f"<Content-Encoding />{values['md5']}<BlobType>BlockBlob</BlobType>{tier}"
        f"<LeaseStatus>unlocked</LeaseStatus>{more}</Properties><OrMetadata /></Blob>"
    )


def document(blobs: list[str], *, between: str = "", marker: str = "<NextMarker />") -> bytes:
    return f"{HEAD}<Blobs>{between.join(blobs)}</Blobs>{marker}</EnumerationResults>".encode()


@st.composite
def blobs(draw: st.DrawFn) -> str:
    """Usually like its neighbours, sometimes not."""
    odd = draw(st.integers(0, 5)) == 0
    text = entry(
        draw(KEYS),
        etag=draw(st.text("0123456789ABCDEFx", min_size=1, max_size=17)),
        size=str(draw(st.integers(0, 2**50))),
        date=f"Mon, {draw(st.integers(1, 28)):02} Feb {draw(st.integers(1995, 2040))} 03:04:05 GMT",
        type=draw(st.sampled_from(["image/png", "image/jpeg", "application/octet-stream"])),
        md5=draw(st.sampled_from(["<Content-MD5 />", "<Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5>"])),
        tier=draw(st.sampled_from(["<AccessTier>Hot</AccessTier>", "<AccessTier>Archive</AccessTier>", ""])),
    )
    if odd:
        oddities = [
            ("</Properties>", "<ResourceType>directory</ResourceType></Properties>"),
            ("</Properties>", "<ResourceType>file</ResourceType></Properties>"),
            ("<OrMetadata />", "<Deleted>true</Deleted><OrMetadata />"),
            ("<OrMetadata />", "<OrMetadata></OrMetadata>"),
            ("<Name>", '<Name Encoded="true">'),
            ("<Etag>", "<Etag>&quot;"),
            ("<BlobType>", "<!-- x --><BlobType>"),
            ("<BlobType>", "\n <BlobType>"),
            ("image/", "&lt;im]]&gt;age/"),
            ("image/", "im]>age/"),
            (" Feb ", " feb "),
            (" GMT", ""),
            ("<Content-Length>", "<Content-Length> "),
            ("<LeaseStatus>", "<Name>other</Name><LeaseStatus>"),
            ("<LeaseStatus>", "<b><Etag>0x1</Etag></b><LeaseStatus>"),
        ]
        text = text.replace(*draw(st.sampled_from(oddities)))
    return text


def outcome(body: bytes, read: object = read_page) -> AzurePage | str:
    try:
        return (general_page if read is general_page else read_page)(body)
    except ListingBroken:
        return "broken"


@settings(max_examples=300)
@given(st.lists(blobs(), max_size=12), st.sampled_from(["", "", "", "\n", "<!-- -->"]))
def test_both_ways_through_a_page_give_identical_batches(contents: list[str], between: str) -> None:
    body = document(contents, between=between)
    fast = outcome(body)
    assert fast == outcome(body, general_page)
    assert fast == "broken" or (isinstance(fast, AzurePage) and fast.batch.schema == LISTING)


@settings(max_examples=300)
@given(st.lists(blobs(), min_size=1, max_size=4), st.data())
def test_a_damaged_page_is_read_alike_or_refused(contents: list[str], data: st.DataObject) -> None:
    body = bytearray(document(contents))
    place = data.draw(st.integers(0, len(body) - 1))
    cut = data.draw(st.integers(0, 6))
    body[place : place + cut] = data.draw(st.binary(max_size=4) | st.sampled_from([b"<", b">", b"b>", b"&", b"]]>"]))
    assert outcome(bytes(body)) == outcome(bytes(body), general_page)


def test_pages_of_a_few_layouts_never_need_the_general_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [
        entry(
            f"r&d/é{place:04}.png",
            size=str(10 ** (place % 7)),
            type="image/jpeg" if place % 3 else "application/json",
            md5="<Content-MD5 />" if place % 5 == 0 else "<Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5>",
            tier=""
            if place % 11 == 0
            else "<AccessTier>Cool</AccessTier><AccessTierInferred>true</AccessTierInferred>",
            more="<ResourceType>directory</ResourceType>" if place % 13 == 0 else "<ResourceType>file</ResourceType>",
        )
        for place in range(3000)
    ]
    body = document(contents, marker="<NextMarker>2!80!x</NextMarker>")
    wanted = general_page(body)

    def refuse(_: bytes) -> AzurePage:
        raise AssertionError("the general parser was used")

    monkeypatch.setattr(pages, "general_page", refuse)
    page = read_page(body)
    assert page == wanted
    assert page.next_token == "2!80!x"
    assert page.batch.num_rows == sum(1 for place in range(3000) if place % 13)


def test_a_blob_is_one_row_with_its_tier() -> None:
    (row,) = read_page(document([entry("a//b", tier="<AccessTier>Archive</AccessTier>")])).batch.to_pylist()
    assert row == {
        "key": "a//b",
        "size": 5,
        "token": "0x8DE77A1",
        "modified": datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC),
        "storage_class": "Archive",
    }


def test_directories_snapshots_and_deleted_blobs_are_no_objects() -> None:
    contents = [
        entry("folder", more="<ResourceType>directory</ResourceType>"),
        entry("folder/a", more="<ResourceType>file</ResourceType>"),
        entry("b").replace("</Name>", "</Name><Deleted>true</Deleted>"),
        entry("c").replace("</Name>", "</Name><Snapshot>2026-03-01T00:00:00.0000000Z</Snapshot>"),
        entry("d").replace("</Name>", "</Name><Snapshot />"),
    ]
    assert read_page(document(contents)).batch.column("key").to_pylist() == ["folder/a", "d"]


def test_names_that_xml_cannot_contain_are_decoded() -> None:
    contents = [
        entry("a%EF%BF%BE%2Fb+c").replace("<Name>", '<Name Encoded="true">'),
        entry("100%25"),
        entry("nul%00").replace("<Name>", '<Name Encoded="true">'),
        entry("latin%E9").replace("<Name>", '<Name Encoded="true">'),
    ]
    page = read_page(document(contents))
    assert page.batch.column("key").to_pylist() == ["a\ufffe/b+c", "100%25"]
    assert page.unsupported == ("nul\\x00", "latin\\xe9")


@given(st.lists(KEYS, min_size=1, max_size=20))
def test_keys_come_back_byte_for_byte(keys: list[str]) -> None:
    assert read_page(document([entry(key) for key in keys])).batch.column("key").to_pylist() == keys


@pytest.mark.parametrize(
    "body",
    [
        document([], marker=""),
        document([entry()], marker=""),
        document([entry().replace("<Name>a</Name>", "")]),
        document([entry().replace("<Name>a</Name>", "<Name />")]),
        document([entry(size="")]),
        document([entry(size="x")]),
        document([entry(size="9" * 30)]),
        document([entry(etag="")]),
        document([entry().replace("<Etag>0x8DE77A1</Etag>", "")]),
        document([entry()]).replace(b"EnumerationResults", b"Results"),
        HEAD.encode() + b"<NextMarker /></EnumerationResults>",
        b"<html>",
        b"",
        b"<Error><Code>ServerBusy</Code></Error>",
    ],
)
def test_a_page_without_what_every_page_has_proves_nothing(body: bytes) -> None:
    with pytest.raises(ListingBroken):
        read_page(body)


@pytest.mark.parametrize("cut", range(1, 1500, 31))
def test_a_page_cut_anywhere_is_broken(cut: int) -> None:
    with pytest.raises(ListingBroken):
        read_page(document([entry(f"k{place}") for place in range(20)])[:-cut])


def test_entities_are_never_expanded() -> None:
    bomb = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><EnumerationResults'
    with pytest.raises(ListingBroken, match="document type"):
        read_page(document([entry()]).replace(b"<EnumerationResults", bomb, 1))


def test_a_page_of_a_huge_first_blob_costs_no_more_than_its_size() -> None:
    huge = entry("a", more="<x></x>" * 2000)
    body = document([huge, *[entry(f"b{place:05}") for place in range(2000)]])
    assert read_page(body) == general_page(body)


@pytest.mark.parametrize(
    ("date", "meant"),
    [
        ("Tue, 02 Jan 2024 03:04:05 GMT", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("Thu, 29 Feb 2024 23:59:59 GMT", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("Fri, 01 Jan 1904 00:00:00 GMT", datetime(1904, 1, 1, tzinfo=UTC)),
        ("Fri, 30 Feb 2024 00:00:00 GMT", None),
        ("Tue, 02 Xxx 2024 03:04:05 GMT", None),
        ("Tue, 02 Jan 2024 24:04:05 GMT", None),
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("yesterday", None),
    ],
)
def test_an_odd_date_costs_at_most_itself(date: str, meant: datetime | None) -> None:
    body = document([entry("a", date=date), entry("b")])
    assert [row["modified"] for row in read_page(body).batch.to_pylist()] == [
        meant,
        datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC),
    ]
    assert read_page(body) == general_page(body)
