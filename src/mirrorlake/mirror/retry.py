"""Process some objects again, such as those that failed: only their keys, without a full listing. Removes nothing.

keys ─▶ list the stem of each ─▶ select, pair ─▶ diff ─▶ commit, process
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import pyarrow as pa

from mirrorlake.catalog import objects
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.sharing import make_recogniser
from mirrorlake.core.columnar import column, columns, equal_to, is_in, joined, keep, no_rows, where
from mirrorlake.mirror.common_failure import CommonFailure
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.execute import commit_batches, commit_unread
from mirrorlake.mirror.existence import ExistenceChecker
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules, remember_glob_files
from mirrorlake.mirror.identity import read_root, refuse_other
from mirrorlake.mirror.library_marker import mark_store
from mirrorlake.mirror.missing_sidecars import find_unlisted_sidecars, keep_unproven
from mirrorlake.mirror.naming import AssetNamer
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.planning import select_rows_to_process, skipped_changes
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.mirror.stem_listing import list_stems, stems_of
from mirrorlake.model.columns import CANDIDATES, CHANGES, KNOWN
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.diff import diff
from mirrorlake.plan.identity import Doubts
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING, update_policy
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.rules import Rules
from mirrorlake.select.stream import select
from mirrorlake.storage.base import Store

GONE = "Its object is gone: nothing was done"
_UNKNOWN = "Its object could not be checked: "
NOT_SELECTED = "No pattern selects it any more: nothing was done"


def retry(
    lease: Lease,
    source: Datasource,
    keys: Iterable[list[str]],
    context: RunContext,
    progress: Progress,
    *,
    unchanged: bool = False,
    store_factory: StoreFactory | None = None,
) -> Report:
    """Read the objects with these keys again: those that failed, and if wanted also those that are `unchanged`.

    `selected` counts them. An object that is gone, or that no pattern selects any more, is skipped with that reason.
    Raises LeaseLost if another process took over.
    """
    counters = Counters(lease.report_counts)
    attempt = _Retry(
        lease=lease,
        source=source,
        keys=keys,
        unchanged=unchanged,
        counters=counters,
        namer=AssetNamer(source.settings.configs),
    )
    store_factory = store_factory or store_config(source)
    return finalize(lease, source, counters, lambda: attempt.work(store_factory, context, progress), supersedes=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retry:
    """One retry: what it needs, and its steps."""

    lease: Lease
    source: Datasource
    keys: Iterable[list[str]]
    unchanged: bool
    counters: Counters
    namer: AssetNamer

    def work(self, store_factory: StoreFactory, context: RunContext, progress: Progress) -> RunResult:
        root = read_root(self.source, context.catalog)
        refuse_other(root, "Check what is mounted there, then run a pass.")
        with (
            open_metered(store_factory, self.counters, self.lease.check) as store,
            closing(context.open_pool(store_factory, self.source.settings.looking)) as pool,
        ):
            mark_store(self.lease.catalog, context.thumbnails)
            rules, glob_files = read_rules(self.source, store, context.catalog, known_id=self.source.id)
            remember_glob_files(context.catalog, self.source.id, glob_files)
            self.counters.measure(pool)
            self.lease.on_cancel(pool.close)
            strategies = [config.metadata_strategy for config in self.source.settings.configs]
            rows = self._rows_to_process(store, rules, root.doubts)
            common = CommonFailure()
            with closing(pool.process(rows)) as processed:
                commit_batches(
                    self.lease,
                    processed,
                    context.thumbnail_writer,
                    self.counters,
                    progress,
                    namer=self.namer,
                    strategies=strategies,
                    on_processed=common.add,
                    again=self.unchanged,
                )
        return RunResult(failure=common.sentence(self.counters.counts))

    def _rows_to_process(self, store: Store, rules: Rules, doubts: Doubts) -> Iterator[pa.RecordBatch]:
        """The rows to read, some thousand keys at a time; rows that need no reading are committed first."""
        for keys in self.keys:
            changes = self._find_changes(keys, store, rules, doubts)
            commit_unread(self.lease, changes, self.counters, self.namer)
            yield from select_rows_to_process(changes)

    def _find_changes(self, keys: list[str], store: Store, rules: Rules, doubts: Doubts) -> list[pa.RecordBatch]:
        full_suffixes = rules.suffixes.values()
        stems = {key: stems_of(key, full_suffixes)[0] for key in keys}  # its own
        answers = list_stems(store, stems.values(), full_suffixes)
        listed = answers.rows
        asked = pa.array(keys, pa.string())
        candidates = joined([no_rows(CANDIDATES), *select([listed], rules)])
        candidates = keep(candidates, is_in(column(candidates, "key"), asked))
        known = objects.known_keys(self.lease.catalog, self.source.id, keys, self.source.settings.looking)
        policy = update_policy([rule.config for rule in rules.rules])
        if self.unchanged:
            known, policy = _never_read(known), UPDATE_EVERYTHING
        differences = diff([candidates], [known], policy)
        changes = [_reread_refused(keep(rows, ~equal_to(column(rows, "op"), int(Op.VANISHED)))) for rows in differences]
        unlisted = keep_unproven(
            find_unlisted_sidecars(changes, rules, self.lease.catalog, self.source.id),
            ExistenceChecker(store, doubts),
        )
        changes = [unlisted.apply_to(rows) for rows in changes]
        self.counters.add(Counts(listed=listed.num_rows, selected=len(keys), unchanged=differences.unchanged))
        taken = set(cast("list[str]", column(candidates, "key").to_pylist()))
        here = set(cast("list[str]", column(listed, "key").to_pylist()))
        reasons: dict[str, str] = {}
        for key in keys:
            unanswered = answers.unanswered.get(stems[key])
            if unanswered is not None:
                reasons[key] = _UNKNOWN + unanswered
            elif key not in taken:
                reasons[key] = NOT_SELECTED if key in here else GONE
        # An object that another datasource has read is read again too, if everything is.
        recognise = None if self.unchanged else make_recogniser(self.lease.catalog, self.source, self.source.id)
        return [*(map(recognise, changes) if recognise else changes), skipped_changes(reasons)]


def _never_read(known: pa.RecordBatch) -> pa.RecordBatch:
    """The same objects with a token that no store gives: all of them differ from what is listed."""
    tokens = pa.array([""] * known.num_rows, pa.string())
    at = KNOWN.get_field_index("token")
    arrays = [tokens if place == at else values for place, values in enumerate(columns(known))]
    return pa.RecordBatch.from_arrays(arrays, schema=KNOWN)


def _reread_refused(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Changes in which undecodable objects are read again."""
    refused = equal_to(column(rows, "op"), int(Op.REFUSED))
    ops = where(refused, pa.array([int(Op.CHANGED)] * rows.num_rows, pa.int8()), column(rows, "op"))
    return pa.RecordBatch.from_arrays([ops, *columns(rows)[1:]], schema=CHANGES)
