"""What callers do to a library, as the catalog records it. A run itself holds who requested or cancelled it."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What was done."""

    EDIT = "edit"  # metadata or tags of an asset
    RESTORE = "restore"  # an asset, from the trash
    ADD = "add"  # assets to a project
    REMOVE = "remove"  # assets from a project
    CHANGE_SETTINGS = "change_settings"  # of a datasource
    DELETE = "delete"  # a datasource


class Subject(StrEnum):
    """What it was done to."""

    ASSET = "asset"
    PROJECT = "project"
    DATASOURCE = "datasource"
