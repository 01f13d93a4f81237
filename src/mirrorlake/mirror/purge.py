"""Permanently delete trashed assets of a datasource after a waiting time, each once its object is proven gone again."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from mirrorlake.catalog import purge as stored
from mirrorlake.catalog import removal
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import chosen, filled
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import ExistenceChecker, Proof
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.identity import read_state, refuse_other
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.orphans import REASON_GONE, REASON_NOT_SELECTED
from mirrorlake.processing.store_factory import StoreFactory

_REASONS = {
    Proof.EXISTS: "Its object exists again: kept in the trash; the next pass restores it",
    Proof.ELSEWHERE: "The source may not be the one that held its object: kept in the trash",
    Proof.UNKNOWN: "The source did not confirm that its object is gone: kept in the trash",
}


def purge(lease: Lease, source: Datasource, before: datetime, *, store_factory: StoreFactory | None = None) -> Report:
    """Permanently delete trashed assets last modified before this time, unless they are in use.

    Raises LeaseLost if another process took over.
    """
    counters = Counters(lease.report_counts)
    store_factory = store_factory or store_config(source)
    return finalize(
        lease,
        source,
        counters,
        lambda: _run(lease, source, before, store_factory, counters),
        supersedes=False,
    )


def _run(
    lease: Lease, source: Datasource, before: datetime, store_factory: StoreFactory, counters: Counters
) -> RunResult:
    catalog = lease.catalog
    with open_metered(store_factory, counters, lease.check) as store:
        state = read_state(source, catalog, store)
        refuse_other(state, "Nothing was removed. Check the source, then run a pass.")
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        checker = ExistenceChecker(store, state.doubts)
        for names in stored.list_keys(catalog, source.id, before):
            keys = pa.array(names, pa.string())
            taken = rules.governing(keys) >= 0
            # An object that no pattern selects may exist: no request is made, as when its asset was trashed.
            left_out = chosen(keys, ~taken)
            counters.add(stored.purge(lease, left_out, filled(len(left_out), REASON_NOT_SELECTED, pa.string()), before))
            asked = [key for key, one in zip(names, taken, strict=True) if one]
            proofs = checker.prove(asked)
            reasons = pa.array([_REASONS[proof] for proof in proofs if proof is not Proof.GONE], pa.string())
            proven = pa.array(
                [key for key, proof in zip(asked, proofs, strict=True) if proof is Proof.GONE], pa.string()
            )
            counters.add(stored.purge(lease, proven, filled(len(proven), REASON_GONE, pa.string()), before))
            doubted = [key for key, proof in zip(asked, proofs, strict=True) if proof is not Proof.GONE]
            counters.add(removal.record_orphans(lease, pa.array(doubted, pa.string()), reasons))
    return RunResult()
