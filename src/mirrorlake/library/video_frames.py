"""Embed frames of videos, so that a search finds a video by any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mirrorlake.catalog import datasources, embeddings
from mirrorlake.catalog.video_frames import VideoObject, store_frames
from mirrorlake.core.errors import (
    MirrorlakeError,
    NoPreview,
    NoSuchBucket,
    SourceUnreachable,
    StorageError,
    WrongRegion,
)
from mirrorlake.embedding.base import Vectors
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.formats.sides import STRIP_FRAMES
from mirrorlake.library.reads import Reads
from mirrorlake.model.asset_previews import PreviewKind, PreviewOptions
from mirrorlake.model.likeness import StoredModel
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.preview_task import PreviewTask
from mirrorlake.processing.previewer import Previewer
from mirrorlake.processing.store_factory import StoreFactory

SAME = 0.97  # similarity of two frames from which one vector is enough for both
_STRIP = PreviewOptions(kind=PreviewKind.STRIP)
_OF_SOURCE = (NoSuchBucket, SourceUnreachable, WrongRegion)  # other errors are of one object


class FrameEmbedder:
    """Reads strips of videos by ranges in limited processes, and embeds their frames. Used by one thread."""

    def __init__(
        self,
        catalog: Catalog,
        model: StoredModel,
        process: EmbeddingProcess,
        previewer: Previewer,
        store_of: Callable[[Datasource], StoreFactory],
        *,
        reads: Reads,
        readers: int,
    ) -> None:
        self._catalog = catalog
        self._model = model
        self._process = process
        self._previewer = previewer
        self._store_of = store_of
        self._reads = reads
        self._readers = readers
        self._stores: dict[int, StoreFactory | None] = {}  # by datasource; None: it cannot be read now

    def embed(self, videos: Sequence[VideoObject]) -> int:
        """Store the vectors of their frames, and return of how many videos. What cannot be decoded is recorded.

        What cannot be read now is left for the next job, and so is the rest of a datasource that does not answer.
        """
        for one in videos:
            if one.datasource_id not in self._stores:
                self._stores[one.datasource_id] = self._open(one.datasource_id)
        with ThreadPoolExecutor(self._readers, thread_name_prefix="frames") as readers:
            strips = list(readers.map(self._strip, videos))
        done, damaged = 0, list[bytes]()
        for video, strip in zip(videos, strips, strict=True):
            if strip is None:
                continue
            vectors = _distinct(self._process.embed_strip(strip, STRIP_FRAMES)) if strip else []
            if len(vectors):
                store_frames(self._catalog, self._model, video.digest, vectors)
                done += 1
            else:
                damaged.append(video.digest)
        embeddings.store_failures(self._catalog, damaged, frames=True)
        return done

    def _open(self, datasource_id: int) -> StoreFactory | None:
        try:
            return self._store_of(datasources.by_id(self._catalog, datasource_id))
        except MirrorlakeError:  # its runs report that, too
            return None

    def _strip(self, video: VideoObject) -> bytes | None:
        """The strip of a video; empty if it cannot be decoded, None if it cannot be read now."""
        store = self._stores[video.datasource_id]
        if store is None:
            return None
        task = PreviewTask(store_factory=store, key=video.key, token=video.token, size=video.size, wanted=_STRIP)
        try:
            return self._previewer.make(task, owner="", count=self._reads.add)
        except NoPreview:
            return b""
        except MirrorlakeError as error:  # its runs report what its bucket refuses
            if isinstance(error, _OF_SOURCE) or not isinstance(error, StorageError):
                self._stores[video.datasource_id] = None
            return None


def _distinct(found: Sequence[Embedded | None]) -> list[list[float]]:
    """The vectors of frames, without those that show the same as the one before."""
    kept: list[Vectors] = []
    for one in found:
        vector = np.frombuffer(b"" if one is None or one.vector is None else one.vector, np.float32)
        if len(vector) and (not kept or float(kept[-1] @ vector) < SAME):
            kept.append(vector)
    return [vector.tolist() for vector in kept]
