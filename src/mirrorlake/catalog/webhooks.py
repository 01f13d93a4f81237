"""Webhooks in the catalog. Triggers of the database queue their deliveries when the state of a run changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.jobs import NewJob
from mirrorlake.model.sources import Datasource
from mirrorlake.model.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

# Seconds before the second and each further attempt; after the last one, about a day later, a delivery has failed.
RETRY_AFTER_S = (10.0, 60.0, 300.0, 1800.0, 7200.0, 21_600.0, 43_200.0)
_ERROR_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery to send now."""

    id: int
    webhook: int
    url: str
    event: str
    run: int | None
    attempts: int  # so far


@retry_on_contention
def add(catalog: Catalog, url: str, events: Sequence[WebhookEvent], source: Datasource | None, *, by: Context) -> int:
    """Add a webhook and return its number."""
    values = {
        "url": url,
        "events": [event.value for event in events],
        "datasource_id": None if source is None else source.id,
    }
    with catalog.write() as connection:
        row = connection.execute(statement("insert_webhook").query, values).fetchone()
        if row is None:
            raise AssertionError("INSERT ... RETURNING returns one row")
        record_activity(connection, by, Action.ADD, Subject.WEBHOOK, [row[0]], details={"events": values["events"]})
        return int(row[0])


def list_all(catalog: Catalog) -> list[Webhook]:
    """All webhooks."""
    return _select(catalog, None)


def show(catalog: Catalog, webhook_id: int) -> Webhook:
    """One webhook. Raises NotFound."""
    for found in _select(catalog, webhook_id):
        return found
    raise _unknown(webhook_id)


@retry_on_contention
def delete(catalog: Catalog, webhook_id: int, *, by: Context) -> None:
    """Delete a webhook; what waits is not sent any more. Raises NotFound."""
    with catalog.write() as connection:
        if connection.execute(statement("delete_webhook").query, {"id": webhook_id}).rowcount == 0:
            raise _unknown(webhook_id)
        record_activity(connection, by, Action.DELETE, Subject.WEBHOOK, [webhook_id])


def list_deliveries(catalog: Catalog, webhook_id: int, *, limit: int) -> list[Delivery]:
    """The newest deliveries of a webhook."""
    with catalog.read() as connection:
        rows = connection.execute(statement("list_deliveries").query, {"id": webhook_id, "limit": limit}).fetchall()
    return [
        Delivery(
            id=number,
            event=event,
            run=run,
            state=DeliveryState(state),
            attempts=attempts,
            status=status,
            error=error,
            created=created,
            finished=finished,
            next_attempt=next_attempt,
        )
        for number, event, run, state, attempts, status, error, created, finished, next_attempt in rows
    ]


@retry_on_contention
def begin_test(catalog: Catalog, webhook: Webhook) -> DueDelivery:
    """Add a test to the deliveries of a webhook, for the caller to send."""
    with catalog.write() as connection:
        row = connection.execute(statement("insert_test_delivery").query, {"id": webhook.id}).fetchone()
    if row is None:
        raise _unknown(webhook.id)
    return DueDelivery(id=row[0], webhook=webhook.id, url=webhook.url, event="test", run=None, attempts=0)


def due(catalog: Catalog, *, limit: int) -> list[DueDelivery]:
    """Deliveries to send now, oldest first."""
    with catalog.read() as connection:
        rows = connection.execute(statement("due_deliveries").query, {"limit": limit}).fetchall()
    return [
        DueDelivery(id=number, webhook=webhook, url=url, event=event, run=run, attempts=attempts)
        for number, webhook, url, event, run, attempts in rows
    ]


@retry_on_contention
def record(catalog: Catalog, delivery: DueDelivery, *, status: int | None, error: str | None) -> DeliveryState:
    """Record an attempt; `error` None: it was delivered. A test is not repeated."""
    wait_s = 0.0
    state = DeliveryState.DELIVERED
    if error is not None:
        again = delivery.run is not None and delivery.attempts < len(RETRY_AFTER_S)
        state = DeliveryState.WAITING if again else DeliveryState.FAILED
        wait_s = RETRY_AFTER_S[delivery.attempts] if again else 0.0
    values = {
        "id": delivery.id,
        "state": state.value,
        "status": status,
        "error": None if error is None else error[:_ERROR_CHARACTERS],
        "wait_s": wait_s,
    }
    with catalog.write() as connection:
        connection.execute(statement("record_delivery").query, values)
    return state


@retry_on_contention
def enqueue_sending(catalog: Catalog, job: NewJob) -> bool:
    """Queue this job if a delivery is due and none is queued; return whether it was."""
    with catalog.read() as connection:
        row = connection.execute(statement("any_delivery_due").query).fetchone()
    if row is None or not row[0]:
        return False
    with catalog.write() as connection:
        return connection.execute(statement("insert_queued").query, job_values(job)).fetchone() is not None


@retry_on_contention
def prune(catalog: Catalog, *, days: int) -> None:
    """Delete deliveries that ended more than `days` days ago."""
    with catalog.write() as connection:
        connection.execute(statement("prune_deliveries").query, {"days": days})


def secret_owner(webhook_id: int) -> str:
    """The owner of the secret that signs the requests of a webhook."""
    return f"webhook {webhook_id}"


def _select(catalog: Catalog, webhook_id: int | None) -> list[Webhook]:
    with catalog.read() as connection:
        rows = connection.execute(statement("list_webhooks").query, {"id": webhook_id}).fetchall()
    return [
        Webhook(
            id=number,
            url=url,
            events=tuple(WebhookEvent(event) for event in events),
            datasource=name,
            created=created,
            waiting=waiting,
            last_state=None if state is None else DeliveryState(state),
            last_status=status,
            last_error=error,
        )
        for number, url, events, name, created, waiting, state, status, error in rows
    ]


def _unknown(webhook_id: int) -> NotFound:
    return NotFound(
        f"Webhook {webhook_id} does not exist.",
        "The page Settings and `mirrorlake webhook list` show the existing ones.",
    )
