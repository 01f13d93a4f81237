"""Read the text in pictures: each is rendered in a limited process, and read in another one."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mirrorlake.catalog.picture_texts import ReadText, UnreadPicture
from mirrorlake.core.errors import NoPreview, StorageError
from mirrorlake.library.reads import Reads
from mirrorlake.model.asset_previews import PreviewOptions
from mirrorlake.ocr.process import TextProcess
from mirrorlake.processing.preview_task import PreviewTask
from mirrorlake.processing.previewer import Previewer
from mirrorlake.processing.store_factory import StoreFactory


class TextReader:
    """Reads pictures of one datasource with as many processes as `count`. Used by one thread; close it at the end."""

    def __init__(self, previewer: Previewer, store: StoreFactory, *, count: int) -> None:
        self._previewer = previewer
        self._store = store
        self.reads = Reads()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="texts")
        self._processes = [TextProcess() for _ in range(count)]
        self._free: queue.SimpleQueue[TextProcess] = queue.SimpleQueue()
        for process in self._processes:
            self._free.put(process)

    def read(self, pictures: Sequence[UnreadPicture]) -> Iterator[ReadText | StorageError]:
        """What was read of each picture, in order, or why its object cannot be read now.

        Raises MirrorlakeError if the bucket cannot be opened, or no process can start.
        """
        return self._threads.map(self._read, pictures)

    def close(self) -> None:
        """End the processes, after the pictures that they are reading."""
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()

    def _read(self, picture: UnreadPicture) -> ReadText | StorageError:
        task = PreviewTask(
            store_factory=self._store, key=picture.key, token=picture.token, size=picture.size, wanted=PreviewOptions()
        )
        try:
            preview = self._previewer.make(task, owner="", count=self.reads.add)
        except NoPreview as error:
            return ReadText(digest=picture.digest, text="", failure=error.message)
        except StorageError as error:
            return error
        process = self._free.get()
        try:
            found = process.recognise(preview)
        finally:
            self._free.put(process)
        return ReadText(digest=picture.digest, text=found.text, shortened=found.shortened, failure=found.failure)
