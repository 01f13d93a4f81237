"""Carry out removals that a run held back, once a person agrees: exactly those, each proven anew."""

from __future__ import annotations

import pyarrow as pa

from mirrorlake.catalog import datasources, removal
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import keep
from mirrorlake.core.errors import StorageError
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import ExistenceChecker
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.glob_files import read_rules, remember_glob_files
from mirrorlake.mirror.pass_plan import find_root
from mirrorlake.mirror.removal import orphans_of, settle_orphans
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.objects import KnownState
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.orphans import guarded
from mirrorlake.processing.store_factory import StoreFactory

_WAITING = (KnownState.PRESENT, KnownState.MISSING, KnownState.REFUSED)


def confirm(lease: Lease, source: Datasource, held_run: int, *, opens: StoreFactory | None = None) -> Report:
    """Do what the run `held_run` held back. Whatever happens, what was committed stays.

    An object that stands again, or of which the source says nothing certain, is left alone. Raises LeaseLost where
    another process took over.
    """
    tally = Counters(lease.report_counts)
    opens = opens or store_config(source)
    return finalize(
        lease, source, tally, lambda: _carry_out(lease, source, held_run, opens, tally), lists=False, supersedes=False
    )


def _carry_out(lease: Lease, source: Datasource, held_run: int, opens: StoreFactory, tally: Counters) -> RunResult:
    catalog = lease.catalog
    # Only now that nobody else works on the datasource: it may have been dismissed since somebody confirmed it.
    held = removal.find_confirmable(catalog, run_id=held_run, plan_hash=None)
    source = datasources.by_id(catalog, source.id)  # the settings too
    removal.begin_confirm(lease, held)
    root = find_root(source, catalog)
    if root.now != held.root:
        raise StorageError(
            f"The folder {source.location.container} is not the one that run {held.run_id} saw.",
            "Nothing was removed. Check what is mounted there, then run another pass.",
        )
    with open_metered(opens, tally, lease.check) as store:
        rules, glob_files = read_rules(source, store, catalog, known_id=source.id)
        remember_glob_files(catalog, source.id, glob_files)
        prover = ExistenceChecker(store)
        for keys, states in removal.held_keys(catalog, held):
            waiting = [(key, state) for key, state in zip(keys, states, strict=True) if state in _WAITING]
            orphans = orphans_of(
                rules,
                source,
                catalog,
                pa.array([key for key, _ in waiting], pa.string()),
                pa.array([state for _, state in waiting], pa.int16()),
            )
            settle_orphans(lease, keep(orphans, guarded(orphans)), prover, tally)
    removal.adopt_root(lease, held.root)
    removal.finish_confirm(lease, held)
    return RunResult()
