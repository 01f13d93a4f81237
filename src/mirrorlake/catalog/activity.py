"""The record of who did what, written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Activity, Subject
from mirrorlake.postgres.pool import Catalog


def record_activity(
    connection: psycopg.Connection[TupleRow],
    caller: Context,
    action: Action,
    kind: Subject,
    subjects: Iterable[object],
    *,
    details: Mapping[str, object] | None = None,
) -> None:
    """Record an action of the caller on these subjects of one kind. `details` must be valid as JSON."""
    connection.execute(
        statement("record_activity").query,
        {
            "workspace": caller.workspace,
            "actor_kind": caller.actor.kind.value,
            "actor": caller.actor.name,
            "action": action.value,
            "subject_kind": kind.value,
            "subjects": [str(subject) for subject in subjects],
            "details": Jsonb(dict(details or {})),
        },
    )


def list_activity(
    catalog: Catalog,
    workspace: str,
    *,
    limit: int,
    kind: Subject | None = None,
    subject: str | None = None,
    before: int | None = None,
) -> list[Activity]:
    """The activity of a workspace, newest first, optionally of one kind of subject or of one, older than `before`."""
    values = {
        "workspace": workspace,
        "limit": limit,
        "kind": None if kind is None else kind.value,
        "subject": subject,
        "before": before,
    }
    with catalog.read() as connection:
        rows = connection.execute(statement("list_activity").query, values).fetchall()
    return [
        Activity(
            id=number,
            at=at,
            actor_kind=actor_kind,
            actor=actor,
            action=action,
            subject_kind=subject_kind,
            subject=named,
            details=details,
        )
        for number, at, actor_kind, actor, action, subject_kind, named, details in rows
    ]
