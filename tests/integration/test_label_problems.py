"""Label files that cannot be used show in the report of a run, in what people and programs read of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import ontologies, runs
from mirrorlake.cli.documents import report_document
from mirrorlake.cli.report import show_report
from mirrorlake.core.errors import AccessDenied
from mirrorlake.model.label_sidecars import LABEL_FILE_BYTES, LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.memory.store import MemoryStore

CLASSES = [LabelClass(name="forklift", shape=Shape.BOX, colour="#ff0000", external_ids={"yolo": "0"})]
YOLO = LabelSidecars(
    format=SidecarFormat.YOLO, ontology="yard", image_pattern="images/{name}.{ext}", label_pattern="labels/{name}.txt"
)
ENCORD = LabelSidecars(format=SidecarFormat.ENCORD, ontology="yard")
BOX, BROKEN = b"0 0.5 0.5 0.2 0.2\n", b"0 0.5 oops 0.2 0.2\n"


class _Refusing(MemoryStore):
    """Does not let anybody read label files, while `closed`."""

    closed = False

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        if self.closed and key.startswith("labels/"):
            raise AccessDenied(f"The bucket refused to read {key}.")
        return super().get(key, token=token, limit=limit)


@pytest.fixture
def store() -> _Refusing:
    return _Refusing()


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: _Refusing) -> Mirrored:
    ontologies.save(empty_catalog, "yard", CLASSES)
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(labels=YOLO)
    for number in range(4):
        store.put(f"images/{number}.png", picture(number))
    return mirrored


def listed(mirrored: Mirrored, run_id: int | None) -> list[str]:
    assert run_id is not None
    found = runs.outcomes(mirrored.catalog, run_id, limit=100, kind=OutcomeKind.FAILED)
    return [one.key for one in found if one.stage == "labels"]


def test_refused_label_files_are_counted_and_a_note_says_how_to_list_them(
    mirrored: Mirrored, store: _Refusing, capsys: pytest.CaptureFixture[str]
) -> None:
    store.put("labels/0.txt", BOX)
    store.put("labels/1.txt", BROKEN)
    store.put("labels/2.txt", b"\xff\xfe")
    report = mirrored.run()
    assert (report.state, report.counts.label_problems, report.counts.failed) == (RunState.SUCCEEDED, 2, 0)
    assert report.counts.new == report.counts.selected == 4  # they are no objects
    assert listed(mirrored, report.run) == ["labels/1.txt", "labels/2.txt"]
    note = (
        f"2 label files have problems. To list them with reasons: "
        f"mirrorlake runs outcomes {report.run} --outcome failed"
    )
    assert report.notes == (note,)
    assert report.run is not None
    stored = runs.show_run(mirrored.catalog, report.run)
    assert (stored.counts.label_problems, stored.notes) == (2, (note,))
    assert report_document(report)["label_problems"] == 2
    assert show_report(report, json=False) == 0
    shown = capsys.readouterr()
    assert "label problems" in shown.out + shown.err
    assert note in shown.out + shown.err
    assert mirrored.run().counts.label_problems == 0  # they are not read again


def test_label_files_taken_in_part_and_events_count_too(mirrored: Mirrored, store: _Refusing) -> None:
    mirrored.change_all(labels=LabelSidecars(**{**_fields(YOLO), "skip_invalid": True}))
    store.put("labels/0.txt", BOX + BROKEN)
    first = mirrored.run()
    assert (first.state, first.counts.label_problems) == (RunState.SUCCEEDED, 1)
    assert "1 label file has a problem" not in first.notes
    store.put("labels/0.txt", BROKEN + BOX)
    report = mirrored.partial(["labels/0.txt"]).report
    assert report.counts.label_problems == 1
    assert "1 label file" in report.notes[0]


def test_a_pass_fails_if_no_label_file_can_be_used_for_the_same_reason(mirrored: Mirrored, store: _Refusing) -> None:
    for number in range(3):
        store.put(f"labels/{number}.txt", BOX)
    store.put("labels/waiting.txt", BOX)
    store.closed = True
    report = mirrored.run()
    assert (report.state, report.counts.new, report.counts.label_problems) == (RunState.FAILED, 4, 3)
    assert report.error is not None
    assert "None of the 3 label files could be used, for the same reason: " in report.error
    assert "refused to read labels/0.txt" in report.error
    assert show_report(report, json=True) == 1
    store.closed = False
    assert mirrored.run().state is RunState.SUCCEEDED  # they were read again
    store.put("labels/0.txt", BROKEN)
    store.put("labels/1.txt", BROKEN)
    assert mirrored.run().state is RunState.SUCCEEDED  # the third is in order


def test_a_wrong_format_fails_a_pass_and_a_large_file_counts(mirrored: Mirrored, store: _Refusing) -> None:
    mirrored.change_all(labels=ENCORD)
    for number in range(2):
        store.put(f"images/{number}.png.encord.json", BOX)
    assert mirrored.run().state is RunState.FAILED
    store.put("images/0.png.encord.json", b"[" * (LABEL_FILE_BYTES + 1))
    report = mirrored.run()
    assert (report.state, report.counts.label_problems) == (RunState.SUCCEEDED, 1)
    assert listed(mirrored, report.run) == ["images/0.png.encord.json"]


def _fields(one: LabelSidecars) -> dict[str, object]:
    return {name: getattr(one, name) for name in LabelSidecars.__dataclass_fields__}
