"""A lost thumbnail is made again out of its object, and nothing else of the library changes for that."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.support.faulty import Faulty
from tests.support.images import pdf
from tests.support.mortal import Killed
from tests.support.passes import TWELVE, Mirrored, picture, put_all
from tests.support.thumbnails import (
    as_before,
    checked,
    damage,
    everything_shown,
    forget,
    into_old_folder,
    made,
    name_of,
    packs,
    root,
    shown,
    single,
)
from tests.support.two import planned_nothing

from mirrorlake.catalog import assets, edits
from mirrorlake.catalog.thumbnails import exclusive_lock, showing
from mirrorlake.core.errors import Conflict, RangesUnsupported, SourceUnreachable
from mirrorlake.formats.registry import RANGED_BYTES
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.looking import Depth
from mirrorlake.model.media import MediaKind
from mirrorlake.model.thumbnails import Lack
from mirrorlake.processing import pool
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = TWELVE


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put_all(store, KEYS)
    store.put("00.json", json.dumps({"site": "hall"}).encode())
    return store


def everything(mirrored: Mirrored) -> dict[str, AssetDetail]:
    return {key: assets.get_asset_detail(mirrored.catalog, one.id) for key, one in mirrored.assets("state:any").items()}


def test_every_kind_of_loss_is_mended_at_one_get_each_and_the_catalog_stays(mirrored: Mirrored) -> None:
    edits.apply(mirrored.catalog, [mirrored.assets()["00.png"].id], Edit(metadata={"site": "yard"}, add_tags=("old",)))
    before, pictures = everything(mirrored), everything_shown(mirrored)
    as_before(mirrored, ("03.png", "04.png", "05.png", "06.png"))
    damage(mirrored, "01.png", b"RIFF\x10\x00\x00\x00half")
    damage(mirrored, "02.png")  # zeros, as some file systems leave it
    forget(mirrored.catalog, [name_of(mirrored, "00.png")])
    into_old_folder(single(mirrored, "03.png"))
    into_old_folder(single(mirrored, "04.png")).write_bytes(b"RIFF")
    single(mirrored, "05.png").write_bytes(bytes(single(mirrored, "05.png").stat().st_size))

    making, unmade = made(mirrored)

    assert (making.lacking, making.made, making.put_back, unmade) == (6, 5, 1, [])
    assert (making.requests.get, making.requests.list, making.requests.head) == (5, 0, 0)
    assert making.bytes_read == sum(len(picture(number)) for number in (0, 1, 2, 4, 5))
    assert making.clean
    assert everything_shown(mirrored) == pictures
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
        damage(mirrored, key)
    making, unmade = made(mirrored)
    assert (making.made, [(one.key, one.lack) for one in unmade]) == (1, [("01.png", Lack.CHANGED)])
    assert not making.clean
    assert {mirrored.states()[key] for key in KEYS[:2]} == {"trash"}


def test_what_changed_since_it_was_looked_at_is_left_to_the_next_pass(mirrored: Mirrored, store: MemoryStore) -> None:
    before = everything(mirrored)
    for key in KEYS[:3]:
        damage(mirrored, key)
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
    damage(mirrored, "00.png")
    making, unmade = made(mirrored, Lying(store))
    assert [(one.key, one.lack) for one in unmade] == [("00.png", Lack.DIFFERENT)]
    assert making.made == 0
    assert shown(mirrored, "00.png") is None
    assert everything(mirrored) == before


def test_assets_with_the_same_bytes_cost_one_get_and_the_second_helps_where_the_first_is_gone(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put("twin.png", picture(0))
    mirrored.run()
    damage(mirrored, "00.png")
    making, _ = made(mirrored)
    assert (making.lacking, making.made, making.requests.get) == (2, 2, 1)
    damage(mirrored, "00.png")
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
    damage(mirrored, "00.png")
    for key in ("00.png", *twins[1:]):
        store.delete(key)
    made(mirrored)
    assert checked(mirrored).clean


def test_killed_anywhere_it_is_simply_run_again(mirrored: Mirrored, store: MemoryStore) -> None:
    pictures = everything_shown(mirrored)
    for path in packs(root(mirrored)):
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
    assert everything_shown(mirrored) == pictures


def test_a_pass_at_work_beside_it_is_no_trouble(mirrored: Mirrored, store: MemoryStore) -> None:
    for key in KEYS:
        damage(mirrored, key)
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
    for path in packs(root(mirrored)):
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


def test_a_thumbnail_of_a_digest_is_made_of_the_whole_object(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("large.pdf", pdf(attached=RANGED_BYTES))
    mirrored.change_all(media=tuple(MediaKind))
    as_a_whole = Faulty(store)
    as_a_whole.fail("get", error=RangesUnsupported("The test returns no parts."))
    mirrored.run(as_a_whole)
    store.put("second.pdf", pdf(attached=RANGED_BYTES + 1))
    mirrored.run()
    found = everything(mirrored)
    assert (found["large.pdf"].digest is None, found["second.pdf"].digest is None) == (False, True)
    pictures = everything_shown(mirrored)
    for path in packs(root(mirrored)):
        path.unlink()
    making, unmade = made(mirrored)
    assert (making.made, unmade) == (len(KEYS) + 2, [])
    assert everything_shown(mirrored) == pictures


def test_an_asset_of_which_nothing_is_read_meanwhile_needs_no_thumbnail(mirrored: Mirrored, store: MemoryStore) -> None:
    number = int(mirrored.assets()["00.png"].id)
    assert [one.asset for one in showing(mirrored.catalog, [number])] == [number]
    mirrored.change_all(depth=Depth.NONE)
    store.put("00.png", picture(90))
    mirrored.run()
    assert showing(mirrored.catalog, [number]) == []


def test_packs_that_the_catalog_forgot_are_found_again_without_a_get(mirrored: Mirrored, store: MemoryStore) -> None:
    """As after a backup without thumbnails was restored beside the library store that survived."""
    store.put("more.png", picture(99))
    mirrored.run()
    pictures = everything_shown(mirrored)
    with mirrored.catalog.write() as connection:
        connection.execute("DELETE FROM thumbnail")
        connection.execute("DELETE FROM thumbnail_pack")
    assert set(everything_shown(mirrored).values()) == {None}
    found = checked(mirrored)
    assert (found.lacking, found.misplaced, found.to_read, found.left_over) == (13, 13, 0, 0)
    making, unmade = made(mirrored)
    assert (making.put_back, making.made, making.requests.get, unmade) == (13, 0, 0, [])
    assert everything_shown(mirrored) == pictures
    assert checked(mirrored).clean


def test_a_truncated_pack_gives_what_is_left_of_it(mirrored: Mirrored) -> None:
    pictures = everything_shown(mirrored)
    (pack,) = packs(root(mirrored))
    pack.write_bytes(pack.read_bytes()[: pack.stat().st_size * 2 // 3])
    left = [key for key, data in everything_shown(mirrored).items() if data is not None]
    assert 0 < len(left) < len(KEYS)
    lost = len(KEYS) - len(left)
    found = checked(mirrored)
    assert (found.lacking, found.damaged) == (lost, lost)
    making, _ = made(mirrored)
    assert (making.made, making.requests.get) == (lost, lost)
    assert everything_shown(mirrored) == pictures
