"""The contract of a job handler: its declaration, and the context of its work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog import datasources, jobs
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.progress import Reporter
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.jobs import Job, JobKind, JobState, datasource_lock
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory

A = TypeVar("A")
R = TypeVar("R")

LAST, LONG, SOON = -10, 0, 10  # priorities: a user waits for jobs with SOON; jobs with LAST give way to others


class GaveWay(Exception):
    """A job stopped so that others can start. It is queued again, and continues after them."""


def nobody_waits() -> bool:
    """No other job waits for this worker."""
    return False


def discard_item(_item: object) -> None:
    """Ignore single results that are not watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """The context of a handler's work."""

    settings: Settings
    catalog: Catalog
    lease: JobLease
    reporter: Reporter
    draining: bool = False  # whether the worker ends once nothing is left to do, so that no job may wait for more
    processes: int | None = None  # that process objects; None: one per core
    item: Callable[[Any], object] = discard_item  # receives single results, such as findings, at once
    store_factory: Callable[[Datasource], StoreFactory] | None = None  # None: see `SourceStores`
    others_wait: Callable[[], bool] = nobody_waits  # whether other jobs wait for the end of this one

    @property
    def run_lease(self) -> Lease:
        """The lease of a job that is a run."""
        if not isinstance(self.lease, Lease):
            raise TypeError(f"a job of kind {self.lease.kind} is not a run")
        return self.lease

    def store_of(self, source: Datasource) -> StoreFactory:
        """How to open the store of a datasource. Raises MirrorlakeError if its connection cannot be used."""
        return (self.store_factory or SourceStores(self.settings, self.catalog))(source)

    def end_within(self, connection: psycopg.Connection[TupleRow], result: object) -> None:
        """End the job with this result in the transaction that does all of its work."""
        jobs.finish_within(connection, self.lease, msgspec.to_builtins(result))

    def source(self, job: Job) -> Datasource:
        """The datasource of a job. Raises NotFound if it was deleted."""
        if isinstance(self.lease, Lease):
            return datasources.by_id(self.catalog, self.lease.datasource_id)
        if job.datasource is None:
            raise NotFound(f"Job {job.id} has no datasource.")
        return datasources.named(self.catalog, job.datasource)


def no_lock(_datasource_id: int | None) -> str | None:
    """The lock of jobs that need none."""
    return None


def of_datasource(datasource_id: int | None) -> str | None:
    """The lock of runs: one run of a datasource at a time."""
    return None if datasource_id is None else datasource_lock(datasource_id)


def succeeded(_result: Any) -> tuple[JobState, str | None]:
    """The state of a job whose handler returned."""
    return JobState.SUCCEEDED, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler(Generic[A, R]):
    """One kind of job.

    `run` does the work. It calls `context.reporter.step`, or uses a store that checks the lease, so that a cancellation
    takes effect within a second. It may continue work that was interrupted anywhere: committed work is not repeated. A
    run ends its own lease (`mirror.finalize`), and a job whose work is one transaction ends in it
    (`context.end_within`); any other job is ended by `jobs.execution`.
    """

    kind: JobKind
    args: type[A]
    result: type[R]
    run: Callable[[Job, A, JobContext], R]
    lock: Callable[[int | None], str | None] = no_lock  # by the datasource's number
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    priority: int = LONG
    quick: bool = False  # a worker executes it beside a long job
    background: bool = False  # a worker executes several of them beside everything else: they mostly wait
    kept_days: int | None = None  # how long it is kept after its end; None: forever
    state_of: Callable[[R], tuple[JobState, str | None]] = succeeded  # its final state, and the reason
