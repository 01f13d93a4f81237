"""Jobs on a full disk fail with one sentence, leave nothing half written, and succeed once there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.disks import SmallDisk, small_disk
from tests.support.job_library import ME, PICTURES, JobLibrary, job_library

from mirrorlake.catalog import jobs
from mirrorlake.core.errors import DiskFull
from mirrorlake.jobs.execution import execute, new_job
from mirrorlake.jobs.library_store import UPLOADS, library_store
from mirrorlake.library.label_uploads import LabelUploads
from mirrorlake.model.exports import ExportFormat, ExportOptions
from mirrorlake.model.jobs import JobKind, JobState, NewJob
from mirrorlake.model.labels import LabelImportOptions
from mirrorlake.postgres.pool import Catalog

EXPORT_BYTES = 10_000_000  # of all assets: two parts in the store
ROOM = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "small", mebibytes=32) as made:
        yield made


@pytest.fixture
def library(empty_catalog: Catalog, disk: SmallDisk, tmp_path: Path) -> JobLibrary:
    made = job_library(empty_catalog, disk.root / "home", tmp_path / "photos")
    with empty_catalog.write() as connection:
        size = EXPORT_BYTES // PICTURES
        connection.execute("UPDATE asset SET metadata = jsonb_build_object('text', repeat('a', %s))", [size])
    return made


def an_export() -> NewJob:
    return new_job(JobKind.ASSETS_EXPORT, ExportOptions(query="state:any", format=ExportFormat.JSONL), requested_by=ME)


def an_import(library: JobLibrary) -> NewJob:
    store = library_store(library.settings, UPLOADS).store
    file = b"0 0.5 0.5 0.1 0.1\n" + b"\n" * (2 * ROOM)
    upload = LabelUploads(store).write([file])
    options = LabelImportOptions(path="00.txt", format="yolo", ontology="site", add_classes=True, upload=upload.id)
    return new_job(JobKind.LABELS_IMPORT, options, requested_by=ME)


def files_of(library: JobLibrary) -> list[str]:
    """All exported and temporary files."""
    folders = (library.settings.home / "scratch", library.settings.thumbnails.parent / "exports")
    found = [Path(folder) / name for top in folders for folder, _, names in os.walk(top) for name in names]
    return [one.name for one in found if one.name != "gate"]


# For a part of the temporary file; for it, and the first part of the kept one.
@pytest.mark.parametrize("room", [ROOM, EXPORT_BYTES + 8_000_000 + ROOM])
def test_an_export_to_a_full_disk_leaves_nothing_and_succeeds_later(
    library: JobLibrary, disk: SmallDisk, room: int
) -> None:
    disk.fill(leave=room)
    check_job(library, disk, an_export())


def test_a_label_import_on_a_full_disk_succeeds_later(library: JobLibrary, disk: SmallDisk) -> None:
    job = an_import(library)
    disk.fill(leave=ROOM)
    check_job(library, disk, job)


def check_job(library: JobLibrary, disk: SmallDisk, job: NewJob) -> None:
    """The job fails on the full disk with one sentence, and succeeds with room."""
    first = jobs.request(library.catalog, job)
    with pytest.raises(DiskFull):
        execute(library.claimed(job.kind))
    failed = library.job(first)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.startswith("No space is left")
    assert str(disk.root) in failed.error
    assert "Free some space" in failed.error
    assert files_of(library) == []

    disk.empty()
    second = jobs.request(library.catalog, job)
    execute(library.claimed(job.kind))
    assert library.job(second).state is JobState.SUCCEEDED
