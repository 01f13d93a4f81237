"""Deal with what vanished: judged before a pass commits anything, carried out after all the rest of it.

VANISHED ─▶ ways ─▶ guard ─▶ held: told, and kept for a person
                      └────▶ proven gone: marked, trashed or removed; else told
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
from mirrorlake.mirror.planning import Planned
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts, Hold, confirm_command
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.guard import PlanHash, Verdict, check_removals, count_groups, groups, may_hold, top_prefixes
from mirrorlake.plan.orphans import Way, guarded, plan_orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.rules import Rules

OTHER_ROOT = "The folder is not the one that earlier passes saw: perhaps another disk, or none, is mounted there."
_TOLD = {
    Proof.STANDS: "It is not in the listing, but still stands: nothing was done",
    Proof.UNKNOWN: "It is not in the listing, and the source did not say whether it still stands: nothing was done",
    Proof.ELSEWHERE: "It is not in the listing, but the folder is not the one where it stood: nothing was done",
}


_CHANGED = "The settings changed while this pass was at work: nothing was done, the next pass goes by the new ones"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The root of a folder, as it is now and as earlier passes saw it. A bucket has none."""

    now: str | None
    before: str | None

    @property
    def other(self) -> bool:
        """Whether this is not the root that earlier passes saw, so that a 404 proves nothing."""
        return self.before is not None and self.now != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """What becomes of everything that vanished. Nothing of it is done yet."""

    planned: Planned
    rules: Rules
    source: Datasource
    catalog: Catalog
    verdict: Verdict
    held_before: bool  # whether some of them wait for a person since an earlier run
    counts: Counts  # what a dry run tells: `removed` where nothing is held and all objects are gone
    heads: int  # requests that the proofs will take
    hold: Hold | None = None

    def batches(self) -> Iterator[tuple[pa.RecordBatch, BoolMask]]:
        """ORPHANS in key order, and which rows are held."""
        for orphans in _orphans(self.planned, self.rules, self.source, self.catalog):
            yield orphans, self.held(orphans)

    def held(self, orphans: pa.RecordBatch) -> BoolMask:
        """Which rows wait for a person: those that the guard holds, and those that waited before.

        Judged anew alone, a hold would let go of itself as soon as enough other objects came.
        """
        keys = column(orphans, "key")
        held = self.verdict.holds(groups(keys, self.source.location.prefix))
        if self.held_before:
            held |= is_in(keys, _held_before(self.source, self.catalog, keys))
        return guarded(orphans) & held


def plan_removals(planned: Planned, rules: Rules, source: Datasource, catalog: Catalog, root: Root) -> Removals:
    """Judge what vanished, by what stands before the pass changes anything. Reads the spool twice at most."""
    prefix = source.location.prefix
    going: Counter[str] = Counter()
    by_way: Counter[int] = Counter()
    heads = spared = waited = 0
    any_waiting = removal.has_held_removals(catalog, source.id)
    for orphans in _orphans(planned, rules, source, catalog):
        if any_waiting:
            waited += len(_held_before(source, catalog, chosen(column(orphans, "key"), guarded(orphans))))
        count_groups(going, groups(chosen(column(orphans, "key"), guarded(orphans)), prefix))
        by_way.update(cast("list[int]", column(orphans, "way").to_pylist()))
        heads += int(mask_of(column(orphans, "prove")).sum())
        spared += _spared(source, catalog, chosen(column(orphans, "key"), guarded(orphans)))
    judged = may_hold(going.total(), listed=planned.scan.listed)
    standing = removal.count_by_folder(catalog, source.id, prefix) if judged else {}
    verdict = check_removals(standing, going, listed=planned.scan.listed)
    if root.other and (going or heads or planned.waiting):
        told = (OTHER_ROOT, *verdict.reasons, *_waiting_too(planned.waiting))
        verdict, heads = Verdict(reasons=told, everything=True), 0
    if waited and not verdict.everything:
        told = count_noun(waited, "removal was held before and waits", "removals were held before and wait")
        verdict = replace(verdict, reasons=(*verdict.reasons, f"{told} still."))
    removals = Removals(
        planned=planned,
        rules=rules,
        source=source,
        catalog=catalog,
        verdict=verdict,
        held_before=waited > 0,
        counts=Counts(removed=going.total() - spared, missing=by_way[Way.REPORT] + by_way[Way.MISS] + spared),
        heads=heads,
    )
    return _with_hold(removals) if verdict.any or waited else removals


def _waiting_too(waiting: int) -> tuple[str, ...]:
    if not waiting:
        return ()
    things = count_noun(
        waiting, "move or sidecar that is not listed waits", "moves or sidecars that are not listed wait"
    )
    return (f"{things} too: the first pass after your consent deals with that.",)


