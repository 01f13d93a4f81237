"""Actions of callers as the catalog records them. A run has its own fields for who requested or cancelled it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorlake.model.public import public_noun


class Action(StrEnum):
    """The kind of action."""

    CREATE = "create"  # a workspace, connection or datasource
    EDIT = "edit"  # metadata, tags or projects of an asset
    BULK_EDIT = "bulk_edit"  # of many assets, by a job
    UNDO = "undo"  # a bulk edit
    RESTORE = "restore"  # an asset, from the trash
    TRASH = "trash"  # assets, by a person
    ADD = "add"  # assets to a project
    REMOVE = "remove"  # assets from a project
    CHANGE_SETTINGS = "change_settings"  # of a datasource or connection
    DELETE = "delete"  # a workspace, datasource or connection
    RENAME = "rename"  # a workspace
    CHANGE = "change"  # a saved search
    LIMIT = "limit"  # a workspace
    ANNOTATE = "annotate"  # an asset
    CHANGE_CLASSES = "change_classes"  # of an ontology
    IMPORT_LABELS = "import_labels"  # into an ontology
    SPLIT = "split"  # a project
    FREEZE = "freeze"  # a project, as a snapshot
    FORCE_RUN = "force_run"  # of a datasource, during the cooldown
    CHANGE_ROLE = "change_role"  # of a member
    INVITE = "invite"  # a member
    SET_PASSWORD = "set_password"  # noqa: S105  of a member
    REVOKE = "revoke"  # an API key
    ROTATE = "rotate"  # the master key
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    END_SESSION = "end_session"  # of another browser
    REQUEST = "request"  # refused, since the caller lacks a permission or presented an invalid key


class Subject(StrEnum):
    """The kind of its subject."""

    ASSET = "asset"
    PROJECT = "project"
    DATASOURCE = "datasource"
    WEBHOOK = "webhook"
    FUNCTION = "function"
    JOB = "job"  # that changed many assets
    CONNECTION = "connection"
    ONTOLOGY = "ontology"
    WORKSPACE = "workspace"
    SEARCH_INDEX = "search_index"
    SAVED_SEARCH = "saved_search"
    MEMBER = "member"
    API_KEY = "api_key"
    MASTER_KEY = "master_key"
    SESSION = "session"
    PERMISSION = "permission"


@public_noun
class Activity:
    """One change that a caller made, with who made it."""

    id: int
    at: datetime
    actor_kind: str
    """How the actor is identified: user, token, member, key, worker or schedule."""
    actor: str
    action: str
    """The kind of action, such as create, edit, bulk_edit, undo, restore, add, remove, split, freeze or delete."""
    subject_kind: str
    """The kind of its subject, such as asset, project, datasource or connection."""
    subject: str
    """The id of an asset, or the name of its other subject at that time."""
    details: Mapping[str, Any]
    """What was changed; its members depend on the action."""
    address: str | None = None
    """The network address of the caller; null on this machine, and without the permission audit:read."""
    credential: str | None = None
    """The API key or session of the caller; null likewise."""
    refused: bool = False
    """Whether it was refused. Shown only with the permission audit:read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Which activity to show. Everything that is given must match."""

    kind: Subject | None = None
    subject: str | None = None  # of `kind`
    actor: str | None = None
    action: str | None = None
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
