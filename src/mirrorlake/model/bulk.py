"""Bulk edits: one change of many assets, its result, and what undoing it restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.edits import Edit
from mirrorlake.model.public import public_noun

MAX_IDS = 10_000  # assets that one request names; more are selected by a query
MAX_UPDATES = 1000  # assets with changes of their own in one request


class ChangeKind(StrEnum):
    """What a bulk edit changed of an asset, as stored in `edit_change.kind`."""

    METADATA = "metadata"
    TAG = "tag"  # added
    CLAIM = "claim"  # a tag of keywords, which stays without them from then on
    UNTAG = "untag"  # removed
    PROJECT = "project"  # added to one
    UNPROJECT = "unproject"  # removed from one
    RESTORE = "restore"  # from the trash, with its objects
    TRASH = "trash"  # moved to the trash by a person


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPart:
    """Some assets, by query or by ids, and what changes of them."""

    query: str | None = None
    assets: tuple[str, ...] = ()
    edit: Edit = field(default_factory=Edit)
    restore: bool = False  # from the trash, instead of an edit
    trash: bool = False  # to the trash, instead of an edit


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEdit:
    """Changes of many assets as one job: the assets of one part after those of the other."""

    parts: tuple[EditPart, ...]

    @classmethod
    def of(cls, edit: Edit, *, query: str | None = None, assets: tuple[str, ...] = ()) -> BulkEdit:
        """One change of all assets that match a query, or of these assets."""
        return cls(parts=(EditPart(query=query, assets=assets, edit=edit),))

    @classmethod
    def of_updates(cls, updates: Mapping[str, Edit]) -> BulkEdit:
        """A change of its own for each of these assets."""
        return cls(parts=tuple(EditPart(assets=(asset,), edit=edit) for asset, edit in updates.items()))

    @classmethod
    def restoring(cls, *, query: str | None = None, assets: tuple[str, ...] = ()) -> BulkEdit:
        """The restoration of assets from the trash."""
        return cls(parts=(EditPart(query=query, assets=assets, restore=True),))

    @classmethod
    def trashing(cls, *, query: str | None = None, assets: tuple[str, ...] = ()) -> BulkEdit:
        """The removal of assets to the trash."""
        return cls(parts=(EditPart(query=query, assets=assets, trash=True),))


@public_noun
class BulkEditPreview:
    """What a bulk edit would do now."""

    assets: int
    """Assets that it selects."""
    changed: int
    """Those of them that it would change."""
    notes: tuple[str, ...] = ()
    """Names in its queries that the library does not know: it may select nothing, or too much."""


@public_noun
class BulkEditResult:
    """The result of a bulk edit."""

    assets: int
    """Assets that were selected when the job began."""
    changed: int
    """Those of them that it changed."""
    undo_until: datetime
    """The job can be undone until then."""


@public_noun
class UndoResult:
    """The result of undoing a bulk edit."""

    undone: int
    """The job that was undone."""
    restored: int
    """Assets with a change that was undone."""
    left: int
    """Assets with a change that was left, because somebody has changed the same key, tag or project since."""
    left_by_name: Mapping[str, int]
    """How many assets were left for each key, tag or project, such as `metadata.site` or `tag:review`."""
    left_assets: tuple[str, ...]
    """The ids of the first assets that were left."""
    gone: int
    """Assets that no longer exist."""


@public_noun
class ValueChange:
    """A metadata key before and after a change; null: the asset did not have it."""

    before: str | int | float | bool | None
    after: str | int | float | bool | None


@public_noun
class HistoryEntry:
    """One change of an asset in its history."""

    at: datetime
    actor: str
    action: str
    """The kind of action: edit, bulk_edit, undo, restore, trash, annotate, import_labels or label_file."""
    job: int | None
    """The job of a bulk edit or undo."""
    metadata: Mapping[str, ValueChange]
    """The changed keys. The value before is null as well once it was purged, or was never recorded."""
    tags_added: tuple[str, ...]
    tags_removed: tuple[str, ...]
    projects_added: tuple[str, ...]
    projects_removed: tuple[str, ...]
    ontology: str | None = None
    """The ontology of the annotations that changed."""
    annotations_added: int = 0
    annotations_removed: int = 0
    """Known of single changes; what an import, a function or a label file replaced is not counted."""
