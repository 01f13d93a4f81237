"""Send the deliveries of webhooks that are due."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mirrorlake.catalog import webhooks
from mirrorlake.catalog.webhooks import DueDelivery
from mirrorlake.jobs.deliveries import deliver
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.plan.backoff import RetryPolicy

AT_ONCE = 8  # requests in parallel: a slow server delays few others
BATCH = 64
KEPT_DAYS = 1
KEPT_DELIVERIES_DAYS = 30
LOCK = "webhooks"
SENDING = "sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverArgs:
    """No arguments: whatever is due is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverResult:
    """How many requests were sent, and how many of them were not accepted."""

    sent: int
    refused: int


def deliver_due(_job: Job, _args: DeliverArgs, context: JobContext) -> DeliverResult:
    """Send what is due. A delivery that was interrupted is sent again: receivers recognise it by its number.

    A webhook gets the events of one run in the order in which they happened, unless one of them is not accepted.
    """
    sent = refused = 0
    webhooks.prune(context.catalog, days=KEPT_DELIVERIES_DAYS)

    def send(deliveries: list[DueDelivery]) -> list[bool]:
        accepted: list[bool] = []
        for delivery in deliveries:
            context.lease.check()
            accepted.append(deliver(context.settings, context.catalog, delivery).error is None)
        return accepted

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as threads:
        while True:
            context.reporter.step(SENDING, sent, sent)
            found = webhooks.due(context.catalog, limit=BATCH)
            if not found:
                return DeliverResult(sent=sent, refused=refused)
            accepted = [one for group in threads.map(send, _by_run(found)) for one in group]
            sent, refused = sent + len(accepted), refused + accepted.count(False)


def _by_run(found: list[DueDelivery]) -> list[list[DueDelivery]]:
    """The deliveries of each webhook about one run together, oldest first."""
    groups: dict[tuple[int, int | None], list[DueDelivery]] = {}
    for delivery in sorted(found, key=lambda one: one.id):
        groups.setdefault((delivery.webhook, delivery.run), []).append(delivery)
    return list(groups.values())


DELIVER = Handler(
    kind=JobKind.DELIVER,
    args=DeliverArgs,
    result=DeliverResult,
    run=deliver_due,
    lock=lambda _: LOCK,
    policy=RetryPolicy(after_failure=False),  # each delivery has its own attempts
    quick=True,
    kept_days=KEPT_DAYS,
)
