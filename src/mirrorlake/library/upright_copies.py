"""Turn copied images upright: for exports to programs that do not read EXIF orientation."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Final, Self

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.formats.identify import identify
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.unsupported import UnsupportedFormat
from mirrorlake.library.original_reader import THREADS, OriginalReader
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.media import MediaKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.preview_task import UprightTask
from mirrorlake.processing.previewer import LIMIT_S, Previewer

_OWNER: Final = "export"  # an export is of one workspace


class UprightCopies:
    """Turns images in processes with the limits of a worker. Use it as a context manager. Thread-safe."""

    def __init__(self) -> None:
        self._processes = Previewer(room_s=LIMIT_S * THREADS)  # all threads of a reader may wait for each other

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.close()

    def turn(self, key: str, data: bytes) -> bytes | MirrorlakeError:
        """The bytes to copy: an image with upright pixels, or anything else as it is; or why it cannot be turned."""
        found = identify(data[:HEAD_BYTES], key)
        if isinstance(found, UnsupportedFormat) or found.kind is not MediaKind.IMAGE:
            return data
        try:
            return self._processes.make(UprightTask(data=data, key=key), owner=_OWNER)
        except MirrorlakeError as error:
            return error


@contextmanager
def open_originals(catalog: Catalog, stores: SourceStores, *, bake_orientation: bool) -> Generator[OriginalReader]:
    """Reads what is copied: the bytes that were mirrored, or upright images if the orientation is to be baked in."""
    with ExitStack() as stack:
        change = stack.enter_context(UprightCopies()).turn if bake_orientation else None
        yield stack.enter_context(OriginalReader(catalog, stores, change))
