"""Listings that lie, break off or show nothing, over every kind of store: nothing in the library is hidden."""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import s3stub, seaweed
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture
from tests.support.soak import seed, sized, soaking

from mirrorlake.core.errors import AccessDenied, ListingBroken, MirrorlakeError, SourceUnreachable
from mirrorlake.mirror.report import Report
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.store import S3Store

KEYS = [*(f"in/a/{number:02}.png" for number in range(12)), *(f"in/{number:02}.png" for number in range(12))]
PAGE = 5


@dataclass
class Source:
    """One kind of store with the pictures in it."""

    location: Location
    store: Callable[[], Store]
    delete: Callable[[str], object]
    prefix: str = "in/"  # of keys in the store


def memory() -> Iterator[Source]:
    store = MemoryStore(page_rows=PAGE)
    for number, key in enumerate(KEYS):
        store.put(key, picture(number))
    location = Location(provider=Provider.MEMORY, container="", prefix="in/")
    yield Source(location=location, store=lambda: store, delete=store.delete)


def folder(tmp_path: Path) -> Iterator[Source]:
    root = tmp_path / "photos"
    for number, key in enumerate(KEYS):
        path = root / key.removeprefix("in/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    location = Location(provider=Provider.FILE, container=str(root))
    yield Source(
        location=location,
        store=lambda: FolderStore(location, page_rows=PAGE),
        delete=lambda key: (root / key).unlink(),
        prefix="",
    )


def stub() -> Iterator[Source]:
    with s3stub.S3Stub() as server:
        server.create_bucket("photos")
        for number, key in enumerate(KEYS):
            server.put("photos", key, picture(number))
        location = Location(provider=Provider.S3, container="photos", prefix="in/")
        access = S3Access(endpoint=server.endpoint, anonymous=False)
        yield Source(
            location=location,
            store=lambda: S3Store(location, access, listing_ordered=True),
            delete=lambda key: server.delete("photos", key),
        )


def weed(server: seaweed.Seaweed) -> Iterator[Source]:
    name = f"b-{uuid.uuid4().hex[:12]}"
    client = server.client()
    client.create_bucket(Bucket=name)
    for number, key in enumerate(KEYS):
        client.put_object(Bucket=name, Key=key, Body=picture(number))
    location = Location(provider=Provider.S3, container=name, prefix="in/")
    access = S3Access(endpoint=server.endpoint)
    yield Source(
        location=location,
        store=lambda: S3Store(location, access),
        delete=lambda key: client.delete_object(Bucket=name, Key=key),
    )


@pytest.fixture(scope="module")
def weed_server() -> Iterator[seaweed.Seaweed]:
    with seaweed.Seaweed() as server:
        yield server


@pytest.fixture(params=["memory", "folder", "stub", "seaweed"])
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    match request.param:
        case "memory":
            yield from memory()
        case "folder":
            yield from folder(tmp_path)
        case "stub":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3stub.ACCESS_KEY)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3stub.SECRET_KEY)
            yield from stub()
        case _:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweed.ACCESS_KEY)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweed.SECRET_KEY)
            yield from weed(request.getfixturevalue("weed_server"))


@pytest.fixture
def mirrored(source: Source, empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, source.store(), location=source.location)
    assert mirrored.run().counts.new == len(KEYS)
    return mirrored


def nothing_hidden(mirrored: Mirrored, source: Source, report: Report) -> None:
    assert report.counts.removed == 0
    assert set(mirrored.states().values()) == {"present"}
    clean = mirrored.run(source.store())
    assert (clean.state, clean.counts.unchanged) == (RunState.SUCCEEDED, len(KEYS))
    assert set(mirrored.states().values()) == {"present"}


@pytest.mark.parametrize("at", [1, 2, 3] if soaking() else [2])
@pytest.mark.parametrize("error", [SourceUnreachable("timed out"), AccessDenied("403"), ListingBroken("cut short")])
def test_an_error_in_any_page_hides_nothing(mirrored: Mirrored, source: Source, error: MirrorlakeError, at: int):
    faulty = Faulty(source.store())
    faulty.fail("list", at=at, times=100, error=error)
    report = mirrored.run(faulty)
    assert (report.state is RunState.FAILED) == (at == 1)
    if sum(verb == "list" for verb, _ in faulty.calls) >= at:
        assert str(error) in (report.error or "")
    nothing_hidden(mirrored, source, report)


def test_a_truncated_listing_that_claims_to_be_whole_hides_nothing(mirrored: Mirrored, source: Source):
    faulty = Faulty(source.store())
    faulty.hidden = lambda key: key > f"{source.prefix}05.png"  # also where all keys fit into one page
    nothing_hidden(mirrored, source, mirrored.run(faulty))


@pytest.mark.parametrize("hidden", [1, 5, 12] if soaking() else [5])
def test_a_listing_that_leaves_objects_out_hides_nothing(mirrored: Mirrored, source: Source, hidden: int):
    faulty = Faulty(source.store())
    left_out = {f"{source.prefix}{number:02}.png" for number in range(hidden)}
    faulty.hidden = lambda key: key in left_out
    nothing_hidden(mirrored, source, mirrored.run(faulty))


