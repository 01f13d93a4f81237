"""A text stays when reading it again fails, and what comes back from the trash is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.photos import ADA, Photos
from tests.support.texts import names, read_texts, script, turn, write_sign

from mirrorlake.catalog import picture_texts
from mirrorlake.cli.commands.asset import _text_lines
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers import picture_texts as handler
from mirrorlake.jobs.handlers.picture_texts import PictureTextArgs
from mirrorlake.jobs.progress import discard_step
from mirrorlake.model.bulk import BulkEdit
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.picture_texts import PictureText, PictureTextUpdate
from mirrorlake.model.sources import Datasource
from mirrorlake.ocr.worker import Recognised
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import edit_here, undo_here
from mirrorlake.services.library import LocalLibrary


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    photos = Photos(empty_catalog, tmp_path)
    write_sign(photos.folder / "a.png", "a")
    photos.mirror()
    turn(photos, on=True)
    return photos


def due(catalog: Catalog) -> list[str]:
    """The datasources for which a job is due now; it is not queued afterwards."""
    found: list[str] = []

    def job_of(source: Datasource) -> NewJob:
        found.append(source.name)
        return new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=source)

    picture_texts.enqueue_due(catalog, job_of)
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'picture_text' AND state = 'queued'")
    return found


def edit(photos: Photos, bulk: BulkEdit) -> int:
    """Carry out a bulk edit, and return the number of its job."""
    number, _ = edit_here(Resources(photos.settings, photos.catalog), bulk, discard_step, by=ADA)
    return number


def shown(photos: Photos) -> PictureText:
    (found,) = [photos.library.assets.get(each).picture_text for each in photos.ids()]
    return found


def test_a_failure_keeps_the_text_that_was_read_before(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = script(
        monkeypatch, Recognised(text="Exit only"), Recognised(failure="It is odd."), Recognised(text="Way out")
    )
    read_texts(photos)
    before = shown(photos)
    photos.library.assets.reprocess("", "text")

    assert photos.work()

    assert shown(photos) == PictureText(
        text="Exit only", shortened=False, failure="It is odd.", model=before.model, at=before.at
    )
    assert names(photos, 'text:"exit only"') == names(photos, "has:text") == ["a.png"]
    assert _text_lines(shown(photos)) == [
        ("text", "not read again, this is the former text: It is odd."),
        ("text", "Exit only"),
    ]
    assert read_texts(photos).read == 0
    assert scripted.asked == 2

    photos.library.assets.reprocess("", "text")
    assert photos.work()
    assert (shown(photos).text, shown(photos).failure) == ("Way out", None)


def test_a_failure_of_another_model_keeps_the_text_and_is_not_repeated(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted = script(
        monkeypatch, Recognised(text="Exit"), Recognised(failure="It is odd."), Recognised(text=""), Recognised(text="")
    )
    read_texts(photos)
    former = shown(photos)
    monkeypatch.setattr(handler, "model_name", lambda: "newer")
    assert read_texts(photos) == PictureTextUpdate(read=0, with_text=0, failed=1, postponed=0)
    assert read_texts(photos) == PictureTextUpdate(read=0, with_text=0, failed=0, postponed=0)
    assert (shown(photos).text, shown(photos).failure, shown(photos).model) == ("Exit", "It is odd.", former.model)

    monkeypatch.setattr(handler, "model_name", lambda: "newest")
    assert read_texts(photos).read == 1
    assert (shown(photos).text, shown(photos).failure, shown(photos).model) == ("", None, "newest")
    assert names(photos, "text:exit") == names(photos, "has:text") == []
    assert scripted.asked == 3


@pytest.mark.parametrize("how", ["one", "many", "undo"])
def test_an_asset_that_comes_back_from_the_trash_is_read(
    photos: Photos, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    script(monkeypatch, Recognised(text="read"))
    (asset,) = photos.ids()
    trashing = edit(photos, BulkEdit.trashing(query="filename:a.png"))
    assert read_texts(photos).read == 0
    assert due(photos.catalog) == []

    if how == "one":
        photos.library.assets.restore(asset)
    elif how == "many":
        edit(photos, BulkEdit.restoring(query="state:trash"))
    else:
        undo_here(Resources(photos.settings, photos.catalog), trashing, discard_step, by=ADA)

    assert due(photos.catalog) == ["photos"]
    assert read_texts(photos).read == 1
    assert due(photos.catalog) == []
    assert names(photos, "text:read") == ["a.png"]


def test_a_change_in_another_workspace_makes_nothing_due(
    photos: Photos, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script(monkeypatch, Recognised(text="read"))
    photos.library.workspaces.create("other")
    other = LocalLibrary(Resources(photos.settings, photos.catalog), replace(ADA, workspace="other"))
    (tmp_path / "others").mkdir()
    other.datasources.create(f"file://{tmp_path}/others", name="photos", settings={"pictureText": True})
    read_texts(photos)
    assert due(photos.catalog) == []

    other.datasources.change_settings("photos", {"pictureText": False})
    assert due(photos.catalog) == []
    other.datasources.change_settings("photos", {"pictureText": True})
    assert due(photos.catalog) == []
    assert due(Resources(photos.settings, photos.catalog).of("other").catalog) == ["photos"]
