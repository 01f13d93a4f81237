"""The protocol between a server and the process that makes its previews: one task, one answer.

The process gets the address of an object, not its bytes, so that the server holds only previews; of a picture that a
user sent, it gets the bytes. It answers JSON and a WebP, never pickle, because it reads untrusted bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from mirrorlake.core import errors
from mirrorlake.core.errors import MirrorlakeError, NoPreview, SettingsError, StorageError
from mirrorlake.model.asset_previews import PreviewOptions
from mirrorlake.processing.store_factory import StoreFactory

MAX_PREVIEW_BYTES = 16 << 20  # that are accepted as an answer; a preview has a hundredth of that
MAX_TURNED_BYTES = 1 << 30  # of a whole image


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewTask:
    """An object, and the preview of it that is wanted."""

    store_factory: StoreFactory
    key: str
    token: str
    size: int
    wanted: PreviewOptions

    @property
    def refusal(self) -> str:
        """What a reason is given for, if there is no preview."""
        return f"No preview of {self.key} can be made"


@dataclass(frozen=True, slots=True)
class PictureTask:
    """A picture that a user sent, of which the thumbnail is wanted."""

    data: bytes

    @property
    def refusal(self) -> str:
        """As of a `PreviewTask`."""
        return "The picture cannot be searched with"


@dataclass(frozen=True, slots=True, kw_only=True)
class UprightTask:
    """An image whose bytes are copied, to be turned upright."""

    data: bytes
    key: str

    @property
    def refusal(self) -> str:
        """As of a `PreviewTask`."""
        return "It cannot be turned upright"


Task = PreviewTask | PictureTask | UprightTask


def most_bytes(task: Task) -> int:
    """The most bytes of an answer."""
    return MAX_TURNED_BYTES if isinstance(task, UprightTask) else MAX_PREVIEW_BYTES


@dataclass(frozen=True, slots=True)
class ReadCost:
    """What reading the object of a task took."""

    requests: int = 0
    bytes_read: int = 0


def pack_preview(data: bytes | None, cost: ReadCost) -> bytes:
    """A finished picture as a frame; None for one that may stay as it is."""
    return _head({} if data is not None else {"same": True}, cost) + (data or b"")


def pack_refusal(error: MirrorlakeError, cost: ReadCost) -> bytes:
    """Why there is none, as a frame."""
    known = type(error).__name__ if hasattr(errors, type(error).__name__) else NoPreview.__name__
    return _head({"error": known, "message": error.message, "fix": error.fix}, cost)


def _head(document: dict[str, object], cost: ReadCost) -> bytes:
    return orjson.dumps(document | {"requests": cost.requests, "bytes": cost.bytes_read}) + b"\n"


def unpack_preview(frame: bytes, task: Task) -> tuple[bytes | MirrorlakeError, ReadCost]:
    """The picture in a frame, or the error of a refusal, and what it took. Raises ValueError for any other frame."""
    line, _, body = frame.partition(b"\n")
    match orjson.loads(line):
        case {"requests": int(requests), "bytes": int(size), **head} if requests >= 0 and size >= 0:
            return _answer(head, body, task), ReadCost(requests, size)
        case _:
            raise ValueError("a frame has no known head")


def _answer(head: dict[str, object], body: bytes, task: Task) -> bytes | MirrorlakeError:
    match head:
        case {"error": str(name), "message": str(message), "fix": str(fix)}:
            return _refusal(name)(message, fix)
        case {"same": True} if isinstance(task, UprightTask):
            return task.data
        case {**rest} if not rest and body:
            return body
        case _:
            raise ValueError("a frame has no known head")


def _refusal(name: str) -> type[MirrorlakeError]:
    """The error of this name, if a process that reads objects raises such: a hostile one may name any."""
    kind: object = getattr(errors, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, (StorageError, SettingsError)) else NoPreview
