"""Execute the confirmed removals of a run: exactly those that it held, each proven again."""

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
from mirrorlake.mirror.identity import read_state
from mirrorlake.mirror.label_removal import Removing
from mirrorlake.mirror.removal import find_orphans, process_orphans
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.objects import KnownState
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.identity import is_other
from mirrorlake.plan.orphans import guarded
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.label_names import compile_label_names

_CONFIRMABLE = (KnownState.PRESENT, KnownState.MISSING, KnownState.REFUSED)


def confirm(lease: Lease, source: Datasource, held_run: int, *, store_factory: StoreFactory | None = None) -> Report:
    """Execute the removals that the run `held_run` held. Committed batches are kept, however this ends.

    An object that exists again, or whose absence cannot be proven, is not removed. Raises LeaseLost if another process
    took over.
    """
    counters = Counters(lease.report_counts)
    store_factory = store_factory or store_config(source)
    return finalize(
        lease,
        source,
        counters,
        lambda: _run(lease, source, held_run, store_factory, counters),
        supersedes=False,
    )


def _run(lease: Lease, source: Datasource, held_run: int, store_factory: StoreFactory, counters: Counters) -> RunResult:
    catalog = lease.catalog
    if removal.was_carried_out(lease, held_run):
        return RunResult()
    # Read again under the lease: the hold may have been dismissed since it was confirmed.
    held = removal.find_confirmable(catalog, run_id=held_run, plan_hash=None)
    source = datasources.by_id(catalog, source.id)  # the settings too
    removal.begin_confirm(lease, held)
    with open_metered(store_factory, counters, lease.check) as store:
        if is_other(held.identity, read_state(source, catalog, store).now):
            raise StorageError(
                f"The source is not the one that run {held.run_id} saw: possibly another disk is mounted there, or it"
                " is another bucket of the same name.",
                "Nothing was removed. Check the source, then run another pass.",
            )
        rules, glob_files = read_rules(source, store, catalog, known_id=source.id)
        remember_glob_files(catalog, source.id, glob_files)
        checker = ExistenceChecker(store)
        for keys, states in removal.held_keys(catalog, held):
            waiting = [(key, state) for key, state in zip(keys, states, strict=True) if state in _CONFIRMABLE]
            orphans = find_orphans(
                rules,
                source,
                catalog,
                pa.array([key for key, _ in waiting], pa.string()),
                pa.array([state for _, state in waiting], pa.int16()),
            )
            process_orphans(lease, keep(orphans, guarded(orphans)), checker, counters)
        _remove_labels(lease, source, held, checker, counters)
    removal.adopt_identity(lease, held.identity)
    removal.finish_confirm(lease, held)
    return RunResult()


def _remove_labels(
    lease: Lease, source: Datasource, held: removal.Confirmable, checker: ExistenceChecker, counters: Counters
) -> None:
    """Remove the annotations of held label files, once the images are decided: those of images that remain."""
    settings = source.settings.labels
    if settings is None:
        return
    names = compile_label_names(settings, source.location.prefix)
    removing = Removing(lease=lease, names=names, strategy=settings.strategy, checker=checker, counters=counters)
    for keys in removal.held_label_files(lease.catalog, held):
        removing.remove(keys)
