"""Upload files: store them as objects of a datasource, and have them imported like any other new object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from mirrorlake.catalog import connections, datasources, events, uploads
from mirrorlake.catalog.limits import require_room
from mirrorlake.catalog.uploads import StoredFile
from mirrorlake.core.errors import PermissionDenied, UsageError
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.events import EventsArgs
from mirrorlake.library.asset_uploads import safe_name, store_in_bucket, store_in_folder, takes_json
from mirrorlake.model.access import Context
from mirrorlake.model.events import EventCounts
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.media import MediaKind
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.model.uploads import DATASOURCE, MAX_FILES, Upload, UploadOptions
from mirrorlake.select.edits import check_edit
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import require_edit
from mirrorlake.storage.providers.folder.provider import folder_location

Files = Sequence[tuple[str, BinaryIO]]  # the name of each file, and its bytes


def upload_files(resources: Resources, files: Files, options: UploadOptions, *, by: Context) -> Sequence[Upload]:
    """Store files and queue their import. Errors as in `Assets.upload_files`."""
    source, stored = _store(resources, files, options, by)
    made = uploads.record(resources.catalog, source.id, stored, check_edit(options.edit), options.split, by=by)
    events.add_hints(resources.catalog, source.id, [one.key for one in stored], EventCounts())
    return made


def upload_here(resources: Resources, files: Files, options: UploadOptions, *, by: Context) -> Sequence[Upload]:
    """Store files and import them in this process. Raises PassRunning during a run of the datasource, too."""
    source, stored = _store(resources, files, options, by)
    made = uploads.record(resources.catalog, source.id, stored, check_edit(options.edit), options.split, by=by)
    events.add_hints(resources.catalog, source.id, [one.key for one in stored], EventCounts(), enqueue=False)
    job = new_job(JobKind.EVENTS, EventsArgs(), datasource=source, requested_by=by.actor.name)
    run_here(resources.settings, resources.catalog, job)
    return [uploads.get(resources.catalog, one.id) for one in made]


def _store(
    resources: Resources, files: Files, options: UploadOptions, by: Context
) -> tuple[Datasource, list[StoredFile]]:
    if not 0 < len(files) <= MAX_FILES:
        raise UsageError("No file was given." if not files else f"More than {MAX_FILES} files were given.", "")
    require_room(resources.catalog, len(files))
    require_edit(options.edit, by)
    edit = check_edit(options.edit)
    if options.split is not None and not edit.add_projects:
        raise UsageError("A split is part of a project, and none was named.", "Name the project, too.")
    if options.datasource is None or options.datasource == DATASOURCE:
        for name, _ in files:
            safe_name(name, json=True)
        folder = resources.settings.uploads
        source, _ = datasources.find_or_create(
            resources.catalog,
            name=None,
            location=folder_location(str(folder), str(folder)),
            access=Access(),
            # Metadata is given with an upload, so that a JSON file is an asset like any other.
            settings=MirrorSettings(media=tuple(MediaKind), base_name_sidecars=False),
            by=by,
        )
        json = takes_json(source.settings)  # False in a library whose first upload was made by an older version
        for name, _ in files:
            safe_name(name, json=json)
        return source, _store_all(folder, files, json=json)
    source = datasources.named(resources.catalog, options.datasource)
    _check_writable(resources, source)
    for name, _ in files:
        safe_name(name, plain=True, json=takes_json(source.settings))
    config = resources.stores(source)
    return source, [store_in_bucket(source, config, name, file) for name, file in files]


def _store_all(folder: Path, files: Files, *, json: bool) -> list[StoredFile]:
    """Store all files or none: a run would import those without a record, but not their metadata."""
    stored: list[StoredFile] = []
    try:
        for name, file in files:
            stored.append(store_in_folder(folder, name, file, json=json))
    except BaseException:
        for one in stored:
            (folder / one.key).unlink(missing_ok=True)
        raise
    return stored


def _check_writable(resources: Resources, source: Datasource) -> None:
    """Raise PermissionDenied unless the connection of the datasource was set up to write."""
    allowed = False
    if source.connection_id is not None:
        allowed = connections.by_id(resources.catalog, source.connection_id).connection.settings.allow_writes
    if not allowed:
        raise PermissionDenied(
            f"mirrorlake may not write to the datasource {source.name}.",
            "Give it a connection that may write (--allow-writes), or upload without naming a datasource.",
        )
