"""The history of one asset: who changed what and when, alone or together with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mirrorlake.catalog.assets import asset_not_found, parse_asset_id
from mirrorlake.catalog.statements import statement
from mirrorlake.core.cursors import unusable_cursor
from mirrorlake.model.activity import Action
from mirrorlake.model.assets import Scalar
from mirrorlake.model.bulk import ChangeKind, HistoryEntry, ValueChange
from mirrorlake.postgres.pool import Catalog

_OF_LABELS = 3  # the source of changes that its annotations show

Place = tuple[datetime, int, int]  # of a change in a history: its time, source and number


def list_changes(
    catalog: Catalog, asset_id: str, *, limit: int, before: Place | None = None
) -> list[tuple[Place, HistoryEntry]]:
    """The changes of an asset, newest first, older than the place `before`. Raises NotFound."""
    number = parse_asset_id(asset_id)
    at, source, identity = before or (None, None, None)
    values = {"id": number, "subject": str(number), "limit": limit}
    values |= {"before_at": at, "before_source": source, "before_id": identity}
    with catalog.read() as connection:
        if connection.execute(statement("existing_assets").query, {"ids": [number]}).fetchone() is None:
            raise asset_not_found(asset_id)
        rows = connection.execute(statement("asset_history").query, values).fetchall()
    return [((row[0], row[1], row[2]), _change(*row)) for row in rows]


def write_place(place: Place) -> str:
    """A place in a history as a text, for cursors."""
    at, source, number = place
    return f"{at.isoformat()} {source} {number}"


def read_place(text: str) -> Place:
    """Read a place. Raises UsageError."""
    try:
        at, source, number = text.split(" ")
        return datetime.fromisoformat(at), int(source), int(number)
    except ValueError as error:
        raise unusable_cursor() from error


_MOVES: Mapping[str, Action] = {ChangeKind.RESTORE: Action.RESTORE, ChangeKind.TRASH: Action.TRASH}


def _change(at: datetime, source: int, *rest: Any) -> HistoryEntry:
    _, actor, action, job, details = rest
    if source == _OF_LABELS:
        found = _of_labels(details)
    else:
        found = _of_activity(action, details) if source == 0 else _of_batch(details, undone=action == Action.UNDO)
    if action == Action.BULK_EDIT:
        action = next((_MOVES[one["kind"]].value for one in details if one["kind"] in _MOVES), action)
    return replace(found, at=at, actor=actor, action=action, job=job)


def _of_activity(action: str, details: Mapping[str, Any]) -> HistoryEntry:
    if action == Action.ANNOTATE:
        return _of_labels(details)
    if action != Action.EDIT:
        return _NOTHING
    recorded = "before" in details  # earlier versions did not
    before: Mapping[str, Any] = details.get("before", {})
    values: Mapping[str, Scalar] = before.get("metadata", {})
    given: Mapping[str, Scalar] = details.get("metadata", {})
    has = {"tags": set(before.get("tags", ())), "projects": set(before.get("projects", ()))}

    def names(member: str, *, added: bool) -> tuple[str, ...]:
        named: Sequence[str] = details.get(f"{'add' if added else 'remove'}_{member}", ())
        return tuple(name for name in named if not recorded or (name in has[member]) != added)

    removed = [key for key in details.get("remove_metadata", ()) if key in values or not recorded]
    return replace(
        _NOTHING,
        metadata={key: ValueChange(before=values.get(key), after=given.get(key)) for key in (*given, *removed)},
        tags_added=names("tags", added=True),
        tags_removed=names("tags", added=False),
        projects_added=names("projects", added=True),
        projects_removed=names("projects", added=False),
    )


def _of_labels(details: Mapping[str, Any]) -> HistoryEntry:
    return replace(
        _NOTHING,
        ontology=details["ontology"],
        annotations_added=details["added"],
        annotations_removed=details["removed"],
    )


def _of_batch(changes: Sequence[Mapping[str, Any]], *, undone: bool) -> HistoryEntry:
    """What a batch changed, or what undoing it brought back where nobody had changed it since."""
    metadata: dict[str, ValueChange] = {}
    names: dict[ChangeKind, list[str]] = {kind: [] for kind in ChangeKind}
    for change in changes:
        kind = ChangeKind(change["kind"])
        if kind is ChangeKind.METADATA:
            metadata |= _values(change, undone=undone)
        else:
            names[kind].append(change["name"])
    step = -1 if undone else 1
    added, removed = (ChangeKind.TAG, ChangeKind.UNTAG)[::step]
    joined, parted = (ChangeKind.PROJECT, ChangeKind.UNPROJECT)[::step]
    return replace(
        _NOTHING,
        metadata=metadata,
        tags_added=tuple(names[added]),
        tags_removed=tuple(names[removed]),
        projects_added=tuple(names[joined]),
        projects_removed=tuple(names[parted]),
    )


def _values(change: Mapping[str, Any], *, undone: bool) -> dict[str, ValueChange]:
    before: Sequence[Any] | None = change["before"]  # None: purged
    values: Mapping[str, Scalar] = {} if before is None else before[0]
    given: Mapping[str, Scalar] = change["set"]["metadata"]
    removed = [key for key in change["set"]["remove_metadata"] if before is None or key in values]
    found: dict[str, ValueChange] = {}
    for key in (*given, *removed):
        old, new = values.get(key), given.get(key)
        found[key] = ValueChange(before=new, after=old) if undone else ValueChange(before=old, after=new)
    return found


_NOTHING = HistoryEntry(
    at=datetime.min.replace(tzinfo=UTC),
    actor="",
    action="",
    job=None,
    metadata={},
    tags_added=(),
    tags_removed=(),
    projects_added=(),
    projects_removed=(),
)
