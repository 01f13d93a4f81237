"""Empty the trash of a datasource of what has waited long enough: each object is proven gone once more."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from mirrorlake.catalog import purge as stored
from mirrorlake.catalog import removal
from mirrorlake.catalog.runs import Lease, begin
from mirrorlake.core.columnar import chosen, filled
from mirrorlake.core.errors import StorageError
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import ExistenceChecker, Proof
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.pass_plan import find_root
from mirrorlake.mirror.progress import OnRunStarted, noop_callback
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.runs import Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.orphans import GONE, NOT_TAKEN
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory

_TOLD = {
    Proof.STANDS: "It stands again: it was left in the trash, and the next pass brings it back",
    Proof.ELSEWHERE: "The folder is not the one where it stood: it was left in the trash",
    Proof.UNKNOWN: "The source did not say whether it still stands: it was left in the trash",
}


def purge(
    source: Datasource,
    before: datetime,
    catalog: Catalog,
    *,
    opens: StoreFactory | None = None,
    began: OnRunStarted = noop_callback,
) -> Report:
    """A run that removes for good what was last touched in the trash before this moment, unless something uses it.

    `began` hears its number. Raises PassRunning where a pass of this datasource is at work, LeaseLost where one took
    over.
    """
    lease = begin(catalog, source.id, Trigger.PURGE)
    began(lease.run_id)
    tally = Counters(lease.tell)
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
        for names in stored.keys(catalog, source.id, before):
            keys = pa.array(names, pa.string())
            taken = rules.governing(keys) >= 0
            # What no pattern takes any more may well stand: as when it went into the trash, nothing is asked.
            left_out = chosen(keys, ~taken)
            tally.add(stored.purge(lease, left_out, filled(len(left_out), NOT_TAKEN, pa.string()), before))
            asked = [key for key, one in zip(names, taken, strict=True) if one]
            proofs = prover.prove(asked)
            told = pa.array([_TOLD[proof] for proof in proofs if proof is not Proof.GONE], pa.string())
            proven = pa.array(
                [key for key, proof in zip(asked, proofs, strict=True) if proof is Proof.GONE], pa.string()
            )
            tally.add(stored.purge(lease, proven, filled(len(proven), GONE, pa.string()), before))
            doubted = [key for key, proof in zip(asked, proofs, strict=True) if proof is not Proof.GONE]
            tally.add(removal.tell(lease, pa.array(doubted, pa.string()), told))
    return RunResult()
