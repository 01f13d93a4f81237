"""Passes lock assets in the order in which edits of people do, so that neither is turned down for a deadlock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, put_all

from mirrorlake.catalog.pool import Catalog
from mirrorlake.model.sources import Orphans
from mirrorlake.storage.memory import MemoryStore

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
