"""The record of who did what, written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject


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
