"""Events of Azure Blob Storage through Event Grid, in its own schema and as CloudEvents. Pure.

The subject names container and blob: `/blobServices/default/containers/C/blobs/KEY` [1].

[1] https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from mirrorlake.connections.events.shapes import Found, Unusable, text_of
from mirrorlake.model.events import HintKind, ObjectHint

_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_KINDS = {
    "Microsoft.Storage.BlobCreated": HintKind.CREATED,
    "Microsoft.Storage.BlobDeleted": HintKind.REMOVED,
}


def is_event(document: Mapping[str, Any]) -> bool:
    """Whether this is an event of Event Grid."""
    return _type_of(document).startswith(("Microsoft.Storage.", "Microsoft.EventGrid."))


def read_event(document: Mapping[str, Any]) -> Iterator[Found]:
    """The blob of an event. Its key as the address writes it is another hint, if that differs from the subject."""
    kind = _type_of(document)
    if kind == _VALIDATION:
        yield None
        return
    found = _SUBJECT.fullmatch(text_of(document, "subject") or "")
    if found is None:
        yield Unusable(f"An event of Event Grid was ignored: it names no blob (event {kind[:100]!r}).")
        return
    container, key = found[1], found[2]
    for name in dict.fromkeys((key, _key_of_url(text_of(document, "data", "url"), container) or key)):
        yield ObjectHint(
            container=container,
            key=name,
            kind=_KINDS.get(kind, HintKind.UNKNOWN),
            sequencer=text_of(document, "data", "sequencer"),
        )


def _type_of(document: Mapping[str, Any]) -> str:
    cloud_event = "type" if "specversion" in document else "eventType"
    return text_of(document, cloud_event) or ""


def _key_of_url(url: str | None, container: str) -> str | None:
    """The key in the address of a blob, percent-decoded."""
    if url is None:
        return None
    try:
        path = urlsplit(url).path
        before, slash, key = path.partition(f"/{container}/")
        # The path of an emulator begins with the account.
        return unquote_to_bytes(key).decode("utf-8") if slash and before.count("/") <= 1 else None
    except (ValueError, UnicodeDecodeError):
        return None
