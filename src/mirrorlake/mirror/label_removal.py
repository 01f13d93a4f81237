"""Remove the annotations of label files that are gone; if that may be a mistake, wait for a confirmation.

not listed any more ─▶ of images that remain? ─▶ guard ─▶ held: waits for confirmation, as removals of objects do
                                                   └────▶ proven by its own 404: its annotations are removed

The guard counts label files. Where one is for all images of a folder, their number does not show the damage, so the
images that would lose their labels are counted.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import pyarrow as pa

from mirrorlake.catalog import label_files, removal
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import chosen, column, equal_to, is_in, keep
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import KeyChecker, Proof
from mirrorlake.mirror.planning import PlannedChanges
from mirrorlake.mirror.removal import Removals
from mirrorlake.mirror.spool import SpooledBatches
from mirrorlake.model.identity import Identity
from mirrorlake.model.label_sidecars import LabelStrategy
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts, Hold, confirm_command
from mirrorlake.plan.guard import PlanHash, Verdict, check_removals, count_groups, groups, may_hold, top_prefixes
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.label_names import LabelNames
from mirrorlake.select.label_patterns import Reach

PAGE_FILES = 5_000  # decided together


@dataclass(frozen=True, slots=True, kw_only=True)
class Removing:
    """How label files that are gone are removed in one run."""

    lease: Lease
    names: LabelNames
    strategy: LabelStrategy
    checker: KeyChecker
    counters: Counters

    def remove(self, keys: Sequence[str]) -> None:
        """Remove the annotations of those of these label files that are gone."""
        claimed = self.names.claims(pa.array(keys, pa.string()))
        asked = [key for key, ours in zip(keys, claimed, strict=True) if ours]
        # Files that the settings do not name any more exist, so no 404 is asked of them.
        gone = [key for key, ours in zip(keys, claimed, strict=True) if not ours]
        gone += [key for key, proof in zip(asked, self.checker.prove(asked), strict=True) if proof is Proof.GONE]
        if gone:
            found = label_files.commit_gone(self.lease, gone, self.names, self.strategy)
            self.counters.add(as_relabelled(found))


def as_relabelled(counts: Counts) -> Counts:
    """The counts of images whose labels changed: the listing counted these images as unchanged."""
    return counts + Counts(unchanged=-counts.labels_changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneLabels:
    """The label files of one pass that are not there, once the removals of images are decided."""

    removing: Removing
    prefix: str
    listing: SpooledBatches  # CHANGES of label files
    unlisted: Sequence[str]  # that were expected beside an image, and never listed

    def remove_or_hold(self, hold: Hold | None, identity: Identity | None) -> Hold | None:
        """Remove them, except for what waits for confirmation. Returns the hold of this run, after that of objects."""
        verdict, waiting = self._decide(partial=False)
        if not verdict.any and not waiting:
            for page in self._pages():
                self.removing.remove(page)
            return hold
        return self._hold(verdict, waiting, hold, identity)

    def remove_unless_many(self) -> bool:
        """For a partial pass, which holds nothing. Whether a pass over everything has to decide."""
        verdict, waiting = self._decide(partial=True)
        if verdict.any or waiting:
            return True
        for page in self._pages():
            self.removing.remove(page)
        return False

    def _decide(self, *, partial: bool) -> tuple[Verdict, int]:
        """What is held, and how many were held before. The shares refer to what was there before the run."""
        lease = self.removing.lease
        catalog, number = lease.catalog, lease.datasource_id
        going: Counter[str] = Counter()
        waiting = 0
        for page in self._pages():
            labelled = label_files.with_image(lease, page, self.removing.names)
            going += _by_group(labelled, self.prefix)
            waiting += len(removal.select_held_keys(catalog, number, list(labelled)))
        if not going:
            return Verdict(), waiting
        reach = self.removing.names.reach
        earlier = Counter(label_files.count_removed_by_parts(catalog, number, self.prefix, reach) if partial else {})
        if not may_hold((going + earlier).total(), listed=1):
            return Verdict(), waiting
        existing = Counter(label_files.count_by_folder(catalog, number, self.prefix, reach, run_id=lease.run_id))
        existing.subtract(self._added())
        return _check(existing + earlier, going + earlier, reach), waiting

    def _hold(self, verdict: Verdict, waiting: int, hold: Hold | None, identity: Identity | None) -> Hold:
        lease = self.removing.lease
        if hold is None:
            removal.begin_hold(lease, Hold(reason="", count=0, by_prefix={}, plan_hash=""), identity)
        by_group: Counter[str] = Counter()
        waits = f"The removal of its annotations waits for confirmation: {confirm_command(lease.run_id)}"
        for page in self._pages():
            keys = list(label_files.with_image(lease, page, self.removing.names))
            labelled = pa.array(keys, pa.string())
            named = groups(labelled, self.prefix)
            before = removal.select_held_keys(lease.catalog, lease.datasource_id, keys)
            mask = verdict.holds(named) | is_in(labelled, pa.array(before, pa.string()))
            held = chosen(labelled, mask)
            count_groups(by_group, chosen(named, mask))
            removal.hold_back(lease, held, pa.array([waits] * len(held), pa.string()))
            kept = set(held.to_pylist())
            self.removing.remove([key for key in page if key not in kept])
        plan_hash = PlanHash()
        for keys in removal.keys_of_hold(lease):
            plan_hash.add(pa.array(keys, pa.string()))
        made = _combine(hold, _reasons(verdict, waiting), top_prefixes(by_group, self.prefix), plan_hash)
        removal.complete_hold(lease, made)
        return made

    def _pages(self) -> Iterator[list[str]]:
        yield from _pages(self._keys())

    def _keys(self) -> Iterator[str]:
        yield from self.unlisted
        for batch in self.listing:
            vanished = chosen(column(batch, "key"), equal_to(column(batch, "op"), int(Op.VANISHED)))
            yield from cast("list[str]", vanished.to_pylist())

    def _added(self) -> Mapping[str, int]:
        counts: Counter[str] = Counter()
        for batch in self.listing:
            new = chosen(column(batch, "key"), equal_to(column(batch, "op"), int(Op.NEW)))
            if self.removing.names.reach is not Reach.FOLDER:
                count_groups(counts, groups(new, self.prefix))
                continue
            for keys in _pages(cast("list[str]", new.to_pylist())):
                counts += _by_group(label_files.with_image(self.removing.lease, keys, self.removing.names), self.prefix)
        return counts


def planned_hold(
    catalog: Catalog,
    datasource_id: int,
    names: LabelNames,
    labels: SpooledBatches,
    *,
    changes: PlannedChanges,
    removals: Removals,
) -> Hold | None:
    """The hold of a dry run, including that of objects, if every label file that is expected is there."""
    prefix = removals.source.location.prefix
    vanished = [keep(batch, equal_to(column(batch, "op"), int(Op.VANISHED))) for batch in labels]
    if not sum(batch.num_rows for batch in vanished):
        return removals.hold
    counted = label_files.planned_gone(catalog, datasource_id, names, vanished, changes.batches())
    keys = list(counted)
    named = groups(pa.array(keys, pa.string()), prefix)
    going = _by_group(counted, prefix)
    before = set(removal.select_held_keys(catalog, datasource_id, keys))
    verdict = Verdict()
    if may_hold(going.total(), listed=1):
        existing = label_files.count_by_folder(catalog, datasource_id, prefix, names.reach, run_id=None)
        verdict = _check(existing, going, names.reach)
    if not verdict.any and not before:
        return removals.hold
    mask = verdict.holds(named) | [key in before for key in keys]
    held = cast("list[str]", chosen(pa.array(keys, pa.string()), mask).to_pylist())
    by_group: Counter[str] = Counter()
    count_groups(by_group, chosen(named, mask))
    plan_hash = PlanHash()
    for some in _pages(heapq.merge(_held_objects(removals), held)):
        plan_hash.add(pa.array(some, pa.string()))
    return _combine(removals.hold, _reasons(verdict, len(before)), top_prefixes(by_group, prefix), plan_hash)


def _check(existing: Mapping[str, int], going: Mapping[str, int], reach: Reach) -> Verdict:
    if reach is Reach.FOLDER:
        return check_removals(existing, going, listed=1, noun="labelled image", fate="lose their labels")
    return check_removals(existing, going, listed=1, noun="label file")


def _by_group(counted: Mapping[str, int], prefix: str) -> Counter[str]:
    """The sums of what is counted for label files, by their groups."""
    sums: Counter[str] = Counter()
    named = groups(pa.array(list(counted), pa.string()), prefix).to_pylist()
    for group, count in zip(cast("list[str]", named), counted.values(), strict=True):
        sums[group] += count
    return sums


def _pages(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while page := list(islice(rest, PAGE_FILES)):
        yield page


def _held_objects(removals: Removals) -> Iterator[str]:
    if removals.hold is not None:
        for orphans, held in removals.batches():
            yield from cast("list[str]", chosen(column(orphans, "key"), held).to_pylist())


def _reasons(verdict: Verdict, waiting: int) -> Iterable[str]:
    yield from verdict.reasons
    if waiting and not verdict.everything:
        held = count_noun(waiting, "removal of a label file was", "removals of label files were")
        yield f"{held} held before and still wait{'s' if waiting == 1 else ''}."


def _combine(hold: Hold | None, reasons: Iterable[str], by_prefix: Mapping[str, int], plan_hash: PlanHash) -> Hold:
    """A hold of objects, if any, and label files."""
    earlier = Hold(reason="", count=0, by_prefix={}, plan_hash="") if hold is None else hold
    return replace(
        earlier,
        reason=" ".join(text for text in (earlier.reason, *reasons) if text),
        count=plan_hash.count,
        by_prefix=dict(Counter(earlier.by_prefix) + Counter(by_prefix)),
        plan_hash=plan_hash.hexdigest(),
    )
