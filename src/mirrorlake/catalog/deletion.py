"""Delete a datasource: count the affected assets first, and delete only if the caller confirms that number."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import psycopg
from psycopg.rows import TupleRow, class_row

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.queue import cancel_waiting
from mirrorlake.catalog.runs import refuse_while_running
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.acts import Deletion
from mirrorlake.model.sources import Datasource, Orphans
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


def preview_deletion(catalog: Catalog, source: Datasource) -> Deletion:
    """The effect of deleting this datasource now."""
    with catalog.read() as connection:
        return _count(connection, source)


@retry_on_contention
def delete(catalog: Catalog, source: Datasource, acknowledged: int, *, by: Context = LIBRARY) -> Deletion:
    """Delete a datasource if exactly `acknowledged` assets are removed with it. Kept assets keep name and address.

    Raises UsageError if the number differs, PassRunning while a pass is running.
    """
    values = {"datasource_id": source.id}
    with catalog.write() as connection:
        connection.execute(statement("lock_store_for_edit").query, values)  # first, in the same order as passes
        refuse_while_running(connection, source.id)
        cancel_waiting(connection, source.id)
        connection.execute(statement("lock_assets_of").query, values)
        found = _count(connection, source)
        if found.acknowledge != acknowledged:
            raise UsageError(
                f"{count_noun(found.acknowledge, 'asset')} would be removed, not {acknowledged:,}.",
                f"To confirm that number: --acknowledge {found.acknowledge}",
            )
        steps = {
            Orphans.KEEP: (),
            Orphans.TRASH: ("trash_objects_of", "trash_assets_of"),
            Orphans.REMOVE: ("delete_objects_of", "delete_assets_of", "trash_objects_of", "trash_assets_of"),
        }[found.orphans]
        for name in (*steps, "mark_unread", "mark_shared_labels_unread", "hand_over_assets", "detach_objects_of"):
            connection.execute(statement(name).query, values)
        if connection.execute(statement("delete_datasource").query, values).rowcount == 0:
            connection.execute(statement("retire_datasource").query, values)
        record_activity(connection, by, Action.DELETE, Subject.DATASOURCE, [source.name], details=asdict(found))
    return replace(found, deleted=True)


def _count(connection: psycopg.Connection[TupleRow], source: Datasource) -> Deletion:
    cursor = connection.cursor(row_factory=class_row(_Counts))
    found = cursor.execute(statement("count_for_deletion").query, {"datasource_id": source.id}).fetchone()
    if found is None:
        raise AssertionError("an aggregate returns one row")
    policies = {config.orphans for config in source.settings.configs}
    orphans = next(policy for policy in (Orphans.KEEP, Orphans.TRASH, Orphans.REMOVE) if policy in policies)
    removed, trashed = {
        Orphans.KEEP: (0, 0),
        Orphans.TRASH: (0, found.in_sight),
        Orphans.REMOVE: (found.removable, found.in_sight_and_used),
    }[orphans]
    keeps = orphans is Orphans.KEEP
    return Deletion(
        datasource=source.name,
        orphans=orphans,
        removed=removed,
        trashed=trashed,
        kept=found.assets - removed - trashed,
        handed_over=found.shared,
        in_projects=found.in_projects,
        worked_on=0 if keeps else found.worked_on,
        annotated=0 if keeps else found.annotated,
        edited=0 if keeps else found.edited,
        tagged=0 if keeps else found.tagged,
        acknowledge=removed + trashed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """A row of `count_for_deletion`."""

    assets: int
    removable: int
    in_sight: int
    in_sight_and_used: int
    shared: int
    in_projects: int
    worked_on: int
    annotated: int
    edited: int
    tagged: int
