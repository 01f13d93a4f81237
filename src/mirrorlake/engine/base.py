"""The contract of an engine: it opens pools that process the objects of one source."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from mirrorlake.model.looking import Looking
from mirrorlake.model.objects import Requests
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.processing.store_factory import StoreFactory


class Pool(Protocol):
    """Turns CHANGES rows into PROCESSED rows. Reads objects and nothing else: its caller decides and commits."""

    @property
    def requests(self) -> Requests:
        """Requests to the store so far; can be read from any thread, also after `close`."""
        ...

    @property
    def bytes_read(self) -> int:
        """Bytes of objects read so far; as `requests`."""
        ...

    @property
    def retrying_until_ns(self) -> int:
        """The end of the last pause before a retry, on the monotonic clock of this machine; 0 if none is known."""
        ...

    def start_early(self) -> None:
        """Prepare for work that is sure to come."""
        ...

    def process(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """PROCESSED batches for the CHANGES rows, in any order, each row exactly once; see `ProcessingPool`."""
        ...

    def read_companions(self, changes: Iterable[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        """The same for rows of which only companions are read."""
        ...

    def close(self) -> None:
        """End all work immediately. Can be called repeatedly and from any thread: `process` then raises an error."""
        ...


class Engine(Protocol):
    """Opens pools."""

    def open_pool(
        self, store_factory: StoreFactory, looking: Looking, prestarter: WorkerPrestarter | None = None
    ) -> Pool:
        """A pool for one source. Its caller closes it."""
        ...


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Worker processes of this machine; with 0, the process itself."""

    processes: int

    def open_pool(
        self, store_factory: StoreFactory, looking: Looking, prestarter: WorkerPrestarter | None = None
    ) -> Pool:
        """A pool whose first workers are those of `prestarter`."""
        return ProcessingPool(store_factory, processes=self.processes, looking=looking, prestarter=prestarter)
