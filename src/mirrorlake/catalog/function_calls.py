"""The calls of a function that wait, and what came of them: read and recorded in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.bulk_edits import hold_lease
from mirrorlake.catalog.function_edits import apply_changes
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.statements import statement
from mirrorlake.functions.answers import Answer
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.assets import STATE_NUMBERS
from mirrorlake.model.functions import CallState, FunctionEvent
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

_STATES = {number: state.value for state, number in STATE_NUMBERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    """A call of a function for one asset or run, with what it gets."""

    id: int  # of the asset or run
    attempts: int  # so far
    document: Mapping[str, Any]
    updated: datetime | None = None  # the last change of the asset
    datasource_id: int | None = None
    token: str | None = None
    thumbnail: bytes | None = None  # the digest that names the thumbnail; None without one

    @property
    def of_run(self) -> bool:
        """Whether it is for a run."""
        return self.updated is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What came of a call. Exactly one of `answer` and `error` counts."""

    call: WaitingCall
    answer: Answer = field(default_factory=Answer)
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a batch of calls did."""

    changed: int = 0
    failed: int = 0
    retried: int = 0
    ends: bool = False  # whether the function was paused, deleted or replaced meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """The function of some calls, and how often and when one is repeated."""

    function_id: int
    name: str
    workspace: str
    attempts: int
    digest: str | None = None  # of the file that the job executes
    first_wait_s: float = 30.0
    factor: float = 10.0

    def wait_s(self, attempt: int) -> float:
        """Seconds to wait after this attempt (1, 2, …) failed."""
        return self.first_wait_s * self.factor ** (attempt - 1)


@retry_on_contention
def begin(catalog: Catalog, function_id: int) -> int:
    """How many calls can begin now."""
    values = {"function_id": function_id}
    with catalog.write() as connection:
        connection.execute(statement("settle_moved_to_trash").query, values)
        row = connection.execute(statement("count_calls").query, values).fetchone()
    return 0 if row is None else int(row[0])


def next_calls(catalog: Catalog, function_id: int, *, of_run: bool, after: int, limit: int) -> list[WaitingCall]:
    """The next calls that can begin, for assets or runs after this number."""
    values = {"function_id": function_id, "after": after, "limit": limit}
    with catalog.read() as connection:
        rows = connection.execute(statement("next_run_calls" if of_run else "next_calls").query, values).fetchall()
    return [_of_run(row) if of_run else _of_asset(row) for row in rows]


def record(lease: JobLease, rules: CallRules, called: Sequence[Called]) -> Recorded:
    """Store the changes of a batch of calls and what came of each, as one transaction. Raises LeaseLost.

    If PostgreSQL refuses a value of the batch, each call has a transaction of its own, so that only that one fails.
    """
    try:
        return _record(lease, rules, called)
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
        if len(called) == 1:
            return _record(lease, rules, [replace(called[0], error=f"The answer cannot be stored: {error}")])
    each = [record(lease, rules, [one]) for one in called]
    return Recorded(
        changed=sum(one.changed for one in each),
        failed=sum(one.failed for one in each),
        retried=sum(one.retried for one in each),
        ends=any(one.ends for one in each),
    )


@retry_on_contention
def _record(lease: JobLease, rules: CallRules, called: Sequence[Called]) -> Recorded:
    by = Context(actor=Actor(kind=ActorKind.FUNCTION, name=f"function {rules.name}"), workspace=rules.workspace)
    with lease.catalog.write() as connection:
        hold_lease(connection, lease)
        at_work = connection.execute(statement("function_at_work").query, {"function_id": rules.function_id}).fetchone()
        if at_work is None:
            return Recorded(ends=True)
        ends = at_work != (False, rules.digest)
        if called and called[0].call.of_run:
            rows = [_outcome(rules, one) for one in called]
            connection.execute(statement("record_run_calls").query, _values(rules, rows))
            return _summarize(rows, 0, ends=ends)
        ids = [one.call.id for one in called]
        locked = dict(connection.execute(statement("lock_called").query, {"ids": ids}).fetchall())
        answers = {one.call.id: one.answer for one in called if one.error is None and one.call.id in locked}
        applied = apply_changes(connection, lease.job_id, answers, by)
        rows = [_outcome(rules, one, applied.refused.get(one.call.id)) for one in called]
        seen = {"seen": [one.call.updated for one in called]}
        connection.execute(statement("record_calls").query, _values(rules, rows) | seen)
        changed = sorted(applied.changed)
        if changed:
            before = {"ids": changed, "before": [locked[one] for one in changed]}
            connection.execute(statement("keep_seen").query, before)
            if applied.first:
                details = {"function": rules.name}
                record_activity(connection, by, Action.BULK_EDIT, Subject.JOB, [lease.job_id], details=details)
        return _summarize(rows, len(changed), ends=ends)


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    state: CallState
    attempts: int
    error: str | None
    wait_s: float


def _outcome(rules: CallRules, called: Called, refused: str | None = None) -> _Row:
    error = called.error or refused
    attempts = called.call.attempts + 1
    if error is None:
        return _Row(called.call.id, CallState.DONE, attempts, None, 0.0)
    if attempts < rules.attempts:
        return _Row(called.call.id, CallState.WAITING, attempts, error, rules.wait_s(attempts))
    return _Row(called.call.id, CallState.FAILED, attempts, error, 0.0)


def _values(rules: CallRules, rows: Sequence[_Row]) -> dict[str, Any]:
    return {
        "function_id": rules.function_id,
        "ids": [row.id for row in rows],
        "states": [row.state.value for row in rows],
        "attempts": [row.attempts for row in rows],
        "errors": [None if row.error is None else row.error.replace("\0", "\N{REPLACEMENT CHARACTER}") for row in rows],
        "waits": [row.wait_s for row in rows],
    }


def _summarize(rows: Sequence[_Row], changed: int, *, ends: bool) -> Recorded:
    states = [row.state for row in rows]
    failed, retried = states.count(CallState.FAILED), states.count(CallState.WAITING)
    return Recorded(changed=changed, failed=failed, retried=retried, ends=ends)


def _of_asset(row: TupleRow) -> WaitingCall:
    number, event, attempts, updated, datasource_id, token, digest, thumbnail, *shown = row
    name, key, datasource, kind, media_type, size, width, height, state, metadata, facts, tags = shown
    document = {
        "id": str(number),
        "event": event,
        "name": name,
        "key": key,
        "datasource": datasource,
        "kind": kind,
        "media_type": media_type,
        "size": size,
        "digest": None if digest is None else digest.hex(),
        "width": width,
        "height": height,
        "state": _STATES[state],
        "metadata": metadata,
        "facts": facts,
        "tags": tags,
    }
    return WaitingCall(
        id=number,
        attempts=attempts,
        document=document,
        updated=updated,
        datasource_id=datasource_id,
        token=token,
        thumbnail=thumbnail,
    )


def _of_run(row: TupleRow) -> WaitingCall:
    number, attempts, datasource, state, counts, error = row
    document = {
        "id": number,
        "event": FunctionEvent.RUN_FINISHED.value,
        "datasource": datasource or "",
        "state": state,
        "counts": counts,
        "error": error,
    }
    return WaitingCall(id=number, attempts=attempts, document=document)
