"""The registry of job handlers: one row for each kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mirrorlake.jobs.handler import Handler
from mirrorlake.jobs.handlers import edits, export, labels, snapshots, splits, thumbnails
from mirrorlake.jobs.handlers.confirm import CONFIRM
from mirrorlake.jobs.handlers.connection_check import CONNECTION_CHECK
from mirrorlake.jobs.handlers.deliver import DELIVER
from mirrorlake.jobs.handlers.discard import DISCARD
from mirrorlake.jobs.handlers.events import EVENTS
from mirrorlake.jobs.handlers.functions import FUNCTION
from mirrorlake.jobs.handlers.likeness import LIKENESS
from mirrorlake.jobs.handlers.location_preview import LOCATION_PREVIEW
from mirrorlake.jobs.handlers.mirror import MIRROR
from mirrorlake.jobs.handlers.picture_texts import PICTURE_TEXT
from mirrorlake.jobs.handlers.preview import PREVIEW
from mirrorlake.jobs.handlers.purge import PURGE
from mirrorlake.jobs.handlers.reapply import REAPPLY
from mirrorlake.jobs.handlers.receive import RECEIVE
from mirrorlake.jobs.handlers.retry import RETRY
from mirrorlake.jobs.handlers.search_indexes import SEARCH_INDEXES
from mirrorlake.jobs.handlers.verify import VERIFY
from mirrorlake.model.jobs import JobKind

HANDLERS: Final[Mapping[JobKind, Handler[Any, Any]]] = {
    one.kind: one
    for one in (
        MIRROR,
        EVENTS,
        RECEIVE,
        DELIVER,
        CONFIRM,
        RETRY,
        PURGE,
        REAPPLY,
        PREVIEW,
        LOCATION_PREVIEW,
        VERIFY,
        CONNECTION_CHECK,
        thumbnails.CHECK,
        thumbnails.MAKE,
        thumbnails.CLEAN,
        labels.IMPORT,
        labels.EXPORT,
        export.EXPORT,
        edits.EDIT,
        edits.UNDO,
        DISCARD,
        splits.SPLIT,
        splits.ASSIGN,
        snapshots.CREATE,
        snapshots.RESTORE,
        SEARCH_INDEXES,
        LIKENESS,
        PICTURE_TEXT,
        FUNCTION,
    )
}
QUICK_KINDS: Final = frozenset(kind for kind, handler in HANDLERS.items() if handler.quick)
BACKGROUND_KINDS: Final = frozenset(kind for kind, handler in HANDLERS.items() if handler.background)
