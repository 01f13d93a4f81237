"""The workspaces that a worker serves: each with its settings and its catalog, in turns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from mirrorlake.catalog import queue, workspaces
from mirrorlake.core.settings import Settings
from mirrorlake.model.jobs import DEFAULT_POOL, JobKind
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One workspace."""

    id: int
    name: str
    settings: Settings
    catalog: Catalog
    pool: str = DEFAULT_POOL  # of the worker

    @property
    def label(self) -> str:
        """The end of a sentence about it in a log; empty for `default`."""
        return "" if self.catalog.schema is None else f" (workspace {self.name})"


class Places:
    """All workspaces of a library, as they are now. Thread-safe."""

    def __init__(self, settings: Settings, catalog: Catalog, *, pool: str = DEFAULT_POOL) -> None:
        """`settings` and `catalog` are those of the workspace `default`, `pool` that of the worker."""
        self._settings = settings
        self._catalog = catalog
        self._pool = pool
        self._last = 0  # the workspace whose job was taken last

    def all(self) -> list[Place]:
        """Every workspace, `default` first."""
        return [
            Place(
                id=one.id,
                name=one.name,
                settings=replace(self._settings, workspace=one.name, part=one.part),
                catalog=self._catalog.in_schema(one.schema),
                pool=self._pool,
            )
            for one in workspaces.list_spaces(self._catalog)
        ]

    def with_queued(self, kinds: Collection[JobKind]) -> list[Place]:
        """The workspaces with a queued job of these kinds, each after those that waited longer for their turn.

        Two queries, however many workspaces there are.
        """
        places = self.all()
        if len(places) > 1:
            waiting = queue.with_queued(
                self._catalog, [place.catalog.schema for place in places], kinds, pool=self._pool
            )
            places = [place for place in places if place.catalog.schema in waiting]
        return sorted(places, key=lambda place: (place.id <= self._last, place.id))

    def others_wait(self, own: Place, kind: JobKind, kinds: Collection[JobKind]) -> bool:
        """Whether a job of these kinds waits in any workspace, other than one of this kind in the own one."""
        schemas = [place.catalog.schema for place in self.all()]
        if queue.with_queued(self._catalog, schemas, set(kinds) - {kind}, pool=self._pool):
            return True
        waiting = queue.with_queued(self._catalog, schemas, {kind} & set(kinds), pool=self._pool)
        return not waiting <= {own.catalog.schema}

    def served(self, place: Place) -> None:
        """A job of this workspace was taken: the next turn is that of another one."""
        self._last = place.id
