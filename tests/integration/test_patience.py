"""A search that no index answers ends in time with the newest assets, says so, and can be continued."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mirrorlake.model.assets import AssetPage
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import effort, find, known_values, page_notes, run
from mirrorlake.search.effort import Patience
from mirrorlake.search.filters import BLOCK_BITS
from mirrorlake.search.find import in_time
from mirrorlake.search.grammar import parse
from mirrorlake.search.index_needs import needed_indexes

BLOCKS, EACH = 5, 30


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('one', 's3://b/', '{}', '{}')")
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height, orientation,
              digest, placeholder, metadata)
            SELECT (n / %(each)s << %(bits)s) + n, 1, n, n, '', 100 - n %% 100, 'image', 'image/png', 1, 1, 1, '', '',
              jsonb_build_object('n', n * 7 %% 100) FROM generate_series(0, %(each)s * %(blocks)s - 1) AS n
            """,
            {"each": EACH, "bits": BLOCK_BITS, "blocks": BLOCKS},
        )
    return catalog


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the library were large: nothing is found by reading a few assets, and reading all is too much."""
    finder_of = run.finder_of
    monkeypatch.setattr(run, "finder_of", lambda *given: replace(finder_of(*given), walk_rows=1))
    monkeypatch.setattr(effort, "LONG_WALK_ROWS", 0)
    monkeypatch.setattr(find, "READ_WHOLE", 0)
    monkeypatch.setattr(known_values, "MOST_PENDING", 0)  # nor by counts, which looking for names would make
    monkeypatch.setattr(page_notes, "unknown_names", lambda *_: ())


def search(library: Catalog, query: str, **given: Any) -> AssetPage:
    return run.search(library, query, limit=7, **given)


@pytest.mark.parametrize(
    "query", ["metadata.n>60", "metadata.n>85", "metadata.n>60 sort:id", "metadata.n>1000", "a", "~"]
)
def test_pages_that_end_early_go_on_to_the_whole_result(library: Catalog, query: str) -> None:
    whole = [asset.id for asset in run.search(library, query, limit=BLOCKS * EACH).items]
    found, cursor, stopped = list[str](), None, 0
    for _ in range(BLOCKS * EACH):
        page = search(library, query, cursor=cursor, patience_s=0)
        found += [asset.id for asset in page.items]
        assert page.total >= len(found)
        if page.searched is not None:
            stopped += 1
            assert page.searched == EACH * stopped
            assert page.total_capped or page.total == len(whole)
            assert f"{EACH * stopped} of {EACH * BLOCKS} assets were searched" in page.notes[-1]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == whole
    assert stopped == BLOCKS - 1


@pytest.mark.parametrize("query", ["sort:metadata.n", "sort:-size", "metadata.n>20 sort:metadata.n sort:size"])
def test_an_order_is_that_of_the_newest_and_says_so(library: Catalog, query: str) -> None:
    page = search(library, query, patience_s=0)
    newest = [one for one in run.search(library, query, limit=BLOCKS * EACH).items if int(one.id) >> BLOCK_BITS == 4]
    assert [one.id for one in page.items] == [one.id for one in newest[:7]]
    assert (page.searched, page.total_capped, page.total, page.next_cursor) == (EACH, True, 7, None)
    assert "The order is that of these alone" in page.notes[0]


def test_a_position_beyond_what_was_found_counts_what_was_found(library: Catalog) -> None:
    whole = [asset.id for asset in run.search(library, "metadata.n>60", limit=BLOCKS * EACH).items]
    newest = [each for each in whole if int(each) >> BLOCK_BITS == BLOCKS - 1]
    page = search(library, "metadata.n>60", offset=len(whole) - 1, patience_s=0)
    assert (page.items, page.total, page.total_capped) == ((), len(newest), True)
    following = search(library, "metadata.n>60", cursor=page.next_cursor)
    assert following.offset == len(newest)
    assert [asset.id for asset in following.items] == whole[len(newest) : len(newest) + 7]


@pytest.mark.parametrize("query", ["metadata.n>60", "sort:metadata.n", "metadata.n>60 sort:-size"])
def test_enough_patience_finds_what_none_does(library: Catalog, query: str) -> None:
    page = search(library, query, patience_s=60)
    assert page == search(library, query)
    assert page.searched is None


def test_few_assets_in_the_newest_range_of_ids_do_not_end_a_search(library: Catalog) -> None:
    with library.write() as connection:
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height, orientation,
              digest, placeholder, metadata)
            SELECT max(id) + (1 << %s), 1, 'new', 'new', '', 1, 'image', 'image/png', 1, 1, 1, '', '', '{}' FROM asset
            """,
            [BLOCK_BITS],
        )
    page = search(library, "metadata.n>60", patience_s=60)
    assert page == search(library, "metadata.n>60")
    assert page.searched is None
    with library.write() as connection:
        connection.execute("DELETE FROM asset WHERE key = 'new'")


def test_matches_of_an_index_are_sorted_whole_in_time_or_among_the_newest(library: Catalog) -> None:
    query = "metadata.n:7 sort:-size"
    assert search(library, query, patience_s=60) == search(library, query)


def test_an_index_is_made_for_the_time_that_a_whole_search_would_take(
    library: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[float] = []
    monkeypatch.setattr(run.search_indexes, "record_use", lambda _catalog, _needed, seconds: recorded.append(seconds))
    ticks = iter([10.0, 13.0])
    monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    needed = needed_indexes(parse("metadata.n>1000"))
    with run._record_slow(library, needed, Patience(3, searched=EACH, assets=EACH * BLOCKS)):
        pass
    assert recorded == [3.0 * BLOCKS]


def test_what_takes_too_long_leaves_the_transaction_as_it_was(library: Catalog) -> None:
    with library.read() as connection:
        connection.execute("SET LOCAL statement_timeout = '7s'")
        assert in_time(connection, 0.001, lambda: connection.execute("SELECT pg_sleep(30)")) is None
        assert in_time(connection, 30, lambda: connection.execute("SELECT 5").fetchone()) == (5,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("7s",)
