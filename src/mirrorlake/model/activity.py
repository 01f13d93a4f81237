"""Actions of callers as the catalog records them. A run has its own fields for who requested or cancelled it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorlake.model.public import public_noun


class Action(StrEnum):
    """The kind of action."""

    EDIT = "edit"  # metadata or tags of an asset
    RESTORE = "restore"  # an asset, from the trash
    ADD = "add"  # assets to a project
    REMOVE = "remove"  # assets from a project
    CHANGE_SETTINGS = "change_settings"  # of a datasource
    DELETE = "delete"  # a datasource
    ANNOTATE = "annotate"  # an asset
    CHANGE_CLASSES = "change_classes"  # of an ontology
    IMPORT_LABELS = "import_labels"  # into an ontology
    FORCE_RUN = "force_run"  # of a datasource, during the cooldown


class Subject(StrEnum):
    """The kind of its subject."""

    ASSET = "asset"
    PROJECT = "project"
    DATASOURCE = "datasource"
    ONTOLOGY = "ontology"


@public_noun
class Activity:
    """One change that a caller made, with who made it."""

    id: int
    at: datetime
    actor_kind: str
    """How the actor is identified: user, token, worker or schedule."""
    actor: str
    action: str
    """The kind of action: edit, restore, add, remove, change_settings or delete."""
    subject_kind: str
    """The kind of its subject: asset, project, datasource or ontology."""
    subject: str
    """The id of an asset, or the name of its other subject at that time."""
    details: Mapping[str, Any]
    """What was changed; its members depend on the action."""
