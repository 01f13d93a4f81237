"""Look again at what failed in a run: at those keys alone, and without a full listing. Removes and moves nothing.

failed keys ─▶ list the stem of each ─▶ select, pair ─▶ diff ─▶ settle, look
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, cast

import pyarrow as pa

from mirrorlake.catalog import objects
from mirrorlake.catalog.outcomes import failed_keys
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.sharing import make_recogniser
from mirrorlake.core.columnar import (
    as_binary,
    column,
    columns,
    equal_to,
    in_order,
    is_in,
    joined,
    keep,
    no_rows,
    where,
)
from mirrorlake.core.errors import AccessDenied, SourceUnreachable, StorageError
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.execute import process_batches, settle
from mirrorlake.mirror.existence import ExistenceChecker
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules, remember_glob_files
from mirrorlake.mirror.library_marker import mark
from mirrorlake.mirror.missing_sidecars import find_unlisted_sidecars, prove_unlisted
from mirrorlake.mirror.naming import Naming
from mirrorlake.mirror.pass_plan import RunContext, find_root
from mirrorlake.mirror.planning import rows_to_look_at, skipped
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.removal import OTHER_ROOT
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.columns import CANDIDATES, CHANGES, LISTING
from mirrorlake.model.companions import ROLES
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.diff import diff
from mirrorlake.plan.update_policy import update_policy
from mirrorlake.processing.pool import ProcessingPool
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.rules import Rules
from mirrorlake.select.stream import select
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range

LISTINGS_AT_ONCE = 16
GONE = "It is gone from its source: nothing was done"
_UNKNOWN = "Its source does not say how it stands: "
LEFT = "No pattern takes it any more: nothing was done"

# Every way to write the stem suffixes of companions: their case does not matter.
_STEM_SUFFIXES = [
    "".join(letters)
    for suffix in {role.stem_suffix for role in ROLES if role.stem_suffix is not None}
    for letters in product(*({one, one.upper()} for one in suffix))
]


def retry(
    lease: Lease,
    source: Datasource,
    run_id: int,
    parts: RunContext,
    progress: Progress,
    *,
    opens: StoreFactory | None = None,
) -> Report:
    """Read the objects that failed in another run once more, whatever is remembered of their bytes.

    `selected` counts them. One that is gone, or that no pattern takes any more, is skipped with that reason. Raises
    LeaseLost where another process took over.
    """
    tally = Counters(lease.report_counts)
    again = _Again(lease=lease, source=source, run_id=run_id, tally=tally, naming=Naming(source.settings.configs))
    opens = opens or store_config(source)
    return finalize(lease, source, tally, lambda: again.work(opens, parts, progress), lists=False, supersedes=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """What one retry works with."""

    lease: Lease
    source: Datasource
    run_id: int
    tally: Counters
    naming: Naming

    def work(self, opens: StoreFactory, parts: RunContext, progress: Progress) -> RunResult:
        if find_root(self.source, parts.catalog).other:
            raise StorageError(OTHER_ROOT, "Check what is mounted there, then run a pass.")
        with (
            open_metered(opens, self.tally, self.lease.check) as store,
            closing(ProcessingPool(opens, parts.thumbnails, processes=parts.processes)) as pool,
            ThreadPoolExecutor(LISTINGS_AT_ONCE, thread_name_prefix="stem") as threads,
        ):
            mark(self.lease.catalog, parts.thumbnails)
            rules, glob_files = read_rules(self.source, store, parts.catalog, known_id=self.source.id)
            remember_glob_files(parts.catalog, self.source.id, glob_files)
            self.tally.measure(pool)
            self.lease.on_cancel(pool.close)
            strategies = [config.metadata_strategy for config in self.source.settings.configs]
            rows = self._to_look_at(store, rules, threads)
            process_batches(self.lease, rows, pool, self.tally, progress, naming=self.naming, strategies=strategies)
        return RunResult()

    def _to_look_at(self, store: Store, rules: Rules, threads: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
        """The rows to be read, some thousand keys at a time; what needs no reading is committed on the way."""
        for keys in failed_keys(self.lease.catalog, self.run_id):
            changes = self._changes(keys, store, rules, threads)
            settle(self.lease, changes, self.tally, self.naming)
            yield from rows_to_look_at(changes)

    def _changes(
        self, keys: list[str], store: Store, rules: Rules, threads: ThreadPoolExecutor
    ) -> list[pa.RecordBatch]:
        stems = _stems(keys, rules.suffixes.values())
        answers = dict(zip(stems, threads.map(partial(_listed, store), stems, stems.values()), strict=True))
        refusals = [answer for answer in answers.values() if isinstance(answer, StorageError)]
        if refusals and len(refusals) == len(answers):
            raise refusals[0]  # as for a pass: a source that says nothing at all is a failure, no skip of each object
        listed = _in_key_order(answer for answer in answers.values() if isinstance(answer, pa.RecordBatch))
        asked = pa.array(keys, pa.string())
        candidates = joined([no_rows(CANDIDATES), *select([listed], rules)])
        candidates = keep(candidates, is_in(column(candidates, "key"), asked))
        known = objects.known_keys(self.lease.catalog, self.source.id, keys)
        differences = diff([candidates], [known], update_policy([rule.config for rule in rules.rules]))
        changes = [_looked_again(keep(rows, ~equal_to(column(rows, "op"), int(Op.VANISHED)))) for rows in differences]
        unlisted = prove_unlisted(
            find_unlisted_sidecars(changes, rules.suffixes, self.lease.catalog, self.source.id),
            ExistenceChecker(store),
        )
        changes = [unlisted.applied_to(rows) for rows in changes]
        self.tally.add(Counts(listed=listed.num_rows, selected=len(keys), unchanged=differences.unchanged))
        taken = set(cast("list[str]", column(candidates, "key").to_pylist()))
        here = set(cast("list[str]", column(listed, "key").to_pylist()))
        left: dict[str, str] = {}
        for key in keys:
            answer = answers[_stem(key)]
            if isinstance(answer, StorageError):
                left[key] = _UNKNOWN + answer.message
            elif isinstance(answer, str):
                left[key] = answer
            elif key not in taken:
                left[key] = LEFT if key in here else GONE
        recognise = make_recogniser(self.lease.catalog, self.source, self.source.id)
        return [*(map(recognise, changes) if recognise else changes), skipped(left)]


def _looked_again(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Changes in which bytes that could not be used before are read once more."""
    refused = equal_to(column(rows, "op"), int(Op.REFUSED))
    ops = where(refused, pa.array([int(Op.CHANGED)] * rows.num_rows, pa.int8()), column(rows, "op"))
    return pa.RecordBatch.from_arrays([ops, *columns(rows)[1:]], schema=CHANGES)


