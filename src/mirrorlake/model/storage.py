"""What the objects of a library take up in their buckets, by type, datasource and folder."""

from __future__ import annotations

from mirrorlake.model.public import public_noun


@public_noun
class StorageShare:
    """A part of the library, without the trash."""

    name: str
    """A media type such as image/jpeg, a datasource, or the path of a folder, which ends with /."""
    datasource: str | None = None
    """Of a folder."""
    assets: int
    bytes: int
    """Of their objects."""


@public_noun
class Storage:
    """The bytes of a library by type, datasource and folder, those of the most bytes first."""

    types: tuple[StorageShare, ...]
    datasources: tuple[StorageShare, ...]
    """The largest. An asset that several datasources reach counts for the one that governs it."""
    folders: tuple[StorageShare, ...]
    """The largest of those at the top of each datasource."""
    sampled: float | None
    """The fraction of the library that was read, if not all of it: the numbers are then estimates."""
