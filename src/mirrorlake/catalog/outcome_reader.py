"""Read the outcomes of a run for users, including the later result of held removals."""

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
    """The outcomes of a run by key, after a given key, of one kind or of all.

    The reason of a held removal includes its later result.
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
    """The result of a held removal: `later` is the run that processed it, `then` the outcome of that run."""
    if later is not None:
        return f"Its removal was held and confirmed. Run {later}: {then}"
    if run.hold is not None and run.hold.confirmed_by is not None:
        return f"Its removal was held and confirmed. Run {run.hold.confirmed_by} had nothing left to remove"
    if run.state is RunState.CANCELLED:
        return "Its removal was held and dismissed: nothing was removed"
    if run.hold is not None and run.hold.superseded_by is not None:
        return f"Its removal was held; run {run.hold.superseded_by} evaluated the vanished objects again"
    return waits
