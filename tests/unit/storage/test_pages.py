"""Listing pages: the fast way through a page and the general parser say the same, or the page is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING
from mirrorlake.storage.providers.s3 import pages
from mirrorlake.storage.providers.s3.pages import S3Page, general_page, read_page

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
TAIL = "</ListBucketResult>"
KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@st.composite
def entries(draw: st.DrawFn) -> str:
    """One object as some server might write it: usually like its neighbours, sometimes not."""
    odd = draw(st.integers(0, 9)) == 0
    quote = draw(st.sampled_from(["&#34;", "", '"'])) if odd else "&quot;"
    weak = draw(st.sampled_from(["", "W/"])) if odd else ""
    parts = [
        f"<Key>{quote_plus(draw(KEYS), safe='/')}</Key>",
        f"<LastModified>20{draw(st.integers(10, 39))}-01-02T03:04:05.00{draw(st.integers(0, 9))}Z</LastModified>",
        f"<ETag>{weak}{quote}{draw(st.text('0123456789abcdef-', min_size=1, max_size=36))}{quote}</ETag>",
        f"<Size>{draw(st.integers(0, 2**50))}</Size>",
    ]
    if odd:
        parts = draw(st.permutations(parts))
    if not odd or draw(st.booleans()):
        parts.append(f"<StorageClass>{draw(st.sampled_from(['STANDARD', 'GLACIER']))}</StorageClass>")
    if odd:
        extra = [
            "<Owner><ID>me</ID><DisplayName>a&amp;b</DisplayName></Owner>",
            "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>",
            "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>",
            "<Odd/>",
            "<!-- x -->",
            "\n  ",
            '<Odd a="b">c</Odd>',
        ]
        parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from(extra)))
    return f"<Contents>{''.join(parts)}</Contents>"


def document(contents: list[str], *, between: str = "") -> bytes:
    fields = f"<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><KeyCount>{len(contents)}</KeyCount>"
    return f"{HEAD}{fields}{between}{between.join(contents)}{between}{TAIL}".encode()


def entry(key: str, *, size: int = 1, etag: str = "&quot;e&quot;") -> str:
    return (
        f"<Contents><Key>{quote_plus(key, safe='/')}</Key><LastModified>2024-01-02T03:04:05.000Z</LastModified>"
        f"<ETag>{etag}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


def keys_of(page: S3Page) -> list[str]:
    return page.batch.column("key").to_pylist()


@settings(max_examples=300)
@given(st.lists(entries(), max_size=12), st.sampled_from(["", "", "\n", "<!-- -->"]))
def test_both_ways_through_a_page_give_identical_batches(contents: list[str], between: str) -> None:
    body = document(contents, between=between)
    fast, general = read_page(body), general_page(body)
    assert fast == general
    assert fast.batch.schema == LISTING


@settings(max_examples=300)
@given(st.lists(entries(), min_size=1, max_size=4), st.data())
def test_a_damaged_page_is_read_alike_or_refused(contents: list[str], data: st.DataObject) -> None:
    body = bytearray(document(contents))
    place = data.draw(st.integers(0, len(body) - 1))
    cut = data.draw(st.integers(0, 6))
    body[place : place + cut] = data.draw(st.binary(max_size=4))
    try:
        general = general_page(bytes(body))
    except ListingBroken:
        with pytest.raises(ListingBroken):
            read_page(bytes(body))
    else:
        assert read_page(bytes(body)) == general


def test_a_usual_page_never_needs_the_general_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: bytes) -> S3Page:
        raise AssertionError("the general parser was used")

    monkeypatch.setattr(pages, "general_page", refuse)
    usual = [entry(f"k{place:04}") for place in range(1000)]
    assert len(keys_of(read_page(document(usual)))) == 1000
    mixed = [
        part.replace("<Size>", "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Size>") if place % 3 else part
        for place, part in enumerate(usual)
    ]
    assert read_page(document(mixed)) == read_page(document(usual))
    weak = [part.replace("<ETag>", "<ETag>W/") for part in usual]
    assert read_page(document(weak)) == read_page(document(usual))


@pytest.mark.parametrize("quote", ["&quot;", "&#34;", '"', ""])
def test_a_token_is_the_etag_without_its_quotes(quote: str) -> None:
    page = read_page(document([entry("a", etag=f"{quote}d41d8-2{quote}")]))
    assert page.batch.column("token").to_pylist() == ["d41d8-2"]


@given(st.lists(KEYS, min_size=1, max_size=20))
def test_keys_come_back_byte_for_byte(keys: list[str]) -> None:
    assert keys_of(read_page(document([entry(key) for key in keys]))) == keys


def test_a_server_without_url_encoding_is_understood() -> None:
    keys = ["a+b", "a%20b", "a&b<c>", "caf\u00e9", "\U0001f600"]
    contents = [entry("x").replace("<Key>x<", f"<Key>{escape(key)}<") for key in keys]
    body = document(contents).replace(b"<EncodingType>url</EncodingType>", b"")
    assert keys_of(read_page(body)) == keys


def test_names_with_a_namespace_prefix_are_understood() -> None:
    body = document([entry("a")]).decode().replace("xmlns=", "xmlns:s3=").replace("</", "</s3:")
    body = (
        body.replace("<?xml", "\1")
        .replace("</s3:", "\2")
        .replace("<", "<s3:")
        .replace("\2", "</s3:")
        .replace("\1", "<?xml")
    )
    assert keys_of(read_page(body.encode())) == ["a"]


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ("<IsTruncated>TRUE</IsTruncated><NextContinuationToken>t</NextContinuationToken>", "t"),
        ("<IsTruncated> False </IsTruncated>", None),
        ("<NextContinuationToken>t</NextContinuationToken>", "t"),
        ("<Name>b</Name><MaxKeys>1000</MaxKeys>", None),
        ("<Name>b</Name><MaxKeys>1000</MaxKeys><IsTruncated/><KeyCount/>", None),
    ],
)
def test_the_last_page_is_recognised_in_every_form(fields: str, more: str | None) -> None:
    page = read_page(f"{HEAD}{fields}{entry('a')}{TAIL}".encode())
    assert (keys_of(page), page.next_token) == (["a"], more)


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "<Name>b</Name>",
        "<MaxKeys>1000</MaxKeys>",
        "<Name>b</Name><MaxKeys>1</MaxKeys>",  # a full page: more may follow
        "<Name>b</Name><MaxKeys>many</MaxKeys>",
        "<IsTruncated>perhaps</IsTruncated>",
        "<IsTruncated>True</IsTruncated>",
    ],
)
def test_a_page_that_may_not_be_the_last_proves_nothing(fields: str) -> None:
    with pytest.raises(ListingBroken):
        read_page(f"{HEAD}{fields}{entry('a')}{TAIL}".encode())


def test_an_escape_that_is_cut_off_is_no_key() -> None:
    for broken in ("a%", "a%2", "%g0", "%%41"):
        with pytest.raises(ListingBroken, match="percent"):
            read_page(document([entry("ok"), entry("x").replace("<Key>x<", f"<Key>{broken}<"), entry("20")]))


def test_an_object_without_an_etag_is_told_by_its_date() -> None:
    bare = entry("a").replace("<ETag>&quot;e&quot;</ETag>", "")
    assert read_page(document([bare])).batch.column("token").to_pylist() == ["2024-01-02T03:04:05.000Z"]


@pytest.mark.parametrize("etag", ["", "&quot;&quot;", '""'])
def test_an_empty_etag_is_none(etag: str) -> None:
    # As a token it would make all objects of one size the same object, and every change of theirs go unseen.
    tokens = read_page(document([entry("a", etag=etag), entry("b", etag=etag)])).batch.column("token").to_pylist()
    assert tokens == ["2024-01-02T03:04:05.000Z"] * 2


@pytest.mark.parametrize(
    ("date", "meant"),
    [
        ("2024-01-02T03:04:05.123456789Z", datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05+02:00", datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00.000000001+09:00", None),
        ("99999-01-01T00:00:00.000Z", None),
        ("0000-12-31T23:59:59.999Z", None),
        ("0001-01-01T00:00:00+09:00", None),
        ("9999-12-31T23:59:59-09:00", None),
        ("2024-02-31T00:00:00.000Z", None),
        ("Tue, 02 Jan 2024 03:04:05 GMT", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_an_odd_date_costs_at_most_itself(date: str, meant: datetime | None) -> None:
    odd = entry("a").replace("2024-01-02T03:04:05.000Z", date)
    rows = read_page(document([odd, entry("b")])).batch.to_pylist()
    assert [row["key"] for row in rows] == ["a", "b"]
    assert [row["modified"] for row in rows] == [meant, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)]


def test_entities_are_never_expanded() -> None:
    bomb = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    body = document([entry("a")]).replace(b"<ListBucketResult", bomb + b"<ListBucketResult", 1)
    with pytest.raises(ListingBroken, match="document type"):
        read_page(body)


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_a_page_cut_anywhere_is_broken(cut: int) -> None:
    body = document([entry(f"k{place}") for place in range(20)])
    with pytest.raises(ListingBroken):
        read_page(body[:-cut])


@pytest.mark.parametrize("size", ["-", "1.5", "", "x", "9" * 30])
def test_a_size_that_is_no_number_breaks_the_listing(size: str) -> None:
    with pytest.raises(ListingBroken):
        read_page(document([entry("a").replace("<Size>1<", f"<Size>{size}<")]))


def test_the_token_of_google_is_the_generation_in_both_ways_through_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = "<Generation>{0}</Generation><MetaGeneration>1</MetaGeneration>"
    page = document(
        [entry(f"k{n}", size=n).replace("<Size>", facts.format(1700000000000000 + n) + "<Size>") for n in range(9)]
    )
    general = general_page(page, "Generation")
    assert general.batch.column("token").to_pylist() == [str(1700000000000000 + n) for n in range(9)]
    monkeypatch.setattr(pages, "general_page", None)
    assert read_page(page, "Generation").batch.equals(general.batch)
