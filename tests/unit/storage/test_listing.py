"""Listings: what is out of order, twice, outside or cut short is an error, and only a whole one is certified."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.faulty import Faulty

from mirrorlake.core.errors import DiskFull, ListingBroken, SourceUnreachable
from mirrorlake.model.columns import LISTING
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo, Requests, UnsupportedKey
from mirrorlake.storage import listing as listings
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.listing import list_range, sorted_listing
from mirrorlake.storage.listing_batches import listing_batch
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.sorting import sorted_batches
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter, RetryingStore

WHOLE = KeyRange()


class Scripted:
    """A store whose pages are given."""

    def __init__(self, pages: list[list[str]], *, ordered: bool = True) -> None:
        self._pages = pages
        self.ordered = ordered

    def identify(self) -> Identity | None:
        raise NotImplementedError

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:  # noqa: ARG002 - the contract's
        place = int(str(cursor or 0))
        following = place + 1 if place + 1 < len(self._pages) else None
        return ListPage(batch=batch_of(self._pages[place]), cursor=following)

    def head(self, key: str) -> ObjectInfo:
        raise NotImplementedError

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        raise NotImplementedError

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        raise NotImplementedError

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:  # noqa: ARG002 - the contract's
        return [scope]

    def presign(self, key: str, expires_s: int) -> str | None:
        raise NotImplementedError

    def close(self) -> None:
        pass


def batch_of(keys: list[str]) -> pa.RecordBatch:
    return listing_batch(keys, [1] * len(keys), ["t"] * len(keys), [0] * len(keys))


def filled(count: int, *, page_rows: int = 10) -> MemoryStore:
    store = MemoryStore(page_rows=page_rows)
    for place in range(count):
        store.put(f"k{place:05}", b"x")
    return store


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([["a", "c", "b"]], ["'b'", "'c'", "order"]),
        ([["c"], ["b"]], ["'b'", "'c'", "order"]),
        ([["a/x.png"], ["a-b.png"]], ["'a/x.png'", "'a-b.png'"]),  # as path-minded servers list
    ],
)
def test_a_store_that_breaks_its_promise_of_order_is_caught(pages: list[list[str]], words: list[str]) -> None:
    listing = list_range(Scripted(pages), WHOLE)
    with pytest.raises(ListingBroken) as raised:
        list(listing)
    assert all(word in str(raised.value) for word in words)
    with pytest.raises(ListingBroken):
        listing.certificate()


class Versions(Scripted):
    """Lists keys whose size and token are written after them: `b/2/t`; without, they are 1 and t."""

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        page = super().list_page(scope, cursor)
        parts = [(*key.split("/"), "1", "t")[:3] for key in page.batch.column("key").to_pylist()]
        keys, sizes, tokens = zip(*parts, strict=True)
        batch = listing_batch(keys, [int(size) for size in sizes], tokens, [0] * len(keys))
        return ListPage(batch=batch, cursor=page.cursor)


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "pages",
    [
        [["a", "b", "b", "c"]],
        [["a", "a", "a", "b"], ["c", "c"]],
        [["a", "b"], ["b", "c"]],
        [["a", "b"], ["b"], ["b", "c"]],
        [["a"], ["a", "a", "b", "c"]],
        [["a", "b"], ["b"], ["c"]],
    ],
)
def test_a_repeated_row_is_dropped(pages: list[list[str]], ordered: bool, tmp_path: Path) -> None:  # noqa: FBT001
    listing = list_range(Scripted(pages, ordered=ordered), WHOLE)
    if not ordered:
        listing = sorted_listing(listing, tmp_path)
    assert [key for batch in listing for key in batch.column("key").to_pylist()] == ["a", "b", "c"]
    assert listing.certificate().objects == 3


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "pages", [[["a", "b/1/t", "b/2/t"]], [["a", "b/1/t"], ["b/1/u", "c"]], [["b/1/t", "b/1/t", "b/1/u", "c"]]]
)
def test_two_versions_of_a_key_break_the_listing(pages: list[list[str]], ordered: bool, tmp_path: Path) -> None:  # noqa: FBT001
    listing = list_range(Versions(pages, ordered=ordered), WHOLE)
    if not ordered:
        listing = sorted_listing(listing, tmp_path)
    with pytest.raises(ListingBroken, match="'b' twice, with different sizes or tokens") as raised:
        list(listing)
    assert "several versions" in raised.value.fix
    assert "listingOrdered" not in raised.value.fix
    with pytest.raises(ListingBroken):
        listing.certificate()


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "scope", [KeyRange(prefix="b/"), KeyRange(after="b"), KeyRange(until="a"), KeyRange(prefix="a/", until="a/b")]
)
def test_a_key_that_was_not_asked_for_breaks_the_listing(scope: KeyRange, ordered: bool) -> None:  # noqa: FBT001
    with pytest.raises(ListingBroken):
        list(list_range(Scripted([["a/b", "b", "c"]], ordered=ordered), scope))


class Circling(Scripted):
    """Gives the pages from `back_to` on again and again; with `fresh` cursors, so that each looks like another."""

    def __init__(self, pages: list[list[str]], *, back_to: int, fresh: bool = False, ordered: bool = True) -> None:
        super().__init__(pages, ordered=ordered)
        self.back_to, self.fresh = back_to, fresh

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:  # noqa: ARG002 - the contract's
        asked = int(str(cursor or 0))
        circle = len(self._pages) - self.back_to
        place = asked if asked < self.back_to else self.back_to + (asked - self.back_to) % circle
        following = asked + 1
        if not self.fresh and following >= len(self._pages):
            following = self.back_to + (following - self.back_to) % circle
        return ListPage(batch=batch_of(self._pages[place]), cursor=following)


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    ("pages", "back_to"),
    [([["a"], ["b"], ["c"]], 0), ([["a"], ["b"], ["c"]], 2), ([["a"], [], ["c"], []], 1), ([["a"], [], [], []], 1)],
)
def test_a_listing_that_leads_in_a_circle_ends_as_broken(
    pages: list[list[str]],
    back_to: int,
    fresh: bool,  # noqa: FBT001
    ordered: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listings, "EMPTY_PAGES", 50)
    listing = list_range(Circling(pages, back_to=back_to, fresh=fresh, ordered=ordered), WHOLE)
    with pytest.raises(ListingBroken):
        list(listing)
    with pytest.raises(ListingBroken):
        listing.certificate()


def test_keys_that_no_catalog_can_hold_are_told_in_short_and_the_others_listed() -> None:
    longest = "k" * listings.LONGEST_KEY
    listing = list_range(Scripted([["a", longest], ["k" + longest + "é.png"], ["z"]]), WHOLE)
    assert [key for batch in listing for key in batch.column("key").to_pylist()] == ["a", longest, "z"]
    certificate = listing.certificate()
    assert certificate.objects == 3
    (reasons,) = certificate.unsupported
    assert reasons.shown == "k" * 100 + "…" + "k" * 95 + "é.png"
    assert "more than 2,500 bytes" in reasons.reason


class Odd(Scripted):
    """States the size of each object, and entries that it cannot list."""

    def __init__(self, sizes: dict[str, int], shown: list[str]) -> None:
        super().__init__([[*sizes]])
        self._sizes = [*sizes.values()]
        self._shown = shown

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        keys = super().list_page(scope, cursor).batch.column("key").to_pylist()
        batch = listing_batch(keys, self._sizes, ["t"] * len(keys), [0] * len(keys))
        unsupported = tuple(UnsupportedKey(shown=one, reason="") for one in self._shown)
        return ListPage(batch=batch, cursor=None, unsupported=unsupported)


def test_sizes_and_names_that_no_catalog_can_hold_cost_their_entries_alone() -> None:
    longest = "ä" * (listings.LONGEST_KEY // 2)
    listing = list_range(Odd({"a": 1, "b": 2**63 - 1, "c": listings.MOST_BYTES}, [longest, longest + "x"]), WHOLE)
    assert [key for batch in listing for key in batch.column("key").to_pylist()] == ["a", "c"]
    certificate = listing.certificate()
    assert certificate.objects == 2
    reasons = {one.shown: one.reason for one in certificate.unsupported}
    assert list(reasons) == [longest, "ä" * 100 + "…" + "ä" * 99 + "x", "b"]
    assert "1,125,899,906,842,624 bytes" in reasons["b"]


class Owing(Scripted):
    """Says of its last object that it has less than no bytes."""

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        page = super().list_page(scope, cursor)
        if page.cursor is not None:
            return page
        keys = page.batch.column("key").to_pylist()
        sizes = [1] * (len(keys) - 1) + [-1]
        return ListPage(batch=listing_batch(keys, sizes, ["t"] * len(keys), [0] * len(keys)), cursor=None)


@pytest.mark.parametrize("pages", [[["a"]], [["a", "b"]], [["a"], ["b"]]])
def test_an_object_of_less_than_no_bytes_breaks_the_listing(pages: list[list[str]]) -> None:
    listing = list_range(Owing(pages), WHOLE)
    with pytest.raises(ListingBroken, match="negative size"):
        list(listing)
    with pytest.raises(ListingBroken):
        listing.certificate()


def test_batches_are_joined_and_empty_pages_passed_over() -> None:
    store = filled(20_000, page_rows=1000)
    batches = list(list_range(store, WHOLE, batch_rows=8000))
    assert [batch.num_rows for batch in batches] == [8000, 8000, 4000]
    (joined,) = list_range(Scripted([[], ["a"], [], ["b"], []]), WHOLE)
    assert joined.num_rows == 2


def test_a_listing_left_early_stops_its_thread_and_proves_nothing() -> None:
    listing = list_range(filled(1000), WHOLE, batch_rows=10)
    next(iter(listing))
    listing.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "listing"]
    with pytest.raises(ListingBroken):
        listing.certificate()


def test_at_most_two_batches_are_fetched_before_they_are_wanted() -> None:
    store = Faulty(filled(1000))
    listing = list_range(store, WHOLE, batch_rows=10)
    next(iter(listing))
    listing.close()
    assert len(store.calls) <= 4


def test_an_error_of_any_page_reaches_the_reader() -> None:
    for page in range(1, 6):
        store = Faulty(filled(50))
        store.fail("list", at=page)
        listing = list_range(store, WHOLE, batch_rows=10)
        with pytest.raises(SourceUnreachable):
            list(listing)
        with pytest.raises(ListingBroken):
            listing.certificate()


def test_an_error_of_a_page_is_retried_where_it_was() -> None:
    faulty = Faulty(filled(50))
    faulty.fail("list", at=3, times=4)
    waits: list[float] = []
    meter = RequestMeter()
    metered = stack_store(faulty, retry=RetryPolicy(sleep=waits.append, attempts=5), meter=meter)
    listing = list_range(metered, WHOLE)
    assert sum(batch.num_rows for batch in listing) == 50
    assert listing.certificate().pages == 5
    assert meter.requests == Requests(list=5)
    assert len(faulty.calls) == 9
    assert len(waits) == 4
    assert all(0.25 * 2**place <= wait <= 0.5 * 2**place for place, wait in enumerate(waits))


def test_retries_come_to_an_end() -> None:
    faulty = Faulty(filled(1))
    faulty.fail("get", times=99)
    with pytest.raises(SourceUnreachable):
        RetryingStore(faulty, RetryPolicy(sleep=lambda _: None, attempts=3)).get("k00000", token=None, limit=9)
    assert len(faulty.calls) == 3


def test_only_what_may_pass_is_retried() -> None:
    faulty = Faulty(filled(1))
    faulty.fail("head", error=ListingBroken("no"))
    with pytest.raises(ListingBroken):
        RetryingStore(faulty, RetryPolicy(sleep=lambda _: None)).head("k00000")
    assert len(faulty.calls) == 1


def test_calls_and_bytes_are_counted() -> None:
    meter = RequestMeter()
    metered = stack_store(filled(3), meter=meter)
    list(list_range(metered, WHOLE))
    metered.head("k00000")
    metered.get("k00000", token=None, limit=9)
    assert (meter.requests, meter.bytes_read) == (Requests(list=1, head=1, get=1), 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=6), unique=True, max_size=200), st.integers(1, 50), st.integers(1, 60))
def test_sorting_in_runs_gives_what_sorting_at_once_gives(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], page: int, run_rows: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    batches = [batch_of(keys[start : start + page]) for start in range(0, len(keys), page)]
    found = [key for batch in sorted_batches(batches, folder, 7, run_rows=run_rows) for key in batch["key"].to_pylist()]
    assert found == sorted(keys, key=str.encode)
    assert list(folder.iterdir()) == []


def test_a_key_listed_twice_out_of_order_is_caught_after_sorting(tmp_path: Path) -> None:
    listing = sorted_listing(list_range(Versions([["b", "a"], ["c", "b/2/t"]], ordered=False), WHOLE), tmp_path)
    with pytest.raises(ListingBroken, match="'b' twice"):
        list(listing)
    with pytest.raises(ListingBroken):
        listing.certificate()


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(DiskFull):
        list(sorted_batches([batch_of(["a"]), batch_of(["b"])], tmp_path, 10, run_rows=1))


def test_sorting_nothing_gives_nothing(tmp_path: Path) -> None:
    listing = sorted_listing(list_range(MemoryStore(ordered=False), WHOLE), tmp_path)
    assert sum(batch.num_rows for batch in listing) == 0
    assert listing.certificate().objects == 0
    assert LISTING.names[0] == "key"
