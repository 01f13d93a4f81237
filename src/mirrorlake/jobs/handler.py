"""The contract of a job handler: what it declares, and what it is given to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mirrorlake.catalog import datasources
from mirrorlake.catalog.leases import JobLease
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.progress import Reporter
from mirrorlake.mirror.run import store_config
from mirrorlake.model.jobs import Job, JobKind, JobState, datasource_lock
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory

A = TypeVar("A")
R = TypeVar("R")

LONG, SOON = 0, 10  # priorities: a person waits for what is to be done soon


def discard_item(_item: object) -> None:
    """For results that nobody watches one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What a handler works with."""

    settings: Settings
    catalog: Catalog
    lease: JobLease
    reporter: Reporter
    processes: int | None = None  # that process objects; None: one a core
    item: Callable[[Any], object] = discard_item  # receives single results, such as findings, as they are found
    store_factory: Callable[[Datasource], StoreFactory] = store_config

    @property
    def run_lease(self) -> Lease:
        """The lease of a job that is a run."""
        if not isinstance(self.lease, Lease):
            raise TypeError(f"a job of kind {self.lease.kind} is no run")
        return self.lease

    def source(self, job: Job) -> Datasource:
        """The datasource of a job. Raises NotFound where it was deleted since."""
        if isinstance(self.lease, Lease):
            return datasources.by_id(self.catalog, self.lease.datasource_id)
        if job.datasource is None:
            raise NotFound(f"Job {job.id} names no datasource.")
        return datasources.named(self.catalog, job.datasource)


def no_lock(_datasource_id: int | None) -> str | None:
    """For jobs that disturb no other."""
    return None


def of_datasource(datasource_id: int | None) -> str | None:
    """For runs: one at a time works on a datasource."""
    return None if datasource_id is None else datasource_lock(datasource_id)


def succeeded(_result: Any) -> tuple[JobState, str | None]:
    """Work that came to its end is done well."""
    return JobState.SUCCEEDED, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler(Generic[A, R]):
    """One kind of job.

    `run` does the work. It calls `context.reporter.step`, or goes through a store that checks the lease, so that it
    hears a cancellation within a second. It may take up work that was interrupted anywhere: what is committed is not
    done twice. A run ends its own lease (`mirror.finalize`); any other job is ended by whoever executes it.
    """

    kind: JobKind
    args: type[A]
    result: type[R]
    run: Callable[[Job, A, JobContext], R]
    lock: Callable[[int | None], str | None] = no_lock  # of the datasource's number
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    priority: int = LONG
    quick: bool = False  # a worker does it beside a long job
    kept_days: int | None = None  # how long it is kept once it ended; None: for good
    state_of: Callable[[R], tuple[JobState, str | None]] = succeeded  # how it ended, and why
