"""Back up a library into one file, and restore such a file into an empty library."""

from __future__ import annotations

from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from mirrorlake.core.settings import Settings
from mirrorlake.jobs.library_store import library_store
from mirrorlake.library.audit import StepCallback
from mirrorlake.library.backup import write_backup
from mirrorlake.library.restore import restore_backup
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.backups import Backup, Restoration
from mirrorlake.services.base import open_resources


def back_up(
    settings: Settings, caller: Context, path: Path, step: StepCallback, *, thumbnails: bool, force: bool
) -> Backup:
    """Write a backup of the library to `path`, with or without thumbnails.

    Raises UsageError if the file exists and `force` is not set, Conflict, CatalogError and DiskFull.
    """
    caller.require(Permission.LIBRARY_MAINTAIN)
    path = path.absolute()
    with open_resources(settings) as resources, closing(library_store(settings)) as library:
        return write_backup(
            resources.catalog,
            library if thumbnails else None,
            path,
            step,
            version=version("mirrorlake"),
            force=force,
        )


def restore(settings: Settings, caller: Context, path: Path, step: StepCallback) -> Restoration:
    """Restore a backup into the empty library of these settings. Raises BadBackup, Conflict, CatalogError, DiskFull."""
    caller.require(Permission.LIBRARY_MAINTAIN)
    return restore_backup(settings, library_store(settings), path.absolute(), step)
