"""Recognise an address that names one object of a bucket instead of a folder."""

from __future__ import annotations

from mirrorlake.core.errors import AccessDenied, ObjectGone
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.base import SingleObject


def find_single_object(location: Location, store: Store) -> SingleObject | None:
    """Determined by a HEAD request for the address without its last slash."""
    key = location.prefix.removesuffix("/")
    if not key:
        return None
    try:
        store.head(key)
    except (ObjectGone, AccessDenied):
        return None  # with only the permission to list, an empty folder is still not an error
    folder, _, name = key.rpartition("/")
    bucket = f"{location.provider.value}://{location.container}"
    return SingleObject(uri=f"{bucket}/{key}", folder=f"{bucket}/{folder}", name=name)
