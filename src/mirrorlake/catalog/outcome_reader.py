"""What a run told of single objects, read for people: of what it held back, also what became of that."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.statements import statement
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState


def read_outcomes(
    connection: psycopg.Connection[TupleRow],
    run: Run,
    *,
    limit: int,
    offset: int,
    kind: OutcomeKind | None,
    after: str | None,
) -> list[Outcome]:
    """What happened to single objects in a run, by key, of one kind or of all, as things stand now; after a key.

    Of a removal that was held, the reason says what became of it.
    """
    rows = connection.execute(
        statement("list_outcomes").query,
        {
            "run_id": run.id,
            "kind": None if kind is None else kind.value,
            "limit": limit,
            "offset": offset,
            "after": after,
        },
    ).fetchall()
    return [
        Outcome(
            key=key,
            kind=OutcomeKind(kind),
            stage=stage,
            reason=_held_result(run, later, then, reason) if held else reason,
            asset_id=None if asset is None else str(asset),
        )
        for key, kind, stage, reason, asset, held, later, then in rows
    ]


def _held_result(run: Run, later: int | None, then: str | None, waits: str | None) -> str | None:
    """What became of a held removal: `later` is the run that came to it, `then` what that one told of it."""
    if later is not None:
        return f"Its removal was held, and confirmed. Run {later}: {then}"
    if run.hold is not None and run.hold.confirmed_by is not None:
        return f"Its removal was held, and confirmed. Run {run.hold.confirmed_by} found nothing left to do about it"
    if run.state is RunState.CANCELLED:
        return "Its removal was held, and dismissed: nothing was done about it"
    if run.hold is not None and run.hold.superseded_by is not None:
        return f"Its removal was held; run {run.hold.superseded_by} judged anew what vanished"
    return waits
