"""A partial pass: the very plan and execution of a pass, but only for the stems of some keys.

named keys ─▶ window: list their stems, and what the catalog knows of them ─▶ plan ─▶ execute

It differs from a pass in two ways. The window replaces the listing of everything. And it holds no removals: what the
guard does not let it remove is left to a pass over everything, which has to follow (`PartialResult.needs_whole`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from mirrorlake.catalog.runs import Lease
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.regions import in_right_region
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import open_metered, plan_and_execute, store_config
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Datasource
from mirrorlake.processing.store_factory import StoreFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialResult:
    """How a partial pass ended."""

    report: Report
    unsettled: frozenset[str] = frozenset()  # keys about which the source gave no clear answer: ask again
    needs_whole: bool = False  # whether a pass over everything has to follow

    @property
    def succeeded(self) -> bool:
        """Whether all keys but the unsettled ones are settled."""
        return self.report.state is RunState.SUCCEEDED


def run_partial(
    lease: Lease,
    source: Datasource,
    keys: Sequence[str],
    context: RunContext,
    progress: Progress,
    *,
    store_factory: StoreFactory | None = None,
) -> PartialResult:
    """Bring the objects of these keys in step with the source. Removes only what answers 404 itself.

    Raises LeaseLost if another process took over.
    """
    factory = store_factory or store_config(source)
    counters = Counters(lease.report_counts)
    unsettled: frozenset[str] = frozenset()
    needs_whole = any(config.glob_file in keys for config in source.settings.configs)  # it may select other objects

    def attempt(factory: StoreFactory) -> RunResult:
        nonlocal unsettled, needs_whole
        pool = context.open_pool(factory, source.settings.looking)
        with open_metered(factory, counters, lease.check) as store, closing(pool):
            plan, result = plan_and_execute(
                lease, source, store, pool, context=context, counters=counters, progress=progress, keys=keys
            )
        unsettled = plan.window.unsettled if plan.window is not None else frozenset()
        needs_whole |= result.left_to_whole or bool(plan.glob_files)
        return result

    report = finalize(
        lease,
        source,
        counters,
        lambda: in_right_region(context.catalog, source, factory, counters, attempt),
        supersedes=False,
    )
    return PartialResult(report=report, unsettled=unsettled, needs_whole=needs_whole)
