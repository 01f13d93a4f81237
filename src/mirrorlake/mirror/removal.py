"""Handle vanished objects: decided before a pass commits anything, executed after all its other work.

VANISHED ─▶ ways ─▶ guard ─▶ held: reported, waits for confirmation
                      └────▶ proven gone: marked, trashed or removed; otherwise reported
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pyarrow as pa

from mirrorlake.catalog import commit, removal
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    chosen,
    column,
    equal_to,
    filled,
    is_in,
    keep,
    mask_of,
)
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import ExistenceChecker, Proof
from mirrorlake.mirror.planning import PlannedChanges
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts, Hold, confirm_command
from mirrorlake.model.sources import Datasource, Orphans
from mirrorlake.plan.guard import PlanHash, Verdict, check_removals, count_groups, groups, may_hold, top_prefixes
from mirrorlake.plan.identity import Doubts
from mirrorlake.plan.orphans import Way, guarded, plan_orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.rules import Rules

_REASONS = {
    Proof.EXISTS: "It is not in the listing, but its object still exists: nothing was done",
    Proof.UNKNOWN: "It is not in the listing, and the source did not confirm that its object is gone: nothing was done",
    Proof.ELSEWHERE: "It is not in the listing, but the source may not be the one that held it: nothing was done",
}


_LEFT_TO_WHOLE = "Events alone do not remove it: a run over the whole datasource decides"
_SETTINGS_CHANGED = "The settings changed during this pass: nothing was done, the next pass uses the new settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """The planned handling of all vanished objects. Nothing is executed yet."""

    planned: PlannedChanges
    rules: Rules
    source: Datasource
    catalog: Catalog
    existing: Mapping[str, int]  # objects before the pass, by folder; empty if too few vanish for the guard to count
    verdict: Verdict
    doubts: Doubts
    partial: bool  # whether they are those of a partial pass
    held_before: bool  # whether some removals wait for confirmation since an earlier run
    counts: Counts  # of a dry run: `removed` if nothing is held and all objects are gone
    heads: int  # HEAD requests that the proofs need
    hold: Hold | None = None

    def batches(self) -> Iterator[tuple[pa.RecordBatch, BoolMask]]:
        """ORPHANS in key order, and which rows are held."""
        for orphans in _orphans(self.planned, self.rules, self.source, self.catalog):
            yield orphans, self.held(orphans)

    def held(self, orphans: pa.RecordBatch) -> BoolMask:
        """Which rows wait for confirmation: those that the guard holds, those in doubt, and those held before.

        Without the last, a hold would be released as soon as enough other objects are added.
        """
        keys = column(orphans, "key")
        held = self.verdict.holds(groups(keys, self.source.location.prefix)) | self.doubts.holds(keys)
        return guarded(orphans) & (held | self.held_earlier(keys))

    def held_earlier(self, keys: Column) -> BoolMask:
        """Which of these removals an earlier run held and nobody confirmed."""
        if not self.held_before:
            return np.zeros(len(keys), dtype=np.bool_)
        return is_in(keys, _select_held_before(self.source, self.catalog, keys))

    def without(self, moved: Column) -> Removals:
        """The removals if these keys have moved meanwhile. The limits apply to what existed before the pass."""
        planned = self.planned.without_vanished(moved)
        return plan_removals(
            planned,
            self.rules,
            self.source,
            self.catalog,
            self.doubts,
            existing=self.existing,
            partial=self.partial,
        )


def plan_removals(
    planned: PlannedChanges,
    rules: Rules,
    source: Datasource,
    catalog: Catalog,
    doubts: Doubts,
    *,
    existing: Mapping[str, int] | None = None,
    partial: bool = False,
) -> Removals:
    """Decide the handling of vanished objects. Reads the spool twice at most.

    `existing` are the objects before the pass, by folder; None if the pass has not changed anything yet. What partial
    passes removed since the last pass over everything counts with what a partial pass would remove: many small steps
    must not go where one is held.
    """
    prefix = source.location.prefix
    going: Counter[str] = Counter()
    by_way: Counter[int] = Counter()
    heads = spared = waited = 0
    doubted = planned.waiting
    any_waiting = removal.has_held_removals(catalog, source.id)
    for orphans in _orphans(planned, rules, source, catalog):
        if any_waiting:
            waited += len(_select_held_before(source, catalog, chosen(column(orphans, "key"), guarded(orphans))))
        count_groups(going, groups(chosen(column(orphans, "key"), guarded(orphans)), prefix))
        by_way.update(cast("list[int]", column(orphans, "way").to_pylist()))
        prove, doubtful = mask_of(column(orphans, "prove")), doubts.holds(column(orphans, "key"))
        heads += int((prove & ~doubtful).sum())
        doubted += int(((prove | guarded(orphans)) & doubtful).sum())
        spared += _count_spared(source, catalog, chosen(column(orphans, "key"), guarded(orphans)))
    earlier = Counter(removal.count_removed_by_parts(catalog, source.id, prefix) if partial and going else {})
    listed = 1 if partial else planned.scan.listed  # the guard asks whether a source is empty: a part shows nothing
    if existing is None:
        countable = may_hold((going + earlier).total(), listed=listed)
        existing = removal.count_by_folder(catalog, source.id, prefix) if countable else {}
    verdict = check_removals(Counter(existing) + earlier, going + earlier if going else going, listed=listed)
    if doubted:
        reasons = (*doubts.reasons, *verdict.reasons, *_waiting_message(planned.waiting))
        verdict = replace(verdict, reasons=reasons, everything=verdict.everything or doubts.everything)
    if waited and not verdict.everything:
        held = count_noun(waited, "removal was held before and waits", "removals were held before and wait")
        verdict = replace(verdict, reasons=(*verdict.reasons, f"{held} still."))
    removals = Removals(
        planned=planned,
        rules=rules,
        source=source,
        catalog=catalog,
        existing=existing,
        verdict=verdict,
        doubts=doubts,
        partial=partial,
        held_before=waited > 0,
        counts=Counts(removed=going.total() - spared, missing=by_way[Way.REPORT] + by_way[Way.MISS] + spared),
        heads=heads,
    )
    return _add_hold(removals) if verdict.any or waited or doubted else removals


def _waiting_message(waiting: int) -> tuple[str, ...]:
    if not waiting:
        return ()
    things = count_noun(waiting, "move or unlisted sidecar waits", "moves or unlisted sidecars wait")
    return (f"{things} too: the first pass after your confirmation handles them.",)


def _add_hold(removals: Removals) -> Removals:
    prefix = removals.source.location.prefix
    plan_hash = PlanHash()
    by_group: Counter[str] = Counter()
    unneeded = spared = 0
    for orphans, held in removals.batches():
        keys = chosen(column(orphans, "key"), held)
        plan_hash.add(keys)
        count_groups(by_group, groups(keys, prefix))
        asked = mask_of(column(orphans, "prove")) & ~removals.doubts.holds(column(orphans, "key"))
        unneeded += int((held & asked).sum())
        spared += _count_spared(removals.source, removals.catalog, keys)
    hold = Hold(
        reason=" ".join(removals.verdict.reasons),
        count=plan_hash.count,
        by_prefix=top_prefixes(by_group, prefix),
        plan_hash=plan_hash.hexdigest(),
    )
    before = removals.counts
    waiting = hold.count - spared  # the others are already counted as missing
    counts = replace(before, removed=before.removed - waiting, missing=before.missing + waiting)
    return replace(removals, counts=counts, heads=max(removals.heads - unneeded, 0), hold=hold)


def _select_held_before(source: Datasource, catalog: Catalog, keys: Column) -> Column:
    """The keys whose removal an earlier run held and nobody confirmed."""
    return pa.array(removal.select_held_keys(catalog, source.id, cast("list[str]", keys.to_pylist())), pa.string())


def _count_spared(source: Datasource, catalog: Catalog, keys: Column) -> int:
    """The number of these keys whose removal hides no asset, because another datasource shows or keeps it."""
    return removal.count_spared(catalog, source.id, cast("list[str]", keys.to_pylist()))


def execute_removals(
    lease: Lease, removals: Removals, checker: ExistenceChecker, identity: Identity | None, counters: Counters
) -> None:
    """Record the held removals, and execute the others once the absence of each object is proven."""
    if removals.hold is not None:
        removal.begin_hold(lease, removals.hold, identity)
    waits = f"Its removal waits for confirmation: {confirm_command(lease.run_id)}"
    for orphans, held in removals.batches():
        keys = chosen(column(orphans, "key"), held)
        counters.add(removal.hold_back(lease, keys, filled(len(keys), waits, pa.string())))
        process_orphans(lease, keep(orphans, ~held), checker, counters)


def execute_partial_removals(lease: Lease, removals: Removals, checker: ExistenceChecker, counters: Counters) -> bool:
    """Execute the removals of a partial pass; return whether a pass over everything has to decide about others.

    A partial pass holds nothing: what it may not remove is left to a pass over the whole source, which may hold it.
    Removals that such a pass has held already stay held.
    """
    for orphans, held in removals.batches():
        keys = chosen(column(orphans, "key"), held)
        counters.add(removal.record_orphans(lease, keys, filled(len(keys), _LEFT_TO_WHOLE, pa.string())))
        process_orphans(lease, keep(orphans, ~held), checker, counters)
    return removals.verdict.any or removals.doubts.any


def report_removals_undone(lease: Lease, removals: Removals, counters: Counters) -> None:
    """Report all vanished objects and remove nothing, because the settings changed after the plan was made."""
    for orphans, _ in removals.batches():
        keys = column(orphans, "key")
        counters.add(removal.record_orphans(lease, keys, filled(len(keys), _SETTINGS_CHANGED, pa.string())))


def process_orphans(lease: Lease, orphans: pa.RecordBatch, checker: ExistenceChecker, counters: Counters) -> None:
    """Execute these ORPHANS; those that need a proof and are not proven gone are only reported."""
    if not orphans.num_rows:
        return
    keys, asked = column(orphans, "key"), mask_of(column(orphans, "prove"))
    proofs = checker.prove(cast("list[str]", chosen(keys, asked).to_pylist()))
    doubted = np.zeros(len(keys), dtype=np.bool_)
    doubted[asked] = [proof is not Proof.GONE for proof in proofs]
    reasons = [_REASONS[proof] for proof in proofs if proof is not Proof.GONE]
    counters.add(removal.record_orphans(lease, chosen(keys, doubted), pa.array(reasons, pa.string())))
    for way in Way:
        here = keep(orphans, equal_to(column(orphans, "way"), int(way)) & ~doubted)
        if here.num_rows:
            counters.add(_commit_way(lease, way, column(here, "key"), column(here, "cause")))


def _commit_way(lease: Lease, way: Way, keys: Column, causes: Column) -> Counts:
    match way:
        case Way.FORGET:
            return commit.forget_refused(lease, keys)
        case Way.REPORT:
            return removal.record_orphans(lease, keys, causes)
        case Way.MISS:
            return commit.commit_missing(lease, keys, causes)
        case Way.TRASH:
            return removal.trash(lease, keys, causes)
        case Way.REMOVE:
            return removal.remove(lease, keys, causes)


def find_orphans(rules: Rules, source: Datasource, catalog: Catalog, keys: Column, states: Column) -> pa.RecordBatch:
    """ORPHANS rows of vanished keys with their KnownState."""
    refused = equal_to(states, int(KnownState.REFUSED))
    lasting = removal.keys_with_asset(catalog, source.id, cast("list[str]", chosen(keys, refused).to_pylist()))
    has_asset = ~refused
    has_asset[refused] = [key in lasting for key in chosen(keys, refused).to_pylist()]
    policies = [config.orphans for config in source.settings.configs]
    in_project = np.zeros(len(keys), dtype=np.bool_)
    if any(policy is not Orphans.KEEP for policy in policies):
        used = removal.select_project_keys(catalog, source.id, cast("list[str]", keys.to_pylist()))
        in_project = is_in(keys, pa.array(used, pa.string()))
    return plan_orphans(keys, states, rules.governing(keys), policies, has_asset=has_asset, in_project=in_project)


def _orphans(planned: PlannedChanges, rules: Rules, source: Datasource, catalog: Catalog) -> Iterator[pa.RecordBatch]:
    for batch in planned.batches():
        vanished = equal_to(column(batch, "op"), int(Op.VANISHED))
        if not vanished.any():
            continue
        rows = keep(batch, vanished)
        yield find_orphans(rules, source, catalog, column(rows, "key"), column(rows, "known_state"))
