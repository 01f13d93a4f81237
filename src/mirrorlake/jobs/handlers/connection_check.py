"""Check a connection, and keep its health: what pauses and resumes the schedules of its datasources."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.catalog import connections
from mirrorlake.jobs.handler import SOON, Handler, JobContext
from mirrorlake.mirror.connection_health import Origins, check_connection
from mirrorlake.model.connections import Health
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.plan.backoff import RetryPolicy

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckArgs:
    """The connection to check."""

    connection_id: int


def check(_job: Job, args: CheckArgs, context: JobContext) -> Health:
    """Check each ability of a connection. A red row is a result, not an error. Raises NotFound."""
    context.lease.check()
    stored = connections.by_id(context.catalog, args.connection_id)
    about = Origins(origin=context.settings.origin, principal=context.settings.aws_principal)
    return check_connection(context.settings, context.catalog, stored, about)


CONNECTION_CHECK = Handler(
    kind=JobKind.CONNECTION_CHECK,
    args=CheckArgs,
    result=Health,
    run=check,
    policy=RetryPolicy(after_failure=False),  # it is due again on schedule
    priority=SOON,
    quick=True,
    kept_days=KEPT_DAYS,
)
