"""Divide the assets of projects into train, valid and test, and choose the split of single ones."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.annotations import Chosen
from mirrorlake.catalog.assets import parse_asset_id
from mirrorlake.catalog.projects import project_not_found
from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.transactions import OnDone, discard_done
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.splits import (
    BY_METADATA,
    SPLIT_NUMBERS,
    SPLITS,
    Split,
    SplitCounts,
    SplitOptions,
    SplitResult,
    SplitSettings,
)
from mirrorlake.plan.splits import explain_counts
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

BATCH_ROWS = 20_000  # assets per statement: progress is shown, and a cancellation takes effect, in between
StepCallback = Callable[[int, int], object]


@retry_on_contention
def divide(
    catalog: Catalog, options: SplitOptions, done: StepCallback, *, by: Context, on_done: OnDone = discard_done
) -> SplitResult:
    """Divide a project as one transaction; a dry run only counts. Assigned splits stay as they are.

    Raises NotFound, and UsageError for a project without settings if none are given.
    """
    with catalog.write() as connection:
        project_id, stored = _lock(connection, options.project)
        settings = options.settings or read_settings(stored)
        if settings is None:
            raise UsageError(
                f"Project {options.project!r} has no splits yet.", "Name the percentages of train, valid and test."
            )
        before = _count(connection, project_id)
        total = before.train + before.valid + before.test + before.none
        found = _divide_all(connection, project_id, settings, lambda some: done(some, total), dry_run=options.dry_run)
        if options.dry_run:
            train, valid, test = found[3:]
            counts = SplitCounts(
                train=train, valid=valid, test=test, none=total - train - valid - test, assigned=before.assigned
            )
        else:
            document = Jsonb(asdict(settings))
            connection.execute(statement("set_project_split").query, {"project_id": project_id, "settings": document})
            counts = _count(connection, project_id)
            details = {"settings": asdict(settings), "moved": found[1]}
            record_activity(connection, by, Action.SPLIT, Subject.PROJECT, [options.project], details=details)
        result = SplitResult(
            project=options.project,
            settings=settings,
            counts=counts,
            moved=found[1],
            ungrouped=found[2],
            dry_run=options.dry_run,
            notes=explain_counts(settings, counts),
        )
        on_done(connection, result)
    return result


def _divide_all(
    connection: psycopg.Connection[TupleRow],
    project_id: int,
    settings: SplitSettings,
    done: Callable[[int], object],
    *,
    dry_run: bool,
) -> list[int]:
    """Sums of: assets, moved ones, those without the key, and those in train, valid and test."""
    sums, after = [0] * 6, 0
    key = settings.by.removeprefix(BY_METADATA) if settings.by.startswith(BY_METADATA) else None
    while True:
        values = {
            "project_id": project_id,
            "after": after,
            "rows": BATCH_ROWS,
            "settings": Jsonb(asdict(settings)),
            "key": key,
            "dry_run": dry_run,
        }
        row = connection.execute(statement("divide_members").query, values).fetchone()
        if row is None or row[0] is None:
            return sums
        after = row[0]
        sums = [one + more for one, more in zip(sums, row[1:], strict=True)]
        done(sums[0])


def assign_ids(
    catalog: Catalog,
    project: str,
    split: Split | None,
    asset_ids: Sequence[str],
    *,
    automatic: bool,
    by: Context,
    skip_others: bool = False,
    on_done: OnDone = discard_done,
) -> SplitResult:
    """Choose the split of these assets. Raises NotFound for one that is not in the project, unless it is skipped."""
    numbers = [parse_asset_id(asset_id) for asset_id in dict.fromkeys(asset_ids)]
    chosen: Chosen = (b"SELECT id FROM unnest(%s::bigint[]) AS id", (numbers,))
    expected = None if skip_others else len(numbers)
    return _assign(catalog, project, split, chosen, expected=expected, automatic=automatic, by=by, on_done=on_done)


def assign_chosen(
    catalog: Catalog,
    project: str,
    split: Split | None,
    chosen: Chosen,
    *,
    automatic: bool,
    by: Context,
    on_done: OnDone = discard_done,
) -> SplitResult:
    """Choose the split of those of these assets that are in the project. Raises NotFound."""
    return _assign(catalog, project, split, chosen, expected=None, automatic=automatic, by=by, on_done=on_done)


@retry_on_contention
def _assign(
    catalog: Catalog,
    project: str,
    split: Split | None,
    chosen: Chosen,
    *,
    expected: int | None,
    automatic: bool,
    by: Context,
    on_done: OnDone,
) -> SplitResult:
    text, params = chosen
    query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement("assign_split").query
    number = None if split is None else SPLIT_NUMBERS[split]
    with catalog.write() as connection:
        project_id, stored = _lock(connection, project)
        settings = None if stored is None else Jsonb(dict(stored))
        values = (*params, project_id, not automatic, number, settings, project_id)
        row = connection.execute(query, values, prepare=False).fetchone()
        found, moved = (0, 0) if row is None else row
        if expected is not None and found != expected:
            raise NotFound(
                f"{expected - found} of the {expected} assets are not in project {project!r}.",
                "Add them to the project first, in the library or with:"
                f" mirrorlake project add {shlex.quote(project)} ID",
            )
        details = {"split": split and split.value, "automatic": automatic, "assets": found}
        record_activity(connection, by, Action.SPLIT, Subject.PROJECT, [project], details=details)
        counts = _count(connection, project_id)
        result = SplitResult(project=project, settings=read_settings(stored), counts=counts, moved=moved)
        on_done(connection, result)
    return result


def read_settings(stored: Mapping[str, Any] | None) -> SplitSettings | None:
    """The settings of a stored document."""
    return None if stored is None else msgspec.convert(stored, SplitSettings)


def read_counts(rows: Sequence[TupleRow]) -> SplitCounts:
    """The numbers in the rows of `count_splits`."""
    numbers = {"none" if split is None else SPLITS[split].value: count for split, count, _ in rows}
    return SplitCounts(**numbers, assigned=sum(row[2] for row in rows))


def _count(connection: psycopg.Connection[TupleRow], project_id: int) -> SplitCounts:
    return read_counts(connection.execute(statement("count_splits").query, {"project_id": project_id}).fetchall())


def _lock(connection: psycopg.Connection[TupleRow], project: str) -> tuple[int, Mapping[str, Any] | None]:
    row = connection.execute(statement("lock_project").query, {"name": project}).fetchone()
    if row is None:
        raise project_not_found(project)
    return row[0], row[1]
