"""Backups in tests: everything that a catalog contains, and libraries to restore into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby, starmap
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from mirrorlake.core.settings import Settings
from mirrorlake.library.archive import MANIFEST, ArchiveWriter, shard_name, table_name, thumbnail_record
from mirrorlake.library.backup import write_backup
from mirrorlake.library.restore import restore_backup
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.backups import Backup, Restoration
from mirrorlake.postgres.dump import CatalogSnapshot, schema_version
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import single_key

StepCallback = Callable[[str, int, int], None]


def unwatched(_step: str, _done: int, _total: int) -> None:
    pass


def rows_of(conninfo: str, schema: str | None = None) -> dict[str, list[str]]:
    """Every row of every table of a schema that a backup has, as text in the order of the text."""
    with psycopg.connect(conninfo) as session:
        found: dict[str, list[str]] = {}
        for table in CatalogSnapshot(session, schema).tables:
            name = sql.Identifier(table.name) if schema is None else sql.Identifier(schema, table.name)
            query = sql.SQL("SELECT found::text FROM {} AS found ORDER BY 1").format(name)
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
    return write_backup(
        catalog,
        path,
        step,
        open_library=None if library is None else lambda _space: library,
        version="9.9",
        force=force,
    )


def restore(conninfo: str, folder: Path, path: Path, step: StepCallback = unwatched) -> Restoration:
    """Restore into a database, and into the thumbnails of a folder."""
    settings = Settings(home=folder / "home", database_url=conninfo)
    return restore_backup(settings, lambda part: LibraryStore.in_folder(folder / part / "thumbnails"), path, step)


def back_up_as_before(catalog: Catalog, library: LibraryStore, path: Path) -> None:
    """Write a backup as the first versions of mirrorlake did: of one workspace, whose parts are in no folder."""
    with catalog.snapshot() as session, path.open("wb") as file, ArchiveWriter(file) as archive:
        snapshot, read = CatalogSnapshot(session), _reader(catalog, library)
        tables: list[dict[str, object]] = []
        for table in snapshot.tables:
            part = archive.write(table_name("", table.name), snapshot.rows(table), compress=True)
            columns = {"table": table.name, "columns": table.columns, "rows": snapshot.count(table)}
            tables.append(columns | {"bytes": part.bytes, "digest": part.digest})
        shards: list[dict[str, object]] = []
        named = session.execute("SELECT DISTINCT digest FROM asset WHERE placeholder IS NOT NULL ORDER BY digest")
        for shard, some in groupby((bytes(digest) for (digest,) in named), key=lambda digest: digest[0]):
            found = [(digest, data) for digest in some if (data := read(digest)) is not None]
            part = archive.write(shard_name("", shard), starmap(thumbnail_record, found), compress=False)
            shards.append({"shard": shard, "count": len(found), "bytes": part.bytes, "digest": part.digest})
        manifest = {
            "format": 1,
            "version": "0.0",
            "schema": schema_version(session),
            "created": datetime.now(UTC),
            "tables": tables,
            "sequences": snapshot.sequences(),
            "thumbnails": shards,
            "missing": 0,
        }
        archive.write(MANIFEST, [msgspec.json.encode(manifest)], compress=True)
        archive._zip.close()


def _reader(catalog: Catalog, library: LibraryStore) -> Callable[[bytes], bytes | None]:
    """Reads thumbnails; before there were packs, each was a file of its own."""
    with catalog.read() as connection:
        if connection.execute("SELECT to_regclass('thumbnail')").fetchone() != (None,):
            return Thumbnails(catalog, library.store).read
    return lambda digest: library.store.get(single_key(digest)).data
