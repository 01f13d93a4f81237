"""Actions of callers as the catalog records them. A run has its own fields for who requested or cancelled it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorlake.model.public import public_noun


class Action(StrEnum):
    """The kind of action."""

    CREATE = "create"  # a connection or datasource
    EDIT = "edit"  # metadata or tags of an asset
    RESTORE = "restore"  # an asset, from the trash
    ADD = "add"  # assets to a project
    REMOVE = "remove"  # assets from a project
    CHANGE_SETTINGS = "change_settings"  # of a datasource or connection
    DELETE = "delete"  # a datasource or connection
    ANNOTATE = "annotate"  # an asset
    CHANGE_CLASSES = "change_classes"  # of an ontology
    IMPORT_LABELS = "import_labels"  # into an ontology
    FORCE_RUN = "force_run"  # of a datasource, during the cooldown


class Subject(StrEnum):
    """The kind of its subject."""

    ASSET = "asset"
    PROJECT = "project"
    DATASOURCE = "datasource"
    WEBHOOK = "webhook"
    CONNECTION = "connection"
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
    """The kind of action: create, edit, restore, add, remove, change_settings, delete or force_run."""
    subject_kind: str
    """The kind of its subject, such as asset, project, datasource or connection."""
    subject: str
    """The id of an asset, or the name of its other subject at that time."""
    details: Mapping[str, Any]
    """What was changed; its members depend on the action."""
