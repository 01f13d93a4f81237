"""Back up a library into one file, and restore such a file into an empty library."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from mirrorlake.catalog.workspaces import Space
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.library_store import library_store
from mirrorlake.library.backup import write_backup
from mirrorlake.library.restore import restore_backup
from mirrorlake.library.steps import StepCallback
from mirrorlake.model.access import DEFAULT_WORKSPACE, Context, Permission
from mirrorlake.model.backups import Backup, Restoration
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.services.base import open_resources


def back_up(
    settings: Settings,
    caller: Context,
    path: Path,
    step: StepCallback,
    *,
    thumbnails: bool,
    force: bool,
    only: str | None = None,
) -> Backup:
    """Write a backup of the library to `path`, with or without thumbnails.

    It contains all workspaces, members and keys, or `only` one workspace; settings that name a workspace other than
    `default` mean only that one. Raises NotFound for an unknown workspace, UsageError if the file exists and `force` is
    not set, Conflict, CatalogError and DiskFull.
    """
    caller.require(Permission.LIBRARY_MAINTAIN)
    if only is None and settings.workspace != DEFAULT_WORKSPACE:
        only = settings.workspace
    with open_resources(settings) as root:

        def open_library(space: Space) -> LibraryStore:
            return library_store(replace(settings, part=space.part))

        return write_backup(
            root.catalog,
            path.absolute(),
            step,
            open_library=open_library if thumbnails else None,
            version=version("mirrorlake"),
            force=force,
            only=only,
        )


def restore(
    settings: Settings, caller: Context, path: Path, step: StepCallback, *, only: str | None = None
) -> Restoration:
    """Restore a backup into the empty library of these settings; `only` one workspace becomes `default`.

    Raises BadBackup, NotFound if the backup has no such workspace, Conflict, CatalogError, DiskFull, and UsageError if
    the settings name another workspace.
    """
    caller.require(Permission.LIBRARY_MAINTAIN)
    if settings.workspace != DEFAULT_WORKSPACE:
        raise UsageError(
            "A backup is restored into an empty library, which has no other workspace than default.",
            "Leave out the workspace. To restore a single workspace of a backup as default: --only NAME",
        )

    def open_library(part: str) -> LibraryStore:
        return library_store(replace(settings, part=part))

    return restore_backup(settings, open_library, path.absolute(), step, only=only)
