"""The lease of a run: its counts are written with every heartbeat, as is whether the run moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.limits import Dropped
from mirrorlake.catalog.statements import statement
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts
from mirrorlake.model.workspaces import LimitReached
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The progress of a run, as its pass last reported it."""

    counts: Counts
    requests: Requests
    bytes_read: int
    server: str | None = None  # written at the end only


class Totals(Protocol):
    """The running totals of a run, which its heartbeat reads."""

    @property
    def counts(self) -> Counts:
        """What is committed."""
        ...

    @property
    def requests(self) -> Requests:
        """Requests to the source so far."""
        ...

    @property
    def bytes_read(self) -> int:
        """Bytes of objects so far."""
        ...

    @property
    def retrying(self) -> bool:
        """Whether requests to the source are being retried."""
        ...


class Lease(JobLease):
    """The right to write the results of a run over one datasource. `finish` ends the run and releases the lease."""

    def __init__(
        self,
        catalog: Catalog,
        session: psycopg.Connection[TupleRow],
        *,
        datasource_id: int,
        run_id: int,
        kind: str,
        lock: str,
        holder: str,
        attempt: int | None = None,
    ) -> None:
        self.datasource_id = datasource_id
        self._limited: LimitReached | None = None
        self.sizes_left_out: set[int] = set()  # of the objects that `limited` is about
        self._live: Live | None = None
        self._totals: Totals | None = None
        self._live_written: Live | None = None
        super().__init__(catalog, session, job_id=run_id, kind=kind, lock=lock, holder=holder, attempt=attempt)

    @property
    def run_id(self) -> int:
        """The id of the run, which is that of its job."""
        return self.job_id

    @property
    def noun(self) -> str:
        """The noun for this job in messages."""
        return "Run"

    @property
    def limited(self) -> LimitReached | None:
        """The limit of the workspace that the run reached, with what it left out; None if it reached none."""
        return self._limited

    def leave_out(self, dropped: Dropped) -> None:
        """Record that new objects were left out because of a limit. The first limit that was reached is named."""
        before = self._limited or LimitReached(kind=dropped.kind, limit=dropped.limit, left=0)
        self._limited = replace(before, left=before.left + len(dropped.sizes))
        self.sizes_left_out.update(dropped.sizes)

    @property
    def live(self) -> Live:
        """The progress that was last reported."""
        return self._live or Live(counts=Counts(), requests=Requests(), bytes_read=0)

    def report_counts(self, counts: Counts, requests: Requests, bytes_read: int) -> None:
        """Report the progress of the run; written with the next heartbeat."""
        self._live = Live(counts=counts, requests=requests, bytes_read=bytes_read)

    def follow(self, totals: Totals) -> None:
        """Read the progress of the run with every heartbeat, also while a batch is read and nothing is committed."""
        self._totals = totals

    @property
    def retrying(self) -> bool:
        """Whether requests to the source are being retried."""
        return self._totals is not None and self._totals.retrying

    def write_counts(self) -> None:
        """Write the reported progress now: what the listing found, before anything is committed."""
        with self.catalog.write() as connection:
            connection.execute(statement("update_live_counts").query, count_values(self, self.live))

    def _write_moved(self, session: psycopg.Connection[TupleRow]) -> bool:
        moved = super()._write_moved(session)
        totals = self._totals
        if totals is not None:
            self.report_counts(totals.counts, totals.requests, totals.bytes_read)
        live = self._live
        if live is None or live == self._live_written:
            return moved
        session.execute(statement("update_live_counts").query, count_values(self, live))
        self._live_written = live
        return True


def count_values(lease: Lease, live: Live, notes: Sequence[str] = ()) -> dict[str, object]:
    """The parameters of the statements that write the counts of a run, at its end with its notes."""
    return {
        "job_id": lease.job_id,
        "counts": Jsonb(asdict(live.counts)),
        "requests": Jsonb(asdict(live.requests)),
        "bytes_read": live.bytes_read,
        "server": live.server,
        "notes": list(notes),
        "limited_by": None if lease.limited is None else lease.limited.kind.value,
    }
