"""Webhooks: addresses that get a signed request when a run starts or ends."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from mirrorlake.model.public import public_noun


class WebhookEvent(StrEnum):
    """What a webhook reports."""

    STARTED = "run.started"
    HELD = "run.held"
    FINISHED = "run.finished"
    FAILED = "run.failed"


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"  # for its first or another attempt
    DELIVERED = "delivered"
    FAILED = "failed"  # after the last attempt


@public_noun
class Webhook:
    """An address, what it is sent, and what became of the newest delivery."""

    id: int
    url: str
    events: tuple[WebhookEvent, ...]
    datasource: str | None
    """Null: of all datasources."""
    created: datetime
    waiting: int = 0
    """Deliveries that wait for an attempt."""
    last_state: DeliveryState | None = None
    """Of the newest delivery that was tried."""
    last_status: int | None = None
    """The HTTP status of its response; null without one."""
    last_error: str | None = None
    secret: str | None = None
    """Signs its requests. Shown once, when the webhook is added."""


@public_noun
class Delivery:
    """One request to a webhook, with its attempts."""

    id: int
    event: str
    run: int | None
    """The run that it reports; null for a test."""
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created: datetime
    finished: datetime | None
    next_attempt: datetime | None
