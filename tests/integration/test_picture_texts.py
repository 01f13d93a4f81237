"""The text in pictures of a folder is read by a job, kept, shown and found; what fails says so and is read again."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.support.photos import Photos
from tests.support.postgres import address_of
from tests.support.texts import names, read_texts, script, turn, write_sign

from mirrorlake.catalog import jobs, picture_texts
from mirrorlake.catalog.picture_texts import ReadText
from mirrorlake.cli.main import run
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.core.text import bytes_text
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers import picture_texts as handler
from mirrorlake.jobs.handlers.picture_texts import PictureTextArgs
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.library import picture_texts as reading
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.model.picture_texts import TEXT_CHARACTERS, PictureTextUpdate
from mirrorlake.ocr import engine
from mirrorlake.ocr.worker import Recognised
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import search


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    return Photos(empty_catalog, tmp_path)


def due(photos: Photos) -> int:
    """How many jobs are due now; they are not queued afterwards."""
    queued = picture_texts.enqueue_due(
        photos.catalog, lambda source: new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=source)
    )
    with photos.catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'picture_text' AND state = 'queued'")
    return queued


def test_text_of_real_pictures_is_read_by_a_worker_and_found(
    photos: Photos, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write_sign(photos.folder / "bill.png", "INVOICE 4711", "Total 1,234.50 EUR")
    write_sign(photos.folder / "sign.png", "Exit only", "Loading dock B/7")
    write_sign(photos.folder / "copy.png", "Exit only", "Loading dock B/7")
    write_sign(photos.folder / "plain.png")
    (photos.folder / "broken.png").write_bytes((photos.folder / "sign.png").read_bytes()[:200])
    photos.mirror()
    assert not due(photos)  # it is off
    turn(photos, on=True)

    assert photos.work()

    (job,) = jobs.list_jobs(photos.catalog, limit=5, kind="picture_text")
    assert (job.state, job.datasource) == (JobState.SUCCEEDED, "photos")
    sizes = [(photos.folder / name).stat().st_size for name in ("bill.png", "sign.png", "plain.png")]
    counted = {"requests": 3, "bytes_read": sum(sizes)}  # one request for each content
    assert job.result == {"read": 3, "with_text": 2, "failed": 0, "postponed": 0} | counted
    assert names(photos, "text:invoice") == ["bill.png"]
    assert names(photos, 'text:"exit only"') == ["copy.png", "sign.png"]
    assert names(photos, 'text:"only exit"') == []
    assert names(photos, "text:load*") == ["copy.png", "sign.png"]
    assert names(photos, "text:load") == []
    assert names(photos, "text:4711 -text:exit") == ["bill.png"]
    assert names(photos, "text!=dock kind:image") == ["bill.png", "plain.png"]
    assert names(photos, "has:text") == ["bill.png", "copy.png", "sign.png"]
    shown = {asset.name: photos.library.assets.get(asset.id) for asset in search(photos.catalog, "", limit=9).items}
    read = shown["sign.png"].picture_text
    assert read is not None
    assert (read.text.splitlines()[0], read.failure, read.model) == ("Exit only", None, engine.model_name())
    plain = shown["plain.png"].picture_text
    assert plain is not None
    assert (plain.text, plain.failure) == ("", None)
    assert not due(photos)

    monkeypatch.setenv("MIRRORLAKE_HOME", str(photos.settings.home))
    monkeypatch.setenv("MIRRORLAKE_DATABASE_URL", address_of(photos.catalog.conninfo))
    assert run(["jobs", "show", str(job.id)]) == 0
    assert f"read      {bytes_text(sum(sizes))}" in capsys.readouterr().out
    assert run(["asset", "show", shown["sign.png"].asset.id]) == 0
    assert "Exit only" in capsys.readouterr().out
    assert run(["asset", "show", shown["plain.png"].asset.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["picture_text"]["text"] == ""
    assert run(["datasource", "show", "photos", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["picture_text"] is True
    assert run(["datasource", "change", "photos", "--no-picture-text", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["picture_text"] is False
    assert run(["datasource", "create", str(photos.folder.parent), "--name", "all", "--picture-text", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["picture_text"] is True


def test_what_was_read_is_not_read_again_but_on_request_or_by_another_model(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
):
    for name in ("a.png", "b.png"):
        write_sign(photos.folder / name, name)
    photos.mirror()
    turn(photos, on=True)
    scripted = script(monkeypatch, Recognised(text="first"), Recognised(failure="It is odd."), Recognised(text="other"))

    assert read_texts(photos) == PictureTextUpdate(read=1, with_text=1, failed=1, postponed=0)
    assert read_texts(photos) == PictureTextUpdate(read=0, with_text=0, failed=0, postponed=0)
    assert scripted.asked == 2
    (failed,) = [one.asset.id for one in map(photos.library.assets.get, photos.ids()) if one.picture_text.failure]

    assert names(photos, "text:first")
    (job,) = photos.library.assets.reprocess(f"id:{failed}", "text")
    assert names(photos, "text:first")  # until the job has read it again
    assert job.kind == "picture_text"
    photos.work()
    assert scripted.asked == 3
    assert photos.library.assets.get(failed).picture_text.text == "other"

    monkeypatch.setattr(handler, "model_name", lambda: "newer")
    assert read_texts(photos).read == 2
    assert names(photos, "text:first") == []


def test_reprocessing_says_where_it_is_off_and_what_nothing_matches(photos: Photos):
    write_sign(photos.folder / "a.png")
    photos.mirror()
    with pytest.raises(UsageError, match="No text is read in pictures of photos") as caught:
        photos.library.assets.reprocess("", "text")
    assert "mirrorlake datasource change photos --picture-text" in caught.value.fix
    turn(photos, on=True)
    assert photos.library.assets.reprocess("filename:none", "text") == []


def test_turned_off_it_reads_no_more_and_keeps_what_was_read(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    scripted = script(monkeypatch, Recognised(text="kept"))
    write_sign(photos.folder / "a.png", "a")
    photos.mirror()
    turn(photos, on=True)
    read_texts(photos)
    turn(photos, on=False)
    write_sign(photos.folder / "b.png", "b")
    photos.mirror()

    assert not due(photos)
    assert read_texts(photos).read == 0  # one that was queued before
    assert scripted.asked == 1
    assert names(photos, "text:kept") == ["a.png"]
    turn(photos, on=True)
    assert due(photos) == 1
    read_texts(photos)
    assert names(photos, "text:kept") == ["a.png", "b.png"]


def test_it_is_due_after_changes_and_an_hour_after_a_failure(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    script(monkeypatch, Recognised(text="x"))
    write_sign(photos.folder / "a.png", "a")
    turn(photos, on=True)
    photos.mirror()
    assert due(photos) == 1
    read_texts(photos)
    assert not due(photos)
    photos.mirror()
    assert due(photos) == 1  # the run may have changed assets
    read_texts(photos)

    def end(state: str, ago: str) -> None:
        with photos.catalog.write() as connection:
            connection.execute("UPDATE asset SET updated = now() - interval '1 day'")
            connection.execute(
                "UPDATE job SET state = %s, finished = now() - %s::interval WHERE kind = 'picture_text'", (state, ago)
            )

    end("failed", "30 minutes")
    assert not due(photos)
    end("failed", "2 hours")
    assert due(photos) == 1
    end("cancelled", "2 hours")
    assert not due(photos)


def test_a_failure_of_the_recogniser_costs_its_picture_alone(photos: Photos):
    write_sign(photos.folder / "a.png", "Good")
    write_sign(photos.folder / "b.png", "Bad")
    photos.mirror()
    turn(photos, on=True)
    ends = "import sys; from mirrorlake.core.messages import read_message; read_message(sys.stdin.buffer); sys.exit(3)"
    real = reading.TextProcess

    class Crashing(real):  # type: ignore[misc, valid-type]
        """Ends at the second picture."""

        def recognise(self, picture: bytes) -> Recognised:
            found = super().recognise(picture)
            if self._process is not None:
                self.close()
                self._command = [sys.executable, "-c", ends]
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "TextProcess", Crashing)
        assert read_texts(photos) == PictureTextUpdate(read=1, with_text=1, failed=1, postponed=0)
    failures = [photos.library.assets.get(each).picture_text.failure for each in photos.ids()]
    assert sorted(map(str, failures)) == ["None", "The process that reads text ended or stopped at this picture."]


def test_without_the_packages_the_job_says_what_to_install(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    write_sign(photos.folder / "a.png", "a")
    photos.mirror()
    turn(photos, on=True)
    monkeypatch.setattr(engine, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="the package rapidocr, which is not installed here") as caught:
        read_texts(photos)
    assert caught.value.fix.startswith("Install mirrorlake[ocr]")
    (job,) = jobs.list_jobs(photos.catalog, limit=5, kind="picture_text")
    assert job.state is JobState.FAILED
    assert "mirrorlake[ocr]" in str(job.error)


def test_what_is_read_is_bounded_and_can_be_stored(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    write_sign(photos.folder / "a.png", "a")
    photos.mirror()
    turn(photos, on=True)
    hostile = "\0nul <b>tag</b> 'quote' \\back :* & | ! " + "word " * 20_000
    script(monkeypatch, Recognised(text=hostile, shortened=True))

    read_texts(photos)

    (read,) = [photos.library.assets.get(each).picture_text for each in photos.ids()]
    assert len(read.text) <= TEXT_CHARACTERS
    assert read.shortened
    assert "\0" not in read.text
    for query in ("text:tag", 'text:"b tag b"', "text:quote", "text:back", 'text:"word word"', "text:nul"):
        assert names(photos, query) == ["a.png"], query


def test_a_huge_and_a_damaged_picture_are_read_or_say_why(photos: Photos):
    write_sign(photos.folder / "wide.png", "Panorama", size=600, width=12_000, height=2_000)
    Image.effect_noise((640, 480), 90).save(photos.folder / "noise.png")
    write_sign(photos.folder / "lost.png", "Lost")
    photos.mirror()
    turn(photos, on=True)
    (photos.folder / "lost.png").unlink()

    done = read_texts(photos)

    assert (done.read, done.failed, done.postponed) == (2, 0, 1)
    assert names(photos, "text:panorama") == ["wide.png"]
    assert read_texts(photos).postponed == 1  # it is tried again


def test_a_bucket_that_does_not_answer_fails_the_job_and_keeps_what_was_read(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
):
    for name in ("a.png", "b.png", "c.png"):
        write_sign(photos.folder / name, name)
    photos.mirror()
    turn(photos, on=True)
    script(monkeypatch, Recognised(text="one"), MirrorlakeError("The bucket does not answer.", "Try again."))
    with pytest.raises(MirrorlakeError, match="The bucket does not answer"):
        read_texts(photos)
    assert len(names(photos, "text:one")) == 1
    script(monkeypatch, Recognised(text="two"))
    assert read_texts(photos).read == 2


def test_it_gives_way_to_other_jobs_and_continues_after_them(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    for number in range(6):
        write_sign(photos.folder / f"{number}.png", str(number))
    photos.mirror()
    turn(photos, on=True)
    scripted = script(monkeypatch, Recognised(text="x"))
    monkeypatch.setattr(handler, "TURN_S", 0.0)
    monkeypatch.setattr(handler, "EACH", 2)
    job = new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=photos.source)
    number, others, logged = jobs.request(photos.catalog, job), list[int](), list[str]()

    def log(line: str) -> None:
        logged.append(line)
        if "(picture text of photos) started" in line and not others:  # another job is queued while it runs
            others.append(jobs.request(photos.catalog, new_job(JobKind.VERIFY, VerifyArgs())))

    Worker(photos.settings, photos.catalog, jobs=1, log=log, stop=Stop()).drain()

    assert any("gave way" in line for line in logged)
    assert jobs.show_job(photos.catalog, others[0]).state is JobState.SUCCEEDED
    assert jobs.show_job(photos.catalog, number).state is JobState.SUCCEEDED
    assert scripted.asked == 6


def test_a_cancelled_job_keeps_what_it_read(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    for number in range(4):
        write_sign(photos.folder / f"{number}.png", str(number))
    photos.mirror()
    turn(photos, on=True)
    scripted = script(monkeypatch, Recognised(text="x"))
    original = scripted.recognise

    def cancels(picture: bytes) -> Recognised:
        if scripted.asked == 1:
            (job,) = jobs.list_jobs(photos.catalog, limit=1, kind="picture_text")
            photos.library.jobs.cancel(job.id)
            time.sleep(2)  # a job learns of it within a second
        return original(picture)

    scripted.recognise = cancels
    monkeypatch.setattr(handler, "EACH", 1)
    monkeypatch.setattr(handler, "cores", lambda: 1)
    job = jobs.request(photos.catalog, new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=photos.source))
    Worker(photos.settings, photos.catalog, jobs=1, log=lambda _: None, stop=Stop()).drain()

    assert jobs.show_job(photos.catalog, job).state is JobState.CANCELLED
    before = len(names(photos, "text:x"))
    assert 1 <= before < 4
    read_texts(photos)
    assert len(names(photos, "text:x")) == 4
    assert scripted.asked <= 5  # at most the picture that was being read is read twice


def test_a_text_is_deleted_once_no_asset_has_its_content(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    script(monkeypatch, Recognised(text="x"))
    for name in ("a.png", "b.png"):
        write_sign(photos.folder / name, name)
    photos.mirror()
    turn(photos, on=True)
    read_texts(photos)
    picture_texts.store(photos.catalog, "m", [ReadText(digest=b"nobody has it", text="x")])
    assert picture_texts.delete_unused(photos.catalog) == 0
    write_sign(photos.folder / "a.png", "changed")
    photos.mirror()

    assert picture_texts.delete_unused(photos.catalog, rows=1) == 1
    assert names(photos, "text:x") == ["b.png"]


def test_bulk_edits_select_by_text(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    script(monkeypatch, Recognised(text="Müller & Söhne"), Recognised(text="none of these"))
    for name in ("a.png", "b.png"):
        write_sign(photos.folder / name, name)
    photos.mirror()
    turn(photos, on=True)
    read_texts(photos)
    (found,) = search(photos.catalog, 'text:"MULLER sohne"', limit=5).items  # neither case nor accents count
    photos.library.assets.edit(found.id, Edit(add_tags=("family",)))
    assert names(photos, "tag:family text:müller") == [found.name]
    assert names(photos, "tag:family OR text:these") == ["a.png", "b.png"]
