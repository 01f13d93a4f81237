"""Embed pictures page by page: while one is embedded, the next one is read, and the one before is stored."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mirrorlake.catalog import embeddings
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.process import EmbeddingProcess
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.likeness import StoredModel
from mirrorlake.postgres.pool import Catalog

READS = 8  # thumbnails that are read at once


class EmbeddingPool:
    """Processes that embed, each with a thread that waits for it. Used by one thread; close it at the end."""

    def __init__(self, processes: Sequence[EmbeddingProcess], batch: int) -> None:
        """A process is sent `batch` pictures at a time."""
        self._processes = processes
        self._batch = batch
        self._threads = ThreadPoolExecutor(len(processes), thread_name_prefix="embedding")
        self.first = processes[0]

    def embed(self, thumbnails: Sequence[bytes]) -> list[Embedded | None]:
        """What was found of each thumbnail; None for a damaged one."""
        batches = [thumbnails[first : first + self._batch] for first in range(0, len(thumbnails), self._batch)]
        shares = [batches[place :: len(self._processes)] for place in range(len(self._processes))]
        answers = list(self._threads.map(_embed_share, self._processes, shares))
        return [
            one
            for number in range(len(batches))
            for one in answers[number % len(self._processes)][number // len(self._processes)]
        ]

    def close(self) -> None:
        """End the threads. The processes are those of the owner."""
        self._threads.shutdown()


def _embed_share(process: EmbeddingProcess, share: Sequence[Sequence[bytes]]) -> list[list[Embedded | None]]:
    return [process.embed(batch) for batch in share]


@dataclass(frozen=True, slots=True)
class _Page:
    """Pictures that are committed together, with their thumbnails; None for a missing one."""

    digests: Sequence[bytes]
    thumbnails: Sequence[bytes | None]
    last: int  # the asset up to which they are looked for


class PictureEmbedder:
    """Embeds what has no hash or no vector, and counts it. Used by one thread."""

    def __init__(
        self, catalog: Catalog, model: StoredModel | None, thumbnails: Thumbnails, pool: EmbeddingPool, rows: int
    ) -> None:
        """A page has up to `rows` pictures."""
        self._catalog = catalog
        self._model = model
        self._thumbnails = thumbnails
        self._pool = pool
        self._rows = rows
        self.hashed = self.embedded = self.failed = 0  # complete when `pages` has ended or is closed

    def pages(self) -> Generator[int]:
        """Up to which asset pictures are embedded, before each page. What was embedded is stored when it is closed."""
        readers = ThreadPoolExecutor(READS, thread_name_prefix="thumbnails")
        beside = ThreadPoolExecutor(2, thread_name_prefix="pages")
        with readers, beside:
            page, before, done = self._read(readers, 0, ()), tuple[bytes, ...](), 0
            storing: Future[None] | None = None
            while page is not None:
                yield done
                unstored = (*before, *page.digests)
                reading = beside.submit(self._read, readers, page.last, unstored)
                found = self._pool.embed([one for one in page.thumbnails if one is not None])
                if storing is not None:
                    storing.result()
                storing = beside.submit(self._store, page, found)
                page, before, done = reading.result(), tuple(page.digests), page.last
            if storing is not None:
                storing.result()

    def _read(self, readers: ThreadPoolExecutor, after: int, unstored: Collection[bytes]) -> _Page | None:
        """The next page, without pictures of those that are not stored yet; None at the end."""
        missing = embeddings.missing_pictures(self._catalog, self._model, after, self._rows)
        if not missing:
            return None
        before = set(unstored)
        digests = list(dict.fromkeys(one.digest for one in missing if one.digest not in before))
        places = self._thumbnails.locate(digests)
        read = list(readers.map(self._thumbnails.read_at, digests, [places.get(digest) for digest in digests]))
        return _Page(digests, read, missing[-1].asset_id)

    def _store(self, page: _Page, embedded: Sequence[Embedded | None]) -> None:
        answers = iter(embedded)
        found = [None if one is None else next(answers) for one in page.thumbnails]
        kept = [(digest, one) for digest, one in zip(page.digests, found, strict=True) if one is not None]
        lost = [digest for digest, one in zip(page.digests, found, strict=True) if one is None]
        vectors = [np.frombuffer(one.vector or b"", np.float32).tolist() for _, one in kept]
        digests, hashes = [digest for digest, _ in kept], [one.hash for _, one in kept]
        embeddings.store_pictures(self._catalog, self._model, digests, hashes, vectors)
        embeddings.store_failures(self._catalog, lost)
        self.hashed += len(kept)
        self.failed += len(lost)
        self.embedded += 0 if self._model is None else len(kept)
