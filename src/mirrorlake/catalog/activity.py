"""The record of who did what, written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Activity, ActivityFilter, Subject
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


def record_activity(
    connection: psycopg.Connection[TupleRow],
    caller: Context,
    action: Action,
    kind: Subject,
    subjects: Iterable[object],
    *,
    details: Mapping[str, object] | None = None,
    refused: bool = False,
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
            "address": caller.address,
            "credential": caller.credential,
            "refused": refused,
        },
    )


@retry_on_contention
def record_alone(
    catalog: Catalog,
    caller: Context,
    action: Action,
    kind: Subject,
    subject: str,
    *,
    details: Mapping[str, object] | None = None,
    refused: bool = False,
) -> None:
    """Record an action that changes nothing else, such as signing in or a refusal."""
    with catalog.write() as connection:
        record_activity(connection, caller, action, kind, [subject], details=details, refused=refused)


def list_activity(
    catalog: Catalog, workspace: str, chosen: ActivityFilter, *, limit: int, before: int | None = None, audit: bool
) -> list[Activity]:
    """The newest activity of a workspace, older than `before`. `audit`: with what was refused, and from where."""
    values = {
        "workspace": workspace,
        "limit": limit,
        "kind": None if chosen.kind is None else chosen.kind.value,
        "subject": chosen.subject,
        "actor": chosen.actor,
        "action": chosen.action,
        "refused": chosen.refused,
        "since": chosen.since,
        "until": chosen.until,
        "before": before,
        "audit": audit,
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
            address=address if audit else None,
            credential=credential if audit else None,
            refused=refused,
        )
        for number, at, actor_kind, actor, action, subject_kind, named, details, address, credential, refused in rows
    ]
