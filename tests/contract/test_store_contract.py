"""What every store keeps: the promises of `storage/base.py`, tried on each of them."""

from __future__ import annotations

import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.contract.conftest import Bench
from tests.support.torture import torture_keys, without_conflicts

from mirrorlake.core.errors import (
    ListingBroken,
    NoSuchBucket,
    ObjectChanged,
    ObjectGone,
    ObjectTooLarge,
    RangesUnsupported,
)
from mirrorlake.model.columns import LISTING
from mirrorlake.model.objects import CompletedRange, KeyRange
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range, sorted_listing

SHAPES = ["a-b", "a.jpg", "a/x", "a/y/z", "a0", "b", "c/1", "c/2", "c/d/e", "z"]


WHOLE = KeyRange()


def listed(store: Store, scope: KeyRange = WHOLE) -> list[str]:
    return [key for batch in list_range(store, scope) for key in batch.column("key").to_pylist()]


def everything(bench: Bench) -> list[str]:
    """Torture keys that fit this store."""
    keys = [key for key in torture_keys() if bench.fits(key) and (bench.whole or zlib.crc32(key.encode()) % 3 == 0)]
    return without_conflicts(keys) if bench.conflicts else keys


def test_every_legal_key_comes_back_through_list_head_and_get(bench: Bench) -> None:
    keys = everything(bench)
    assert len(keys) > (100 if bench.whole else 40)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: bench.put(key, key.encode()), keys))
    rows = [row for batch in list_range(bench.store, KeyRange()) for row in batch.to_pylist()]
    assert sorted(row["key"] for row in rows) == sorted(keys)

    def same(row: dict[str, object]) -> bool:
        key = str(row["key"])
        token = str(row["token"])
        info = bench.store.head(key)
        body = bench.store.get(key, token=token, limit=2000)
        return (info.key, info.size) == (key, row["size"]) and info.is_version(token) and body.data == key.encode()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(same, rows))


def test_pages_have_the_layout_of_a_listing(bench: Bench) -> None:
    bench.put("a.jpg", b"12345")
    (batch,) = list(list_range(bench.store, KeyRange()))
    assert batch.schema == LISTING
    row = batch.to_pylist()[0]
    assert row["size"] == 5
    if not bench.dated:
        assert None in (row["modified"], bench.store.head("a.jpg").modified)
        return
    assert row["modified"].tzinfo is not None
    assert row["modified"].replace(microsecond=0) == bench.store.head("a.jpg").modified.replace(microsecond=0)


def test_an_ordered_store_lists_in_byte_order(bench: Bench) -> None:
    if not bench.store.ordered:
        bench.put("x", b"")
        assert listed(bench.store) == ["x"]
        return
    for key in SHAPES:
        bench.put(key, b"x")
    assert listed(bench.store) == sorted(SHAPES)


def test_a_store_sorted_afterwards_is_in_byte_order(bench: Bench, tmp_path: Path) -> None:
    for key in SHAPES:
        bench.put(key, b"x")
    listing = sorted_listing(list_range(bench.store, KeyRange()), tmp_path)
    assert [key for batch in listing for key in batch.column("key").to_pylist()] == sorted(SHAPES)
    assert listing.certificate().objects == len(SHAPES)


def test_a_prefix_lists_exactly_its_keys(bench: Bench) -> None:
    for key in SHAPES:
        bench.put(key, b"x")
    for prefix in ["", "a", "a/", "a/y/", "c/d/e", "q/", "c/d/e/f"]:
        expected = [key for key in SHAPES if key.startswith(prefix)]
        assert sorted(listed(bench.store, KeyRange(prefix=prefix))) == expected, prefix


def test_neighbouring_ranges_cover_all_keys_once(bench: Bench) -> None:
    for key in SHAPES:
        bench.put(key, b"x")
    bounds = [*SHAPES, "a/", "a/y", "a/y/", "c", "c/", "c/d/", "zz"]
    for prefix, bound in [*(("", bound) for bound in bounds), ("a", "a/y"), ("a", "b"), ("c/", "c/2"), ("c/", "c/d/")]:
        left = listed(bench.store, KeyRange(prefix=prefix, until=bound))
        right = listed(bench.store, KeyRange(prefix=prefix, after=bound))
        assert all(key <= bound for key in left)
        assert all(key > bound for key in right)
        assert sorted(left + right) == [key for key in SHAPES if key.startswith(prefix)]


def test_split_covers_its_scope_without_gap_or_overlap(bench: Bench) -> None:
    keys = [*SHAPES, *(f"w{place}/x" for place in range(12))]
    for key in keys:
        bench.put(key, b"x")
    scopes = [KeyRange(), KeyRange(prefix="c/"), KeyRange(after="a/x", until="w3/x"), KeyRange(prefix="nothing/")]
    for scope, parts in [*((scopes[0], parts) for parts in (1, 2, 3, 8)), *((scope, 3) for scope in scopes[1:])]:
        ranges = bench.store.split(scope, parts)
        assert 1 <= len(ranges) <= parts
        assert (ranges[0].after, ranges[-1].until) == (scope.after, scope.until)
        found = [key for part in ranges for key in listed(bench.store, part)]
        assert sorted(found) == sorted(listed(bench.store, scope))


def test_split_of_a_wide_bucket_gives_the_parts_asked(bench: Bench) -> None:
    for place in range(12):
        bench.put(f"w{place:02}/x", b"x")
    ranges = bench.store.split(KeyRange(), 4)
    sizes = [len(listed(bench.store, part)) for part in ranges]
    assert sizes in ([3, 3, 3, 3], [12])  # a store that cannot tell gives the whole