def _stem(key: str) -> str:
    return key[: key.rfind(".")]


def _stems(keys: list[str], suffixes: Collection[str]) -> dict[str, list[str]]:
    """For the stem of each key, all keys that matter to it: objects, and whatever may be their companion."""
    found: dict[str, list[str]] = {}
    for key in keys:
        stem = _stem(key)
        names = found.setdefault(stem, [stem + one for one in _STEM_SUFFIXES])
        names.append(key)
        names += [key + suffix for suffix in suffixes]
    return found


def _listed(store: Store, stem: str, names: list[str]) -> pa.RecordBatch | str | StorageError:
    """What of these is in the listing (LISTING), or why the source does not say: an error, or a gap in words."""
    last = max(names, key=str.encode) if store.ordered else None
    wanted = pa.array(names, pa.string())
    try:
        with closing(list_range(store, KeyRange(prefix=stem + ".", until=last))) as listing:
            found = [keep(batch, is_in(column(batch, "key"), wanted)) for batch in listing]
            gaps = listing.certificate().gaps
    except (AccessDenied, SourceUnreachable) as error:
        return error
    if gaps:
        return _UNKNOWN + gaps[0].reason
    return joined([no_rows(LISTING), *found])


def _in_key_order(parts: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of all parts, each key once: two stems may ask for the same companion."""
    rows = joined([no_rows(LISTING), *parts])
    order = in_order(as_binary(column(rows, "key")))
    names = cast("list[Any]", column(rows, "key").to_pylist())
    first = [place for at, place in enumerate(order) if at == 0 or names[place] != names[order[at - 1]]]
    return rows.take(pa.array(first, pa.int64()))
