"""Notifications of Google Cloud Storage through Pub/Sub, as they are pushed and as they are pulled. Pure.

The attributes of a message name bucket and object [1], whatever its payload. Keys are not encoded.

[1] https://cloud.google.com/storage/docs/pubsub-notifications
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mirrorlake.connections.events.shapes import Found, Unusable, as_object, text_of
from mirrorlake.model.events import HintKind, ObjectHint

_KINDS = {
    "OBJECT_FINALIZE": HintKind.CREATED,
    "OBJECT_DELETE": HintKind.REMOVED,
    "OBJECT_ARCHIVE": HintKind.REMOVED,
}


def is_pushed(document: Mapping[str, Any]) -> bool:
    """Whether this is what Pub/Sub posts to an address, or one received message of a pull."""
    message = as_object(document.get("message"))
    return message is not None and is_message(message)


def read_pushed(document: Mapping[str, Any]) -> Iterator[Found]:
    """The object of the message in it."""
    yield from read_message(as_object(document.get("message")) or {})


def is_message(document: Mapping[str, Any]) -> bool:
    """Whether this is a message of Pub/Sub."""
    return as_object(document.get("attributes")) is not None and ("messageId" in document or "data" in document)


def read_message(document: Mapping[str, Any]) -> Iterator[Found]:
    """The object of a message."""
    key, kind = text_of(document, "attributes", "objectId"), text_of(document, "attributes", "eventType")
    if key is None or kind is None:
        yield Unusable("A message of Pub/Sub was ignored: its attributes are not those of a notification of a bucket.")
        return
    yield ObjectHint(
        container=text_of(document, "attributes", "bucketId"),
        key=key,
        kind=_KINDS.get(kind, HintKind.UNKNOWN),
        sequencer=text_of(document, "attributes", "objectGeneration"),
    )
