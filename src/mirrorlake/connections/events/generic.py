"""Our own shape of events, for systems that write to a bucket and can send a request. Pure.

    {"events": [{"key": "site-a/cat.jpg", "kind": "created"}]}

`kind` and `container` may be left out. Keys are not encoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mirrorlake.connections.events.shapes import Found, Unusable, as_list, as_object, text_of
from mirrorlake.model.events import HintKind, ObjectHint

_KINDS = {kind.value: kind for kind in HintKind}


def is_event_list(document: Mapping[str, Any]) -> bool:
    """Whether this is a list of events in our own shape."""
    return as_list(document.get("events")) is not None


def read_event_list(document: Mapping[str, Any]) -> Iterator[Found]:
    """The objects of all events."""
    for part in as_list(document.get("events")) or ():
        event = as_object(part) or {}
        key = text_of(event, "key")
        if key is None:
            yield Unusable('An event was ignored: it has no member "key".')
            continue
        yield ObjectHint(
            container=text_of(event, "container"),
            key=key,
            kind=_KINDS.get(text_of(event, "kind") or "", HintKind.UNKNOWN),
            sequencer=text_of(event, "sequencer"),
        )