def test_a_certificate_counts_pages_and_objects(bench: Bench) -> None:
    for key in SHAPES:
        bench.put(key, b"x")
    listing = list_range(bench.store, KeyRange())
    with pytest.raises(ListingBroken):
        listing.certificate()
    list(listing)
    certificate = listing.certificate()
    assert certificate == CompletedRange(range=KeyRange(), pages=certificate.pages, objects=len(SHAPES))
    assert certificate.pages >= 1


def test_a_listing_that_was_left_early_proves_nothing(bench: Bench) -> None:
    for key in SHAPES:
        bench.put(key, b"x")
    listing = list_range(bench.store, KeyRange(), batch_rows=1)
    next(iter(listing))
    listing.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "listing"]


def test_an_empty_bucket_lists_as_one_empty_page(bench: Bench) -> None:
    page = bench.store.list_page(KeyRange(), None)
    assert page.batch.num_rows == 0
    assert page.cursor is None
    assert page.batch.schema == LISTING


def test_a_bucket_that_is_gone_is_no_empty_bucket_and_no_missing_object(bench: Bench) -> None:
    bench.put("a", b"x")
    bench.vanish()
    with pytest.raises(NoSuchBucket):
        bench.store.list_page(KeyRange(), None)
    with pytest.raises(NoSuchBucket):
        bench.store.head("a")
    with pytest.raises(NoSuchBucket):
        bench.store.get("a", token=None, limit=10)


def test_a_missing_object_is_gone(bench: Bench) -> None:
    bench.put("a", b"x")
    for key in ["b", "a/b", "A", "..", "../a", "/a", "a/", "\0", "", "x" * 1025]:
        if bench.aliases and not bench.fits(key):
            continue
        with pytest.raises(ObjectGone):
            bench.store.head(key)
        with pytest.raises(ObjectGone):
            bench.store.get(key, token=None, limit=10)


def test_a_replaced_object_is_not_read_under_its_old_token(bench: Bench) -> None:
    bench.put("a", b"old bytes")
    token = bench.store.head("a").token
    bench.put("a", b"new bytes")
    assert bench.store.head("a").token != token
    with pytest.raises(ObjectChanged):
        bench.store.get("a", token=token, limit=100)
    assert bench.store.get("a", token=None, limit=100).data == b"new bytes"


def test_a_deleted_object_is_gone_whatever_its_token(bench: Bench) -> None:
    bench.put("a", b"x")
    bench.put("b", b"x")
    token = bench.store.head("a").token
    bench.delete("a")
    with pytest.raises(ObjectGone):
        bench.store.get("a", token=token, limit=100)


@pytest.mark.parametrize("key", ["plain.bin", "nasty\u00e9 +%.bin"])
def test_an_object_above_the_limit_is_not_read(bench: Bench, key: str) -> None:
    bench.put(key, b"x" * 1001)
    with pytest.raises(ObjectTooLarge):
        bench.store.get(key, token=None, limit=1000)
    assert len(bench.store.get(key, token=None, limit=1001).data) == 1001


# Servers that ignore ranges, or send objects compressed.
WITHOUT_RANGES = {"azure stub", "body-compressed", "encoding-wrong", "head-refused-range-ignored"}


def returns_parts(bench: Bench, request: pytest.FixtureRequest) -> bool:
    """Whether its server returns parts of objects; of any other, it is proven that nothing wrong is returned."""
    if request.node.callspec.params["bench"] not in WITHOUT_RANGES:
        return True
    bench.put("a", b"some bytes")
    with pytest.raises(RangesUnsupported):
        bench.store.get_range("a", token=None, start=4, length=3)
    return False


def test_a_part_of_an_object_is_read_by_its_range(bench: Bench, request: pytest.FixtureRequest) -> None:
    if not returns_parts(bench, request):
        return
    key, content = "nasty\u00e9 +%.bin", bytes(range(256)) * 40
    bench.put(key, content)
    info = bench.store.head(key)
    for start, length in ((0, 1), (0, 20_000), (1000, 5000), (10_239, 1), (10_000, 1000)):
        body = bench.store.get_range(key, token=info.token, start=start, length=length)
        assert (body.data, body.info.size) == (content[start : start + length], len(content))
        assert body.info.is_version(info.token)


def test_a_part_is_of_the_listed_version_or_an_error(bench: Bench, request: pytest.FixtureRequest) -> None:
    if not returns_parts(bench, request):
        return
    bench.put("a", b"old bytes, and more of them")
    token = bench.store.head("a").token
    bench.put("a", b"new bytes")
    with pytest.raises(ObjectChanged):
        bench.store.get_range("a", token=token, start=0, length=3)
    assert bench.store.get_range("a", token=None, start=4, length=100).data == b"bytes"
    with pytest.raises(ObjectChanged):  # it is shorter than the caller believes
        bench.store.get_range("a", token=None, start=9, length=3)
    bench.delete("a")
    with pytest.raises(ObjectGone):
        bench.store.get_range("a", token=token, start=0, length=3)


def test_an_empty_object_is_an_object(bench: Bench) -> None:
    bench.put("empty", b"")
    assert listed(bench.store) == ["empty"]
    assert bench.store.get("empty", token=bench.store.head("empty").token, limit=0).data == b""


def test_many_threads_read_one_store(bench: Bench) -> None:
    keys = [f"k{place}" for place in range(40)]
    for key in keys:
        bench.put(key, key.encode() * 1000)
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda key: bench.store.get(key, token=None, limit=10_000).data, keys))
    assert bodies == [key.encode() * 1000 for key in keys]
