"""Passes lock assets in the order in which edits of people do; whoever is turned down all the same tries again."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow
from tests.support.locks import until_somebody_waits
from tests.support.passes import Mirrored, put_all

from mirrorlake.catalog import edits
from mirrorlake.core.errors import CatalogContended
from mirrorlake.model.edits import Edit
from mirrorlake.model.sources import Orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

LOCK = "SELECT id FROM asset WHERE key = %s FOR NO KEY UPDATE NOWAIT"
WAITING = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
WAIT_S = 60


@pytest.mark.parametrize("orphans", list(Orphans))
def test_a_pass_that_waits_for_an_asset_holds_none_that_an_edit_would_lock_later(
    empty_catalog: Catalog, tmp_path: Path, orphans: Orphans
):
    store = MemoryStore()
    mirrored = Mirrored(empty_catalog, tmp_path, store, orphans=orphans)
    for key in ("z.png", "y.png", "x.png"):  # so that ids fall while keys rise
        put_all(store, [key])
        mirrored.run()
    put_all(store, [f"{number}.png" for number in range(9)])
    mirrored.run()
    store.delete("z.png")
    store.delete("y.png")
    with ThreadPoolExecutor(1) as threads, closing(empty_catalog.session()) as person:
        with person.transaction():
            person.execute(LOCK, ("z.png",))
            running = threads.submit(mirrored.run)
            deadline = time.monotonic() + WAIT_S
            while not running.done() and person.execute(WAITING).fetchone() is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert person.execute(LOCK, ("y.png",)).fetchone() is not None
        report = running.result()
    assert report.error is None
    assert report.counts.removed + report.counts.missing == 2


class Contrary:
    """Somebody who locks assets in the wrong order: whoever waits for them both is turned down for it."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        # Not we but the others are to find out, and soon.
        with closing(catalog.session()) as session:
            name = sql.Identifier(session.info.dbname)
            session.execute(sql.SQL("ALTER DATABASE {} SET deadlock_timeout = '30ms'").format(name))

    def cross(self, first: str, then: str, threads: ThreadPoolExecutor, others: Callable[[], object]) -> Future[object]:
        """Lock `first`, let the others wait for it, lock `then`, which they hold, and go away."""
        with closing(self.catalog.session()) as session:
            session.execute("SET deadlock_timeout = '1h'")
            with session.transaction():
                self._lock(session, first)
                going = threads.submit(others)
                until_somebody_waits(self.catalog)
                self._lock(session, then)
        return going

    def _lock(self, session: psycopg.Connection[TupleRow], key: str) -> None:
        assert session.execute("SELECT id FROM asset WHERE key = %s FOR UPDATE", (key,)).fetchone() is not None


@pytest.fixture
def two(empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    store = MemoryStore()
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    put_all(store, ["a.png", "b.png", *[f"{number}.png" for number in range(9)]])
    mirrored.run()
    return mirrored


def test_an_edit_that_was_turned_down_for_a_deadlock_is_done_again(two: Mirrored) -> None:
    assets = two.assets()
    ids = (assets[key].id for key in ("a.png", "b.png"))  # can be read once only
    with ThreadPoolExecutor(1) as threads, Catalog(two.catalog.conninfo) as people:
        contrary = Contrary(two.catalog)
        contrary.cross("b.png", "a.png", threads, lambda: edits.apply(people, ids, Edit(add_tags=("x",)))).result()
    assert set(two.assets("tag:x")) == {"a.png", "b.png"}


def test_a_pass_that_was_turned_down_for_a_deadlock_goes_on(two: Mirrored) -> None:
    two.store.delete("a.png")  # type: ignore[attr-defined]
    two.store.delete("b.png")  # type: ignore[attr-defined]
    contrary = Contrary(two.catalog)
    with ThreadPoolExecutor(1) as threads, Catalog(two.catalog.conninfo) as other:
        two.catalog = other  # whose sessions hear of the new time-out
        contrary.cross("b.png", "a.png", threads, two.run).result()
        assert set(two.assets("state:trash")) == {"a.png", "b.png"}


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_whoever_has_to_give_way_every_time_is_told_so_in_a_sentence(empty_catalog: Catalog, code: str) -> None:
    raising: LiteralString = "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"
    if code == "40001":
        raising = "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"
    with pytest.raises(CatalogContended, match="rolled back this change"), empty_catalog.write() as connection:
        connection.execute(raising)
    with (
        pytest.raises(CatalogContended, match="Nothing was written"),
        empty_catalog.arrow() as columns,
        columns.cursor() as cursor,
    ):
        cursor.execute(raising)
