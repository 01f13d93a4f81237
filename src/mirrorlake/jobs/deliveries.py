"""Send one delivery of a webhook, and record what became of it."""

from __future__ import annotations

import time
from typing import Any

import orjson

from mirrorlake.catalog import runs, webhooks
from mirrorlake.catalog.webhooks import DueDelivery
from mirrorlake.connections.webhook_requests import Sent, send
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.signing import read_secret
from mirrorlake.postgres.pool import Catalog


def deliver(settings: Settings, catalog: Catalog, delivery: DueDelivery) -> Sent:
    """Send a delivery. One that is not accepted is sent again later, unless it was a test or its last attempt."""
    try:
        secret = read_secret(settings, catalog, webhooks.secret_owner(delivery.webhook))
        sent = send(
            delivery.url,
            _body(catalog, delivery),
            secret=secret,
            event=delivery.event,
            delivery=delivery.id,
            at=int(time.time()),
            networks=settings.allow_addresses,
        )
    except MirrorlakeError as error:  # no usable master key, or the run was deleted
        sent = Sent(error=str(error))
    webhooks.record(catalog, delivery, status=sent.status, error=sent.error)
    return sent


def _body(catalog: Catalog, delivery: DueDelivery) -> bytes:
    """The event with its run as it is now."""
    document: dict[str, Any] = {"delivery": delivery.id, "event": delivery.event}
    if delivery.run is not None:
        document["run"] = runs.show_run(catalog, delivery.run)
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)
