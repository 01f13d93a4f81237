"""A process that makes previews for a server, one at a time. Started as `-m mirrorlake.processing.preview_worker`.

It has the limits of a worker, because it opens untrusted bytes: its server never does.
"""

from __future__ import annotations

import logging
import pickle
import signal
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from typing import cast

from mirrorlake.core.cpu_limit import limit_cpu
from mirrorlake.core.errors import (
    MirrorlakeError,
    NoPreview,
    ObjectTooLarge,
    RangesUnsupported,
    ReadTooMuch,
    StorageError,
)
from mirrorlake.formats.codec import RangedCodec
from mirrorlake.formats.identify import identify
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.preview import render_picture, render_preview
from mirrorlake.formats.registry import MAX_OBJECT_BYTES, Format, format_of_name, is_ranged, load_codecs
from mirrorlake.formats.sides import PREVIEW_SIDE, rendering
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.formats.unsupported import UnsupportedFormat
from mirrorlake.formats.upright import turn_upright
from mirrorlake.model.asset_previews import PreviewKind
from mirrorlake.model.media import MediaKind
from mirrorlake.processing.in_parts import render_start
from mirrorlake.processing.preview_task import (
    PictureTask,
    PreviewTask,
    ReadCost,
    Task,
    UprightTask,
    pack_preview,
    pack_refusal,
)
from mirrorlake.processing.sandbox import limit_memory, load_stores
from mirrorlake.storage.base import Store
from mirrorlake.storage.ranged import RangedObject
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

CPU_S = 120.0  # of a processor, to read an object and render it: twice the time that the server waits
MEMORY_BYTES = 4 << 30  # address space on top of the started process, as of a worker


def make_preview(task: PreviewTask, meter: RequestMeter | None = None) -> bytes:
    """Read an object that still has its token, and render the preview. Raises StorageError and NoPreview."""
    with _explain(task), closing(stack_store(task.store_factory.open(), meter=meter)) as store:
        preview = _of_parts(task, store) if is_ranged(task.key, task.size) else None
        return preview if preview is not None else _of_all(task, store)


def make_thumbnail(task: PictureTask) -> bytes:
    """The thumbnail of a picture that was sent. Raises NoPreview."""
    with _explain(task):
        return render_picture(task.data)


def make_upright(task: UprightTask) -> bytes | None:
    """The image with upright pixels; None if they are. Raises NoPreview."""
    with _explain(task):
        return turn_upright(task.data, task.key)


@contextmanager
def _explain(task: Task) -> Generator[None]:
    try:
        yield
    except UndecodableObject as error:
        raise NoPreview(f"{task.refusal}: {error.message}.") from error
    except ObjectTooLarge as error:
        raise NoPreview(f"{task.refusal}: the object is too large. {error.message}") from error
    except MemoryError as error:
        raise NoPreview(f"{task.refusal}: decoding needs more memory than a worker may take.") from error


def _of_all(task: PreviewTask, store: Store) -> bytes:
    named = format_of_name(task.key)
    limit = MAX_OBJECT_BYTES if named is None else named.max_bytes
    return render_preview(store.get(task.key, token=task.token, limit=limit).data, task.key, task.wanted)


def _of_parts(task: PreviewTask, store: Store) -> bytes | None:
    """A preview for which a decoder reads what it needs; None if all of the object must be read.

    A video is never read whole: in place of a frame for which too much of it is needed, the first one is shown.
    """
    data = RangedObject(store, task.key, token=task.token, size=task.size)
    preview: bytes | None = None
    damage: UndecodableObject | None = None
    found: Format | UnsupportedFormat | None = None
    try:
        found = identify(data.head(HEAD_BYTES), task.key)
        if isinstance(found, Format) and found.ranged_from is None:
            return None  # another format than its name has
        preview = render_preview(data, task.key, task.wanted)
    except UndecodableObject as error:
        damage = error
    except StorageError as error:
        data.failure = error
    if isinstance(data.failure, ReadTooMuch) and isinstance(found, Format) and found.kind is MediaKind.VIDEO:
        return _of_start(task, data, found)
    if isinstance(data.failure, RangesUnsupported | ReadTooMuch):
        return None
    data.check()  # whatever was made of the rest
    if damage is not None:
        raise damage
    return preview


def _of_start(task: PreviewTask, data: RangedObject, found: Format) -> bytes:
    reason = str(data.failure)
    if task.wanted.kind is PreviewKind.PICTURE:
        with rendering(PREVIEW_SIDE):
            rendered = render_start(cast("RangedCodec", found.codec()), data)
        data.check()
        if rendered is not None:
            return rendered.thumbnail
    raise NoPreview(f"{task.refusal}: {reason}")


def _make(task: Task, meter: RequestMeter) -> bytes | None:
    match task:
        case PreviewTask():
            return make_preview(task, meter)
        case PictureTask():
            return make_thumbnail(task)
        case UprightTask():
            return make_upright(task)


def _cost(meter: RequestMeter) -> ReadCost:
    return ReadCost(meter.requests.total, meter.bytes_read)


def main() -> None:
    """Entry of the process: `preview_worker SOCKET STATUS`, both inherited file descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when it ends
    logging.disable()  # libvips logs every odd file
    connection = Connection(int(sys.argv[1]))
    load_stores()
    load_codecs(set(MediaKind))
    limit_memory(MEMORY_BYTES)
    while True:
        try:
            frame = connection.recv_bytes()
        except (EOFError, OSError):
            return  # the server has ended
        limit_cpu(CPU_S)
        meter = RequestMeter()
        try:
            made = _make(pickle.loads(frame), meter)  # noqa: S301  from the process that started us
            answer = pack_preview(made, _cost(meter))
        except MirrorlakeError as error:
            answer = pack_refusal(error, _cost(meter))
        except Exception as error:  # noqa: BLE001  a bug met with strange bytes fails this preview alone
            what = f"Unexpected error while decoding ({type(error).__name__}: {error})."
            answer = pack_refusal(NoPreview(what, "Please report this file."), _cost(meter))
        connection.send_bytes(answer)


if __name__ == "__main__":
    main()
