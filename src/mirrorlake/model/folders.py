"""Folders of buckets."""

from __future__ import annotations

from mirrorlake.model.public import public_noun


@public_noun
class Folder:
    """A folder of a datasource that has assets."""

    datasource: str
    path: str
    """What the keys in it begin with; ends with /."""
    name: str
    """The last part of the path, without /. Empty in keys with //."""
    assets: int
    """Number of assets in it and below it, without the trash."""
    has_folders: bool
    """Whether there are folders in it."""
