"""A shared asset outlives what one datasource loses of it: orphans, moves, deletions, restores, in either order."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.soak import some_of
from tests.support.two import KEYS, Two, bucket_at, outcome, planned_nothing

from mirrorlake.catalog import deletion, edits
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import OutcomeKind
from mirrorlake.model.sources import Orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.removal import restore_in


@pytest.fixture
def two(empty_catalog: Catalog, tmp_path: Path) -> Two:
    return Two(empty_catalog, tmp_path)


CAREFUL = (Orphans.KEEP, Orphans.TRASH, Orphans.REMOVE)
ENDS = {Orphans.KEEP: "missing", Orphans.TRASH: "trash", Orphans.REMOVE: None}


@pytest.mark.parametrize(
    ("of_older", "of_younger", "younger_first"), some_of(product(CAREFUL, CAREFUL, (False, True)), 5)
)
def test_an_orphan_is_only_let_go_while_another_shows_it_and_ends_as_the_most_careful_says(
    two: Two, of_older: Orphans, of_younger: Orphans, *, younger_first: bool
):
    put_all(two.store, KEYS)
    for one, orphans in ((two.older, of_older), (two.younger, of_younger)):
        one.change(orphans=orphans)
        one.run()
    identity = two.all()["a/0.png"].id
    two.store.delete("a/0.png")
    first, second = two.in_order(younger_first=younger_first)
    report = first.run()
    assert (report.counts.missing, report.counts.removed) == (1, 0)
    assert outcome(first, report, "a/0.png") == (
        OutcomeKind.MISSING,
        "Its object is gone; another datasource still shows it",
    )
    asset = two.all()["a/0.png"]
    assert (asset.state, asset.datasource) == ("present", second.source.name)
    second.run()
    end = ENDS[min(of_older, of_younger, key=CAREFUL.index)]
    assert (two.all()["a/0.png"].state if end else two.all().get("a/0.png")) == end
    for one in (two.older, two.younger):
        again = one.run()
        assert (again.counts.removed, again.requests.get) == (0, 0)

    two.store.put("a/0.png", picture(0))
    assert two.younger.run().requests.get == (0 if end else 1)
    assert two.older.run().requests.get == 0
    asset = two.all()["a/0.png"]
    assert (asset.state, asset.datasource, asset.datasources) == ("present", two.names[0], two.names)
    assert (asset.id == identity) == (end is not None)


def test_what_a_person_put_away_is_not_brought_back_by_another_datasource(two: Two):
    put_all(two.store, KEYS)
    two.older.run()
    with two.catalog.write() as connection:
        connection.execute("UPDATE asset SET state = 2 WHERE key = 'a/0.png'")
    two.younger.run()
    assert two.all()["a/0.png"].state == "trash"


@pytest.mark.parametrize("younger_first", [False, True])
def test_the_same_move_seen_by_both_keeps_one_asset(two: Two, *, younger_first: bool):
    put_all(two.store, KEYS)
    for one in (two.older, two.younger):
        one.run()
    identity = two.all()["a/0.png"].id
    edits.apply(two.catalog, [identity], Edit(add_tags=("mine",)))
    two.store.rename("a/0.png", "a/moved.png")
    for one in two.in_order(younger_first=younger_first):
        report = one.run()
        assert (report.counts.moved, report.requests.get) == (1, 0)
    asset = two.all()["a/moved.png"]
    assert (asset.id, asset.name, asset.tags, asset.datasources) == (identity, "a/moved.png", ("mine",), two.names)
    assert len(two.all()) == len(KEYS)
    assert planned_nothing(two.older.run())
    assert planned_nothing(two.younger.run())


@pytest.mark.parametrize("younger_first", [False, True])
def test_a_move_out_of_the_reach_of_one_keeps_the_asset(two: Two, *, younger_first: bool):
    put_all(two.store, KEYS)
    for one in (two.older, two.younger):
        one.run()
    identity = two.all()["a/0.png"].id
    two.store.rename("a/0.png", "b/0.png")
    for one in two.in_order(younger_first=younger_first):
        one.run()
    asset = two.all()["b/0.png"]
    assert (asset.id, asset.state, asset.datasources) == (identity, "present", (two.names[0],))
    assert len(two.all()) == len(KEYS)


@pytest.mark.parametrize("narrow_first", [False, True])
@pytest.mark.parametrize("wide_is_older", [False, True])
def test_a_move_into_the_reach_of_another_keeps_the_asset(two: Two, *, wide_is_older: bool, narrow_first: bool):
    if wide_is_older:
        wide, narrow = two.older, two.younger
    else:
        narrow = two.younger
        wide = Mirrored(two.catalog, two.folder, two.store, location=bucket_at())
    put_all(two.store, [*KEYS, "b/x.png"])
    wide.run()
    narrow.run()
    identity = two.all()["b/x.png"].id
    edits.apply(two.catalog, [identity], Edit(add_tags=("mine",)))
    two.store.rename("b/x.png", "a/x.png")
    for one in (narrow, wide) if narrow_first else (wide, narrow):
        one.run()
    asset = two.all()["a/x.png"]
    assert (asset.id, asset.tags, len(asset.datasources)) == (identity, ("mine",), 2)
    assert asset.datasource == (wide if wide_is_older else narrow).source.name
    assert len(two.all()) == len(KEYS) + 1
    assert planned_nothing(wide.run())
    assert planned_nothing(narrow.run())


def test_an_asset_that_people_worked_on_is_never_merged_into_a_moved_one(two: Two):
    put_all(two.store, [*KEYS, "b/x.png"])
    two.older.run()
    moved = two.all()["b/x.png"].id
    two.store.rename("b/x.png", "a/x.png")
    two.younger.run()
    made = two.all()["a/x.png"].id
    edits.apply(two.catalog, [made], Edit(add_tags=("mine",)))
    two.older.run()
    two.older.run()
    assets = two.all()
    assert (assets["a/x.png"].id, assets["a/x.png"].tags, assets["a/x.png"].state) == (made, ("mine",), "present")
    assert (assets["b/x.png"].id, assets["b/x.png"].state) == (moved, "trash")


@pytest.mark.parametrize("orphans", CAREFUL)
def test_deleting_the_older_hands_its_assets_to_the_younger(two: Two, orphans: Orphans):
    put_all(two.store, [*KEYS, "b/x.png"])
    for one in (two.older, two.younger):
        one.run()
    two.older.change(orphans=orphans)
    told = deletion.preview_deletion(two.catalog, two.older.source)
    assert told.acknowledge == (0 if orphans is Orphans.KEEP else 1)
    deletion.delete(two.catalog, two.older.source, told.acknowledge)
    for key in KEYS:
        asset = two.all()[key]
        assert (asset.state, asset.datasource, asset.datasources) == ("present", two.names[1], (two.names[1],))
    assert planned_nothing(two.younger.run())
    two.store.delete("a/0.png")
    assert two.younger.run().counts.removed == 1


def test_deleting_the_younger_takes_nothing_from_the_older(two: Two):
    put_all(two.store, KEYS)
    for one in (two.older, two.younger):
        one.run()
    told = deletion.preview_deletion(two.catalog, two.younger.source)
    assert told.acknowledge == 0
    deletion.delete(two.catalog, two.younger.source, 0)
    assert {asset.datasources for asset in two.all().values()} == {(two.names[0],)}
    assert planned_nothing(two.older.run())


def test_a_shared_asset_is_restored_for_all_that_show_it(two: Two):
    put_all(two.store, KEYS)
    for one in (two.older, two.younger):
        one.run()
    identity = two.all()["a/0.png"].id
    edits.apply(two.catalog, [identity], Edit(add_tags=("roads",)))
    two.store.delete("a/0.png")
    for one in (two.older, two.younger):
        one.run()
    assert two.all()["a/0.png"].state == "trash"
    two.store.put("a/0.png", picture(0))
    detail = restore_in(two.catalog, identity, lambda _: OpenedStore(two.store))
    assert (detail.asset.state, detail.asset.datasource, detail.asset.datasources) == (
        "present",
        two.names[0],
        two.names,
    )
    assert planned_nothing(two.older.run())
    assert planned_nothing(two.younger.run())


def test_deleting_tells_how_many_assets_another_datasource_takes_over(two: Two):
    put_all(two.store, [*KEYS, "b/0.png", "b/1.png"])
    two.older.run()
    two.younger.run()
    told = deletion.preview_deletion(two.catalog, two.older.source)
    assert (told.trashed, told.kept, told.handed_over) == (2, 6, 6)
    assert deletion.preview_deletion(two.catalog, two.younger.source).handed_over == 0  # it governs none of them

    deletion.delete(two.catalog, two.older.source, 2)

    taken = [asset for asset in two.all().values() if asset.datasource == two.younger.source.name]
    assert len(taken) == told.handed_over
