"""Markers of what uses a thumbnail store: an object for each library, and for each database that a library has.

    libraries/ID              an empty object, named by the id of the library
    databases/ID/DATABASE     where that database is; renewed while it is in use

Without them, two libraries that share a store by mistake, or a library whose database was replaced, would treat each
other's thumbnails as orphaned. A restored backup has the id of its library: its database has a marker of its own, as
each of the two deletes packs that the other one may still need.
"""

from __future__ import annotations

import platform
import re
import time
from contextlib import suppress

from mirrorlake.catalog.thumbnails import database_id, library_id
from mirrorlake.core.errors import Conflict, ObjectExists, ObjectGone
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.storage.writable import StoredObject, WritableStore

MARKERS = "libraries"
DATABASES = "databases"
RENEW_S = 12 * 3600.0  # between two writes of the marker of a database
UNUSED_S = 30 * 86400.0  # without a run: after that, a copy of the database is gone, as after a move to another server
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mark_store(catalog: Catalog, library: LibraryStore) -> str:
    """Mark a thumbnail store as this library's and its database's; return the library's marker.

    Raises CatalogError, DiskFull.
    """
    owner, store = library_id(catalog), library.store
    key, database = f"{MARKERS}/{owner}", f"{DATABASES}/{owner}/{database_id(catalog)}"
    if _find(store, key) is None:
        with suppress(ObjectExists):  # by another process of the same library
            store.put_if_absent(key, b"")
    marker = _find(store, database)
    if marker is None or marker.modified < time.time() - RENEW_S:
        store.put(database, f"PostgreSQL {catalog.address}, as seen from {platform.node()}".encode())
    return key


def check_unshared(catalog: Catalog, store: WritableStore, now: float) -> None:
    """Raise Conflict if another library, or a copy of this one, uses the store too. `now` is by the store's clock."""
    owner = library_id(catalog)
    others = _other_markers(store, f"{MARKERS}/{owner}")
    if others:
        raise Conflict(
            f"Another library also keeps its thumbnails in {store.name}: they would be treated as orphaned.",
            f"Give each library its own store. If the other library no longer exists, delete its marker: {others[0]}",
        )
    check_uncopied(catalog, store, now, below=f"{DATABASES}/{owner}/")


def check_uncopied(catalog: Catalog, store: WritableStore, now: float, *, below: str) -> None:
    """Raise Conflict if another database than this one has a marker in this folder and was in use of late."""
    own = database_id(catalog)
    for one in store.list(below):
        if one.key.rpartition("/")[2] != own and one.modified > now - UNUSED_S:
            where = store.get(one.key).data.decode("utf-8", "replace")
            raise Conflict(
                f"A copy of this library also keeps its files in {store.name}: those that it needs would be deleted. "
                f"Its database is {where}.",
                f"Give the copy its own store. If it no longer exists, delete its marker: {one.key}",
            )


def _other_markers(store: WritableStore, ours: str) -> list[str]:
    listed = (one.key for one in store.list(f"{MARKERS}/"))
    return sorted(key for key in listed if key != ours and _ID.fullmatch(key.partition("/")[2]))


def _find(store: WritableStore, key: str) -> StoredObject | None:
    try:
        return store.head(key)
    except ObjectGone:
        return None
