"""Events of buckets. An event is only a hint that a key should be checked: it may be late, repeated or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.public import public_noun


class HintKind(StrEnum):
    """What an event reports of an object."""

    CREATED = "created"
    REMOVED = "removed"
    UNKNOWN = "unknown"  # anything else, such as another storage class


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHint:
    """A key that should be checked, and why. Only the key has an effect."""

    container: str | None  # the bucket; None if the event does not name it
    key: str
    kind: HintKind = HintKind.UNKNOWN
    sequencer: str | None = None  # orders the events of one key, as the cloud writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """What one message contained."""

    hints: tuple[ObjectHint, ...] = ()
    tests: int = 0  # test messages, with which a cloud tries the way to us
    warnings: tuple[str, ...] = ()  # one sentence for each part that could not be used


class ReceiverKind(StrEnum):
    """Where the events of a datasource come from."""

    SQS = "sqs"
    AZURE_QUEUE = "azure-queue"
    PUBSUB = "pubsub"
    WEBHOOK = "webhook"


@public_noun
class EventCounts:
    """What has arrived since events were set up."""

    received: int = 0
    """Hints for keys of this datasource. Several hints for one key are checked once."""
    foreign: int = 0
    """Hints for another bucket, or for keys outside the prefix."""
    tests: int = 0
    """Test messages."""
    unreadable: int = 0
    """Messages, or parts of them, that could not be used."""


@public_noun
class EventStatus:
    """How the events of a datasource arrive, and what has arrived."""

    datasource: str
    kind: ReceiverKind
    address: str | None
    """The queue or subscription; null for a webhook."""
    counts: EventCounts
    waiting: int = 0
    """Keys that wait to be checked."""
    last_event: datetime | None = None
    last_poll: datetime | None = None
    """When the queue was asked last; null for a webhook."""
    last_error: str | None = None
    """Why the last poll failed; null once one succeeds."""
    last_warning: str | None = None
    """Why something that arrived could not be used."""
    secret: str | None = None
    """Signs the requests of a webhook. Shown once, when it is created."""


@public_noun
class EventsOff:
    """A datasource that receives no more events."""

    datasource: str


@public_noun
class EventsAccepted:
    """What a request with events contained."""

    received: int
    """Hints for keys of the datasource, which will be checked."""
    foreign: int
    """Hints for another bucket, or for keys outside the prefix."""
    warnings: tuple[str, ...]
    """Why parts of it could not be used."""
