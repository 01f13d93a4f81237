"""Whether the objects of assets in the trash are back, and whether a run would select them: one HEAD for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pyarrow as pa

from mirrorlake.catalog import datasources
from mirrorlake.catalog.removal import Vanished
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory

THREADS = 16  # requests to one source at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObject:
    """A vanished object as it is now. Both False if its source is unreachable."""

    vanished: Vanished
    exists: bool  # unchanged
    selected: bool  # by a run

    @property
    def is_back(self) -> bool:
        """Whether it counts as before."""
        return self.exists and self.selected


def find_objects(
    catalog: Catalog, objects: Sequence[Vanished], store_factory: Callable[[Datasource], StoreFactory]
) -> list[FoundObject]:
    """The vanished objects as they are now."""
    found: list[FoundObject] = []
    for number in dict.fromkeys(each.datasource_id for each in objects):
        source = datasources.by_id(catalog, number)
        found += _find(source, [each for each in objects if each.datasource_id == number], catalog, store_factory)
    return found


def _find(
    source: Datasource,
    objects: Sequence[Vanished],
    catalog: Catalog,
    store_factory: Callable[[Datasource], StoreFactory],
) -> list[FoundObject]:
    try:
        with closing(store_factory(source).open()) as store:
            rules, _ = read_rules(source, store, catalog, known_id=source.id)
            governing = rules.governing(pa.array([each.key for each in objects], pa.string()))

            def exists(each: Vanished) -> bool:
                try:
                    now = store.head(each.key)
                except MirrorlakeError:
                    return False
                return now.size == each.size and now.is_version(each.token)

            with ThreadPoolExecutor(min(THREADS, len(objects)), thread_name_prefix="restore") as threads:
                here = list(threads.map(exists, objects))
    except MirrorlakeError:
        return [FoundObject(vanished=each, exists=False, selected=False) for each in objects]
    return [
        FoundObject(vanished=each, exists=one, selected=bool(config >= 0))
        for each, one, config in zip(objects, here, governing, strict=True)
    ]
