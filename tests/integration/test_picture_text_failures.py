"""What stops the reading of text in pictures, and what does not: buckets, settings, datasources, packages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.photos import Photos
from tests.support.postgres import address_of
from tests.support.texts import names, read_texts, script, turn, write_sign

from mirrorlake.catalog import datasources, jobs
from mirrorlake.core.errors import AccessDenied, SourceUnreachable, StorageError
from mirrorlake.jobs.handlers import picture_texts as handler
from mirrorlake.model.jobs import JobState
from mirrorlake.model.picture_texts import PictureTextUpdate
from mirrorlake.ocr import engine
from mirrorlake.ocr.worker import Recognised
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.preview_task import PreviewTask
from mirrorlake.services.doctor import examine


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    photos = Photos(empty_catalog, tmp_path)
    for name in ("a.png", "b.png", "c.png"):
        write_sign(photos.folder / name, name)
    photos.mirror()
    turn(photos, on=True)
    return photos


class Bucket:
    """In place of the processes that render previews: refuses some objects."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refused: dict[str, StorageError]) -> None:
        self.refused = refused
        self.asked: list[str] = []
        monkeypatch.setattr(handler, "Previewer", lambda **_: self)

    def make(self, task: PreviewTask, *, owner: str, **_: object) -> bytes:
        self.asked.append(task.key)
        if task.key in self.refused:
            raise self.refused[task.key]
        return b"a preview" + owner.encode()

    def close(self) -> None:
        """Nothing to end."""


def test_an_object_that_its_bucket_never_returns_delays_no_other(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, Recognised(text="read"))
    bucket = Bucket(monkeypatch, {"b.png": SourceUnreachable("The bucket answered 500 for b.png.", "Try again.")})

    for _ in range(2):
        with pytest.raises(SourceUnreachable, match=r"500 for b\.png"):
            read_texts(photos)
        assert names(photos, "text:read") == ["a.png", "c.png"]
    assert [one.state for one in jobs.list_jobs(photos.catalog, limit=5, kind="picture_text")] == [JobState.FAILED] * 2
    assert sorted(bucket.asked) == ["a.png", "b.png", "b.png", "c.png"]

    bucket.refused = {}
    assert read_texts(photos) == PictureTextUpdate(read=1, with_text=1, failed=0, postponed=0)


def test_a_bucket_that_answers_for_no_picture_is_not_asked_for_all(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, Recognised(text="read"))
    gone = SourceUnreachable("No response.", "Try again.")
    bucket = Bucket(monkeypatch, dict.fromkeys(("a.png", "b.png", "c.png"), gone))
    monkeypatch.setattr(handler, "EACH", 1)
    monkeypatch.setattr(handler, "UNREACHABLE", 2)
    with pytest.raises(SourceUnreachable):
        read_texts(photos)
    assert bucket.asked == ["a.png", "b.png"]


@pytest.mark.parametrize("error", [AccessDenied("b.png is denied.", "Grant it."), StorageError("400 for b.png.")])
def test_an_object_that_may_not_be_read_is_no_failure(
    photos: Photos, monkeypatch: pytest.MonkeyPatch, error: StorageError
) -> None:
    script(monkeypatch, Recognised(text="read"))
    Bucket(monkeypatch, {"b.png": error})
    monkeypatch.setattr(handler, "UNREACHABLE", 1)
    assert read_texts(photos) == PictureTextUpdate(read=2, with_text=2, failed=0, postponed=1)


@pytest.mark.parametrize("how", ["turned off", "deleted"])
def test_a_datasource_that_no_longer_wants_it_ends_its_job(
    photos: Photos, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    scripted = script(monkeypatch, Recognised(text="read"))
    Bucket(monkeypatch, {})
    monkeypatch.setattr(handler, "EACH", 1)
    original = scripted.recognise

    def ends(picture: bytes) -> Recognised:
        if how == "deleted":
            with photos.catalog.write() as connection:
                connection.execute("UPDATE datasource SET deleted = now() WHERE name = 'photos'")
        else:
            photos.library.datasources.change_settings("photos", {"pictureText": False})
        return original(picture)

    scripted.recognise = ends
    assert read_texts(photos).read == 1
    assert scripted.asked == 1


def test_equal_pictures_of_one_page_are_read_once(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = script(monkeypatch, Recognised(text="read"))
    for number in range(4):
        write_sign(photos.folder / f"copy {number}.png", "a.png")
    photos.mirror()
    monkeypatch.setattr(handler, "EACH", 1)
    monkeypatch.setattr(handler, "PAGE", 2)
    assert read_texts(photos).read == 3
    assert scripted.asked == 3
    assert len(names(photos, "text:read")) == 7


def test_the_doctor_names_what_a_datasource_wants_and_this_machine_lacks(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(photos.settings, database_url=address_of(photos.catalog.conninfo))

    def checked() -> tuple[bool, str, str]:
        (found,) = [one for one in examine(settings).checks if one.check == "text in pictures"]
        return found.ok, found.message, found.fix

    assert checked() == (True, f"1 datasource asked for it, and {engine.model_name()} reads it", "")
    monkeypatch.setattr(engine, "find_spec", lambda _name: None)
    ok, message, fix = checked()
    assert not ok
    assert message.startswith("The datasource photos wants it to be read. Text in pictures is read with the package")
    assert fix.startswith("Install mirrorlake[ocr]")
    photos.library.datasources.change_settings("photos", {"pool": "readers"})
    assert checked()[0]  # the workers of its pool need the packages
    assert datasources.named(photos.catalog, "photos").settings.picture_text
    turn(photos, on=False)
    assert checked() == (True, "no datasource wants it to be read here", "")