def test_an_empty_listing_hides_nothing(mirrored: Mirrored, source: Source):
    faulty = Faulty(source.store())
    faulty.hidden = lambda _: True
    report = mirrored.run(faulty)
    assert report.state is RunState.HELD
    nothing_hidden(mirrored, source, report)


def test_a_confirmed_lie_hides_nothing_either(mirrored: Mirrored, source: Source):
    faulty = Faulty(source.store())
    faulty.hidden = lambda _: True
    held = mirrored.run(faulty)
    nothing_hidden(mirrored, source, mirrored.confirm(held.run, store=source.store()))


@pytest.mark.parametrize("error", [AccessDenied("403"), SourceUnreachable("timed out")])
def test_a_source_that_does_not_answer_for_single_objects_hides_nothing(
    mirrored: Mirrored, source: Source, error: MirrorlakeError
):
    faulty = Faulty(source.store())
    faulty.hidden = lambda key: key == f"{source.prefix}00.png"
    faulty.fail("head", times=100, error=error)
    faulty.fail("list", times=100, error=AccessDenied("403"), keys=lambda prefix: prefix.endswith("00.png"))
    nothing_hidden(mirrored, source, mirrored.run(faulty))


def test_no_mixture_of_lies_and_errors_hides_anything(mirrored: Mirrored, source: Source):
    for example in range(sized(3, 150)):
        told = f"seed {seed()}, example {example}"
        rng = random.Random(told)  # noqa: S311
        share = rng.choice([0.0, 0.1, 0.5, 1.0])
        left_out = {key for key in KEYS if rng.random() < share}
        faulty = Faulty(source.store())
        faulty.hidden = lambda key, left_out=left_out: f"in/{key.removeprefix('in/')}" in left_out
        faulty.truncate_after = rng.choice([None, 1, 2, 4])
        errors = [SourceUnreachable("timed out"), ListingBroken("cut short")]
        if rng.random() < 0.4:
            faulty.fail("list", at=rng.randint(1, 6), times=rng.randint(1, 30), error=rng.choice(errors))
        if rng.random() < 0.4:  # not a refusal: then a listing of that very key is believed, and these lie
            faulty.fail("head", at=rng.randint(1, 6), times=rng.randint(1, 30), error=rng.choice(errors))
        report = mirrored.run(faulty)
        if report.state is RunState.HELD and rng.random() < 0.5:
            report = mirrored.confirm(report.run, store=faulty)
        assert report.counts.removed == 0, told
        assert set(mirrored.states().values()) == {"present"}, told
    nothing_hidden(mirrored, source, report)


def test_a_folder_below_that_is_really_gone_waits_for_a_person(mirrored: Mirrored, source: Source):
    for number in range(12):
        source.delete(f"{source.prefix}a/{number:02}.png")
    source.delete(f"{source.prefix}00.png")
    report = mirrored.run(source.store())
    # 13 of 24 is more than half of all: everything is held
    assert (report.state, report.counts.missing, report.counts.removed) == (RunState.HELD, 13, 0)
    assert set(mirrored.states().values()) == {"present"}
    assert mirrored.confirm(report.run, store=source.store()).counts.removed == 13


def test_another_disk_in_place_of_the_folder_hides_nothing(empty_catalog: Catalog, tmp_path: Path):
    (source,) = folder(tmp_path)
    root = Path(source.location.container)
    mirrored = Mirrored(empty_catalog, tmp_path, source.store(), location=source.location)
    mirrored.run()
    root.rename(tmp_path / "away")
    assert mirrored.run(source.store()).state is RunState.FAILED

    shutil.copytree(tmp_path / "away", root)
    for number in range(3):  # few enough for the guard
        (root / f"{number:02}.png").unlink()
    held = mirrored.run(source.store())
    assert (held.state, held.counts.changed) == (RunState.HELD, len(KEYS) - 3)
    assert held.hold is not None
    assert "another disk" in held.hold.reason
    assert set(mirrored.states().values()) == {"present"}

    assert mirrored.confirm(held.run, store=source.store()).counts.removed == 3
    (root / "05.png").unlink()
    after = mirrored.run(source.store())
    assert (after.state, after.counts.removed) == (RunState.SUCCEEDED, 1)


def test_a_disk_that_changes_between_hold_and_consent_is_asked_about_again(empty_catalog: Catalog, tmp_path: Path):
    (source,) = folder(tmp_path)
    root = Path(source.location.container)
    mirrored = Mirrored(empty_catalog, tmp_path, source.store(), location=source.location)
    mirrored.run()
    for number in range(12):
        (root / f"{number:02}.png").unlink()
    for path in (root / "a").iterdir():
        path.unlink()
    held = mirrored.run(source.store())
    assert held.state is RunState.HELD
    root.rename(tmp_path / "away")
    root.mkdir()
    report = mirrored.confirm(held.run, store=source.store())
    assert report.state is RunState.FAILED
    assert set(mirrored.states().values()) == {"present"}
