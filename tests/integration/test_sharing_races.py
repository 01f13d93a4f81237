"""Another datasource lets go of an object between the plan of a pass and its commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.passes import picture, put_all
from tests.support.thumbnails import as_before, forget, name_of, shown
from tests.support.two import KEYS, Two, planned_nothing

from mirrorlake.catalog import assets, thumbnail_packs
from mirrorlake.mirror import execute
from mirrorlake.model.looking import Depth
from mirrorlake.postgres.pool import Catalog


@pytest.fixture
def two(empty_catalog: Catalog, tmp_path: Path) -> Two:
    return Two(empty_catalog, tmp_path)


def once_planned(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do this after the next pass has made its plan, before it commits any of it."""
    commit_unread = execute.commit_unread

    def acted(*arguments: Any) -> None:
        monkeypatch.setattr(execute, "commit_unread", commit_unread)
        act()
        commit_unread(*arguments)

    monkeypatch.setattr(execute, "commit_unread", acted)


@pytest.mark.parametrize("seen_by_the_younger", [False, True])
def test_whoever_inherits_an_asset_while_it_works_reads_its_own_sidecar(
    two: Two, monkeypatch: pytest.MonkeyPatch, *, seen_by_the_younger: bool
):
    put_all(two.store, KEYS)
    two.sidecar("a/0", n=1)
    two.older.run()
    if seen_by_the_younger:
        two.younger.run()
    two.sidecar("a/0", n=2, more=True)
    two.older.change(globs=("b/**",))
    once_planned(monkeypatch, two.older.run)
    two.younger.run()
    assert two.all()["a/0.png"].datasource == two.younger.source.name
    two.younger.run()
    assert two.all()["a/0.png"].metadata == {"n": 2, "more": True}
    assert planned_nothing(two.younger.run())


def test_whoever_reads_less_keeps_what_another_has_read_meanwhile(two: Two, monkeypatch: pytest.MonkeyPatch):
    put_all(two.store, KEYS)
    two.younger.change_all(depth=Depth.NONE)
    once_planned(monkeypatch, two.older.run)
    assert two.younger.run().counts.new == len(KEYS)
    for asset in two.all().values():
        detail = assets.get_asset_detail(two.catalog, asset.id)
        assert (detail.depth, asset.width, detail.digest is None) == (Depth.FULL, 8, False)
        found = thumbnail_packs.place_of_asset(two.catalog, asset.id)
        assert found is not None
        assert (found[0], found[1] is None) == (bytes.fromhex(detail.digest or ""), False)
    assert planned_nothing(two.older.run())
    assert planned_nothing(two.younger.run())
    two.younger.change_all(depth=Depth.FULL)
    assert planned_nothing(two.younger.run())


def test_whoever_reads_less_commits_where_no_pack_has_the_thumbnail(two: Two, monkeypatch: pytest.MonkeyPatch):
    """Those of an earlier version are files of their own, and one is lost."""
    put_all(two.store, KEYS)
    two.younger.change_all(depth=Depth.NONE)

    def run_as_before() -> None:
        two.older.run()
        as_before(two.older, KEYS[:2])
        forget(two.catalog, [name_of(two.older, KEYS[2])])

    once_planned(monkeypatch, run_as_before)
    report = two.younger.run()
    assert (report.error, report.counts.new) == (None, len(KEYS))
    assert [key for key in KEYS if shown(two.older, key) is None] == [KEYS[2]]
    assert planned_nothing(two.younger.run())


def test_a_change_and_back_that_only_the_one_who_reads_less_saw_is_read_again(two: Two):
    put_all(two.store, KEYS)
    two.older.run()
    two.younger.change_all(depth=Depth.NONE)
    two.younger.run()
    for number in (90, 0):
        two.store.put("a/0.png", picture(number))
        assert two.younger.run().counts.changed == 1
    assert two.all()["a/0.png"].width is None
    report = two.older.run()
    assert (report.counts.changed, report.requests.get) == (1, 1)
    assert two.all()["a/0.png"].width == 8
    assert planned_nothing(two.older.run())
