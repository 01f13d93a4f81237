"""The numbers of a library that monitoring shows: assets, runs and waiting jobs of each workspace, and workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.errors import QueryCanceled

from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.workers import SILENT_S
from mirrorlake.catalog.workspaces import Space, list_spaces
from mirrorlake.core.errors import CatalogUnavailable, NotFound
from mirrorlake.model.queue import Workers
from mirrorlake.postgres.pool import Catalog, limit_time

PATIENCE_S = 5.0  # for each statement


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceNumbers:
    """The numbers of one workspace."""

    name: str
    assets: int  # trash included
    bytes: int  # of their objects
    runs: Mapping[str, int]  # by state
    waiting: Mapping[str, int]  # jobs by pool
    oldest: datetime | None  # time since which the longest-waiting job could have started; None: none is waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryNumbers:
    """The numbers of a library."""

    workspaces: tuple[WorkspaceNumbers, ...]
    workers: Mapping[str, Workers]  # by pool


def read_numbers(catalog: Catalog) -> LibraryNumbers:
    """The numbers as they are now. Raises CatalogError."""
    try:
        found = [_read_workspace(catalog, space) for space in list_spaces(catalog)]
        with catalog.read() as connection:
            limit_time(connection, PATIENCE_S)
            rows = connection.execute(statement("workers_by_pool").query, {"silent": SILENT_S}).fetchall()
    except QueryCanceled as error:
        raise CatalogUnavailable(f"The database does not count within {PATIENCE_S:g} s.") from error
    workers = {pool: Workers(alive=alive, last_seen=seen) for pool, alive, seen in rows}
    return LibraryNumbers(workspaces=tuple(one for one in found if one is not None), workers=workers)


def _read_workspace(catalog: Catalog, space: Space) -> WorkspaceNumbers | None:
    """The numbers of a workspace; None if it was deleted in this moment."""
    try:
        with catalog.in_schema(space.schema).read() as connection:
            limit_time(connection, PATIENCE_S)
            assets, size = connection.execute(statement("workspace_totals").query).fetchone() or (0, 0)
            runs = connection.execute(statement("runs_by_state").query).fetchall()
            waiting = connection.execute(statement("waiting_by_pool").query).fetchall()
    except NotFound:
        return None
    return WorkspaceNumbers(
        name=space.name,
        assets=assets,
        bytes=size,
        runs=dict(runs),
        waiting={pool: count for pool, count, _ in waiting},
        oldest=min((since for _, _, since in waiting if since is not None), default=None),
    )
