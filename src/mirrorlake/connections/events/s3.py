"""Events of S3: notifications as S3 sends them to queues and topics, and events of EventBridge. Pure.

Notifications encode keys like a form: `+` is a space, and other bytes are percent-encoded [1]. EventBridge does not
encode them [2].

[1] https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
[2] https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from mirrorlake.connections.events.shapes import Found, Unusable, as_list, as_object, text_of
from mirrorlake.model.events import HintKind, ObjectHint

TEST_EVENT = "s3:TestEvent"
_KINDS = {  # by the beginning of an event's name
    "ObjectCreated": HintKind.CREATED,
    "ObjectRemoved": HintKind.REMOVED,
    "LifecycleExpiration": HintKind.REMOVED,
}
_KINDS_OF_DETAILS = {"Object Created": HintKind.CREATED, "Object Deleted": HintKind.REMOVED}


def is_test(document: Mapping[str, Any]) -> bool:
    """Whether S3 only tries whether it may send messages."""
    return document.get("Event") == TEST_EVENT


def read_test(_document: Mapping[str, Any]) -> Iterator[Found]:
    """A test message."""
    yield None


def is_notification(document: Mapping[str, Any]) -> bool:
    """Whether this is a notification with records."""
    return as_list(document.get("Records")) is not None


def read_notification(document: Mapping[str, Any]) -> Iterator[Found]:
    """The objects of all records."""
    for part in as_list(document.get("Records")) or ():
        record = as_object(part) or {}
        encoded = text_of(record, "s3", "object", "key")
        name = (text_of(record, "eventName") or "").removeprefix("s3:")  # servers other than AWS write the prefix
        if encoded is None:
            yield Unusable(f"A record of S3 was ignored: it names no key (event {name[:100]!r}).")
            continue
        key = decoded_key(encoded)
        if key is None:
            yield Unusable(f"A record of S3 was ignored: its key {encoded[:100]!r} is not UTF-8.")
            continue
        yield ObjectHint(
            container=text_of(record, "s3", "bucket", "name"),
            key=key,
            kind=_KINDS.get(name.partition(":")[0], HintKind.UNKNOWN),
            sequencer=text_of(record, "s3", "object", "sequencer"),
        )


def decoded_key(encoded: str) -> str | None:
    """The key that a notification encodes; None if it is not UTF-8."""
    try:
        return unquote_to_bytes(encoded.replace("+", " ")).decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return None


def is_eventbridge(document: Mapping[str, Any]) -> bool:
    """Whether EventBridge passes on an event of S3."""
    return document.get("source") == "aws.s3" and "detail" in document


def read_eventbridge(document: Mapping[str, Any]) -> Iterator[Found]:
    """The object of an event."""
    key = text_of(document, "detail", "object", "key")
    if key is None:
        yield Unusable("An event of EventBridge was ignored: it names no key.")
        return
    yield ObjectHint(
        container=text_of(document, "detail", "bucket", "name"),
        key=key,
        kind=_KINDS_OF_DETAILS.get(text_of(document, "detail-type") or "", HintKind.UNKNOWN),
        sequencer=text_of(document, "detail", "object", "sequencer"),
    )
