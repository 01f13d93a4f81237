"""Empty the trash of a datasource of what has waited long enough: each object is proven gone once more."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from mirrorlake.catalog import purge as stored
from mirrorlake.catalog import removal
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import chosen, filled
from mirrorlake.core.errors import StorageError
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import ExistenceChecker, Proof
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.pass_plan import find_root
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.orphans import REASON_GONE, REASON_NOT_SELECTED
from mirrorlake.processing.store_factory import StoreFactory

_TOLD = {
    Proof.STANDS: "It stands again: it was left in the trash, and the next pass brings it back",
    Proof.ELSEWHERE: "The folder is not the one where it stood: it was left in the trash",
    Proof.UNKNOWN: "The source did not say whether it still stands: it was left in the trash",
}


def purge(lease: Lease, source: Datasource, before: datetime, *, opens: StoreFactory | None = None) -> Report:
    """Delete for good what was last touched in the trash before this moment, unless something uses it.

    Raises LeaseLost where another process took over.
    """
    tally = Counters(lease.report_counts)
    opens = opens or store_config(source)
    return finalize(
        lease,
        source,
        tally,
        lambda: _carry_out(lease, source, before, opens, tally),
        lists=False,
        supersedes=False,
    )


def _carry_out(lease: Lease, source: Datasource, before: datetime, opens: StoreFactory, tally: Counters) -> RunResult:
    catalog = lease.catalog
    if find_root(source, catalog).other:
        raise StorageError(
            f"The folder {source.location.container} is not the one that earlier passes saw.",
            "Nothing was removed. Check what is mounted there, then run a pass.",
        )
    with open_metered(opens, tally, lease.check) as store:
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        prover = ExistenceChecker(store)
        for names in stored.list_keys(catalog, source.id, before):
            keys = pa.array(names, pa.string())
            taken = rules.governing(keys) >= 0
            # What no pattern takes any more may well stand: as when it went into the trash, nothing is asked.
            left_out = chosen(keys, ~taken)
            tally.add(stored.purge(lease, left_out, filled(len(left_out), REASON_NOT_SELECTED, pa.string()), before))
            asked = [key for key, one in zip(names, taken, strict=True) if one]
            proofs = prover.prove(asked)
            told = pa.array([_TOLD[proof] for proof in proofs if proof is not Proof.GONE], pa.string())
            proven = pa.array(
                [key for key, proof in zip(asked, proofs, strict=True) if proof is Proof.GONE], pa.string()
            )
            tally.add(stored.purge(lease, proven, filled(len(proven), REASON_GONE, pa.string()), before))
            doubted = [key for key, proof in zip(asked, proofs, strict=True) if proof is not Proof.GONE]
            tally.add(removal.record_orphans(lease, pa.array(doubted, pa.string()), told))
    return RunResult()
