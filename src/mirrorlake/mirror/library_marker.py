"""Markers of the libraries that use a thumbnail store: an empty object for each, named by the library's id.

Without them, two libraries that share a store by mistake, or a library whose database was replaced, would treat each
other's thumbnails as orphaned.
"""

from __future__ import annotations

import re
from contextlib import suppress

from mirrorlake.catalog.thumbnails import library_id
from mirrorlake.core.errors import ObjectExists, ObjectGone
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.storage.writable import WritableStore

MARKERS = "libraries"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mark_store(catalog: Catalog, library: LibraryStore) -> str:
    """Mark a thumbnail store as this library's, once, and return the marker's key. Raises CatalogError, DiskFull."""
    key, store = f"{MARKERS}/{library_id(catalog)}", library.store
    try:
        store.head(key)
    except ObjectGone:
        with suppress(ObjectExists):  # by another process of the same library
            store.put_if_absent(key, b"")
    return key


def list_other_markers(store: WritableStore, ours: str) -> list[str]:
    """The markers of other libraries in the same store."""
    listed = (one.key for one in store.list(f"{MARKERS}/"))
    return sorted(key for key in listed if key != ours and _ID.fullmatch(key.partition("/")[2]))
