"""A lost thumbnail is made again out of its object, and nothing else of the library changes for that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.mortal import Killed
from tests.support.passes import Mirrored, picture, put_all
from tests.support.thumbnails import checked, contents, into_old_folder, made, place, root
from tests.support.two import planned_nothing

from mirrorlake.catalog import assets, edits
from mirrorlake.catalog.thumbnails import exclusive_lock
from mirrorlake.core.errors import Conflict, SourceUnreachable
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.thumbnails import Lack
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing import pool
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{number:02}.png" for number in range(12)]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put_all(store, KEYS)
    store.put("00.json", json.dumps({"site": "hall"}).encode())
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    return mirrored


def everything(mirrored: Mirrored) -> dict[str, AssetDetail]:
    return {key: assets.get_asset_detail(mirrored.catalog, one.id) for key, one in mirrored.assets("state:any").items()}


def test_every_kind_of_loss_is_mended_at_one_get_each_and_the_catalog_stays(mirrored: Mirrored) -> None:
    edits.apply(mirrored.catalog, [mirrored.assets()["00.png"].id], Edit(metadata={"site": "yard"}, add_tags=("old",)))
    before, files = everything(mirrored), contents(root(mirrored))
    place(mirrored, "00.png").unlink()
    stump = place(mirrored, "01.png")
    stump.write_bytes(stump.read_bytes()[:20])
    zeros = place(mirrored, "02.png")
    zeros.write_bytes(bytes(zeros.stat().st_size))  # as long as it should be, as some file systems leave it
    into_old_folder(place(mirrored, "03.png"))
    into_old_folder(place(mirrored, "04.png")).write_bytes(b"RIFF")

    making, unmade = made(mirrored)

    assert (making.lacking, making.made, making.put_back, unmade) == (5, 4, 1, [])
    assert (making.requests.get, making.requests.list, making.requests.head) == (4, 0, 0)
    assert making.bytes_read == sum(len(picture(number)) for number in (0, 1, 2, 4))
    assert making.clean
    assert contents(root(mirrored)) == files
    assert everything(mirrored) == before
    assert planned_nothing(mirrored.run())
    assert made(mirrored)[0].lacking == 0


def test_an_asset_in_the_trash_gets_its_thumbnail_while_its_object_stands(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    mirrored.change(exclude=("00.png",))
    store.delete("01.png")
    mirrored.run()
    assert {mirrored.states()[key] for key in KEYS[:2]} == {"trash"}
    for key in KEYS[:2]:
        place(mirrored, key).unlink()
    making, unmade = made(mirrored)
    assert (making.made, [(one.key, one.lack) for one in unmade]) == (1, [("01.png", Lack.CHANGED)])
    assert not making.clean
    assert {mirrored.states()[key] for key in KEYS[:2]} == {"trash"}


def test_what_changed_since_it_was_looked_at_is_left_to_the_next_pass(mirrored: Mirrored, store: MemoryStore) -> None:
    before = everything(mirrored)
    for key in KEYS[:3]:
        place(mirrored, key).unlink()
    store.put("00.png", picture(200))
    store.delete("01.png")
    store.put("02.png", b"no picture any more")
    making, unmade = made(mirrored)
    assert {one.key: one.lack for one in unmade} == dict.fromkeys(KEYS[:3], Lack.CHANGED)
    assert all("next pass" in one.reason for one in unmade)
    assert (making.made, making.unmade[Lack.CHANGED]) == (0, 3)
    assert everything(mirrored) == before
    mirrored.run()
    # The broken one keeps its last good content, whose bytes are nowhere any more: nobody asks for them.
    faulty = Faulty(store)
    _, unmade = made(mirrored, faulty)
    assert {one.key for one in unmade} == {"01.png", "02.png"}
    assert [key for verb, key in faulty.calls if verb == "get"] == ["01.png"]


def test_other_bytes_under_the_same_token_are_told_and_never_written_down(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    class Lying(Faulty):
        def get(self, key: str, *, token: str | None, limit: int) -> Body:
            body = super().get(key, token=token, limit=limit)
            other = picture(300).ljust(len(body.data), b"\0")
            return replace(body, data=other) if key == "00.png" else body

    before = everything(mirrored)
    place(mirrored, "00.png").unlink()
    making, unmade = made(mirrored, Lying(store))
    assert [(one.key, one.lack) for one in unmade] == [("00.png", Lack.DIFFERENT)]
    assert making.made == 0
    assert not place(mirrored, "00.png").exists()
    assert everything(mirrored) == before


def test_assets_with_the_same_bytes_cost_one_get_and_the_second_helps_where_the_first_is_gone(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put("twin.png", picture(0))
    mirrored.run()
    place(mirrored, "00.png").unlink()
    making, _ = made(mirrored)
    assert (making.lacking, making.made, making.requests.get) == (2, 2, 1)
    place(mirrored, "00.png").unlink()
    store.delete("00.png")
    making, unmade = made(mirrored)
    assert (making.made, [one.key for one in unmade]) == (1, ["00.png"])
    assert checked(mirrored).clean


def test_what_one_twin_gave_is_not_thrown_away_for_another_that_is_gone(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirrorlake.library.rebuild.ROWS", 1)
    twins = [f"twin-{number}.png" for number in range(3)]
    for key in twins:
        store.put(key, picture(0))
    mirrored.run()
    place(mirrored, "00.png").unlink()
    for key in ("00.png", *twins[1:]):
        store.delete(key)
    made(mirrored)
    assert checked(mirrored).clean


def test_killed_anywhere_it_is_simply_run_again(mirrored: Mirrored, store: MemoryStore) -> None:
    files = contents(root(mirrored))
    for path in files:
        path.unlink()
    faulty = Faulty(store)

    def kill(_key: str) -> None:
        if len(faulty.calls) == 7:
            raise Killed

    faulty.before_get = kill
    with pytest.raises(Killed):
        made(mirrored, faulty)
    lacking = checked(mirrored).lacking
    assert 0 < lacking <= 12
    making, _ = made(mirrored)
    assert (making.lacking, making.made) == (lacking, lacking)
    assert contents(root(mirrored)) == files


def test_a_pass_at_work_beside_it_is_no_trouble(mirrored: Mirrored, store: MemoryStore) -> None:
    for key in KEYS:
        place(mirrored, key).unlink()
    faulty = Faulty(store)

    def mirror(_key: str) -> None:
        faulty.before_get = lambda _: None
        store.put("11.png", picture(211))
        store.put("new.png", picture(212))
        mirrored.run()

    faulty.before_get = mirror
    making, unmade = made(mirrored, faulty)
    assert (making.made, unmade) == (12, [])
    assert (checked(mirrored).assets, checked(mirrored).lacking) == (13, 0)


def test_a_source_that_does_not_answer_is_given_up_and_named_once(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "GATHER_ROWS", 64)  # after that many, somebody looks at the errors
    for number in range(400):
        store.put(f"more/{number:03}.png", picture(number))  # some have a twin
    mirrored.run()
    for path in contents(root(mirrored)):
        path.unlink()
    faulty = Faulty(store)
    faulty.fail("get", times=1000, error=SourceUnreachable("busy"))
    making, _ = made(mirrored, faulty)
    assert "in a row" in making.errors[mirrored.source.name]
    assert len(faulty.calls) < 400
    assert (making.lacking, making.unmade[Lack.FAILED], making.clean) == (412, 412, False)
    assert made(mirrored)[0].made == 412


def test_two_commands_are_not_at_the_thumbnails_at_once(mirrored: Mirrored) -> None:
    with exclusive_lock(mirrored.catalog), pytest.raises(Conflict, match="Another command"):
        made(mirrored)
    assert made(mirrored)[0].clean