def _with_hold(removals: Removals) -> Removals:
    prefix = removals.source.location.prefix
    named = PlanHash()
    by_group: Counter[str] = Counter()
    unasked = spared = 0
    for orphans, held in removals.batches():
        keys = chosen(column(orphans, "key"), held)
        named.add(keys)
        count_groups(by_group, groups(keys, prefix))
        unasked += int((held & mask_of(column(orphans, "prove"))).sum())
        spared += _spared(removals.source, removals.catalog, keys)
    hold = Hold(
        reason=" ".join(removals.verdict.reasons),
        count=named.count,
        by_prefix=top_prefixes(by_group, prefix),
        plan_hash=named.hexdigest(),
    )
    told = removals.counts
    waiting = hold.count - spared  # the others count as missing already
    counts = replace(told, removed=told.removed - waiting, missing=told.missing + waiting)
    return replace(removals, counts=counts, heads=max(removals.heads - unasked, 0), hold=hold)


def _held_before(source: Datasource, catalog: Catalog, keys: Column) -> Column:
    """Those of these keys whose removal an earlier run held back, and nobody consented to."""
    return pa.array(removal.select_held_keys(catalog, source.id, cast("list[str]", keys.to_pylist())), pa.string())


def _spared(source: Datasource, catalog: Catalog, keys: Column) -> int:
    """How many of these keys are let go of without hiding an asset: another datasource shows or keeps it."""
    return removal.count_spared(catalog, source.id, cast("list[str]", keys.to_pylist()))


def carry_out(lease: Lease, removals: Removals, prover: ExistenceChecker, root: Root, tally: Counters) -> None:
    """Hold back what is held, and do the rest once each object's absence is proven."""
    if removals.hold is not None:
        removal.begin_hold(lease, removals.hold, root.now)
    waits = f"Its removal waits for consent: {confirm_command(lease.run_id)}"
    for orphans, held in removals.batches():
        keys = chosen(column(orphans, "key"), held)
        tally.add(removal.hold_back(lease, keys, filled(len(keys), waits, pa.string())))
        settle_orphans(lease, keep(orphans, ~held), prover, tally)


def leave(lease: Lease, removals: Removals, tally: Counters) -> None:
    """Tell of everything that vanished, and do nothing about it: what was to become of it is no longer what is set."""
    for orphans, _ in removals.batches():
        keys = column(orphans, "key")
        tally.add(removal.record_orphans(lease, keys, filled(len(keys), _CHANGED, pa.string())))


def settle_orphans(lease: Lease, orphans: pa.RecordBatch, prover: ExistenceChecker, tally: Counters) -> None:
    """Do what is to be done about these ORPHANS; what must be proven gone and is not is only told."""
    if not orphans.num_rows:
        return
    keys, asked = column(orphans, "key"), mask_of(column(orphans, "prove"))
    proofs = prover.prove(cast("list[str]", chosen(keys, asked).to_pylist()))
    doubted = np.zeros(len(keys), dtype=np.bool_)
    doubted[asked] = [proof is not Proof.GONE for proof in proofs]
    reasons = [_TOLD[proof] for proof in proofs if proof is not Proof.GONE]
    tally.add(removal.record_orphans(lease, chosen(keys, doubted), pa.array(reasons, pa.string())))
    for way in Way:
        here = keep(orphans, equal_to(column(orphans, "way"), int(way)) & ~doubted)
        if here.num_rows:
            tally.add(_settle(lease, way, column(here, "key"), column(here, "cause")))


def _settle(lease: Lease, way: Way, keys: Column, causes: Column) -> Counts:
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


def orphans_of(rules: Rules, source: Datasource, catalog: Catalog, keys: Column, states: Column) -> pa.RecordBatch:
    """ORPHANS rows of vanished keys with their KnownState."""
    refused = equal_to(states, int(KnownState.REFUSED))
    lasting = removal.keys_with_asset(catalog, source.id, cast("list[str]", chosen(keys, refused).to_pylist()))
    has_asset = ~refused
    has_asset[refused] = [key in lasting for key in chosen(keys, refused).to_pylist()]
    policies = [config.orphans for config in source.settings.configs]
    return plan_orphans(keys, states, rules.governing(keys), policies, has_asset)


def _orphans(planned: Planned, rules: Rules, source: Datasource, catalog: Catalog) -> Iterator[pa.RecordBatch]:
    for batch in planned.batches():
        vanished = equal_to(column(batch, "op"), int(Op.VANISHED))
        if not vanished.any():
            continue
        rows = keep(batch, vanished)
        yield orphans_of(rules, source, catalog, column(rows, "key"), column(rows, "known_state"))
