"""Backups in tests: everything that a catalog contains, and libraries to restore into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from mirrorlake.core.settings import Settings
from mirrorlake.library.backup import write_backup
from mirrorlake.library.restore import restore_backup
from mirrorlake.model.backups import Backup, Restoration
from mirrorlake.postgres.dump import CatalogSnapshot
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore

StepCallback = Callable[[str, int, int], None]


def unwatched(_step: str, _done: int, _total: int) -> None:
    pass


def rows_of(conninfo: str) -> dict[str, list[str]]:
    """Every row of every table that a backup has, as text in the order of the text."""
    with psycopg.connect(conninfo) as session:
        found: dict[str, list[str]] = {}
        for table in CatalogSnapshot(session).tables:
            query = sql.SQL("SELECT found::text FROM {} AS found ORDER BY 1").format(sql.Identifier(table.name))
            found[table.name] = [row[0] for row in session.execute(query)]
        return found


def is_empty(conninfo: str) -> bool:
    """Whether a database has no tables at all, or only those of a new library."""
    rows = rows_of(conninfo)
    return all(not found for table, found in rows.items() if table != "library")


def back_up(
    catalog: Catalog,
    library: LibraryStore | None,
    path: Path,
    step: StepCallback = unwatched,
    *,
    force: bool = False,
) -> Backup:
    return write_backup(catalog, library, path, step, version="9.9", force=force)


def restore(conninfo: str, folder: Path, path: Path, step: StepCallback = unwatched) -> Restoration:
    """Restore into a database, and into the thumbnails of a folder."""
    settings = Settings(home=folder / "home", database_url=conninfo)
    return restore_backup(settings, LibraryStore.in_folder(folder / "thumbnails"), path, step)
