"""Copy the images of an export beside its labels."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from mirrorlake.catalog import datasources
from mirrorlake.catalog.annotations import Chosen
from mirrorlake.catalog.label_export import ExportedImage, exported_images
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.labels.records import LabelOutput
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store

IMAGE_BYTES = 1 << 30
THREADS, AHEAD = 4, 8  # images that are read at once, and that are in memory
SHOWN = 20  # images that were not copied


@dataclass(slots=True)
class Copies:
    """What was copied."""

    copied: int = 0
    not_copied: int = 0
    examples: list[str] = field(default_factory=list[str])  # of those that were not, with the reason


def copy_images(
    catalog: Catalog, chosen: Chosen, stores: SourceStores, output: LabelOutput, folder: str
) -> Iterator[Copies]:
    """Copy the bytes that were mirrored of all chosen assets below this folder; yields after each image.

    An image that is gone, changed or cannot be read is counted.
    """
    copies = Copies()
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(THREADS, thread_name_prefix="images"))
        opened: dict[int, Store | MirrorlakeError] = {}
        coming: deque[tuple[ExportedImage, Future[bytes]]] = deque()

        def store_of(number: int) -> Store | MirrorlakeError:
            if number not in opened:
                try:
                    opened[number] = stack.enter_context(_opened(catalog, stores, number))
                except MirrorlakeError as error:
                    opened[number] = error
            return opened[number]

        for image in exported_images(catalog, chosen):
            coming.append((image, threads.submit(_read, store_of(image.datasource_id), image)))
            if len(coming) == AHEAD:
                _write(*coming.popleft(), copies, output, folder)
                yield copies
        while coming:
            _write(*coming.popleft(), copies, output, folder)
            yield copies


@contextmanager
def _opened(catalog: Catalog, stores: SourceStores, number: int) -> Generator[Store]:
    with closing(stores(datasources.by_id(catalog, number)).open()) as store:
        yield store


def _read(store: Store | MirrorlakeError, image: ExportedImage) -> bytes:
    if isinstance(store, MirrorlakeError):
        raise store
    return store.get(image.key, token=image.token, limit=IMAGE_BYTES).data


def _write(image: ExportedImage, coming: Future[bytes], copies: Copies, output: LabelOutput, folder: str) -> None:
    try:
        data = coming.result()
    except MirrorlakeError as error:
        copies.not_copied += 1
        if len(copies.examples) < SHOWN:
            copies.examples.append(f"{image.key}: {error.message}")
        return
    with output.open(folder + image.key) as file:
        file.write(data)
    copies.copied += 1
