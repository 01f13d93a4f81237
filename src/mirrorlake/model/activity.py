"""Actions of callers as the catalog records them. A run has its own fields for who requested or cancelled it."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """The kind of action."""

    EDIT = "edit"  # metadata or tags of an asset
    RESTORE = "restore"  # an asset, from the trash
    ADD = "add"  # assets to a project
    REMOVE = "remove"  # assets from a project
    CHANGE_SETTINGS = "change_settings"  # of a datasource
    DELETE = "delete"  # a datasource
    FORCE_RUN = "force_run"  # of a datasource, during the cooldown


class Subject(StrEnum):
    """The kind of its subject."""

    ASSET = "asset"
    PROJECT = "project"
    DATASOURCE = "datasource"
