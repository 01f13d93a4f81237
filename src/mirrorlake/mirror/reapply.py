"""Apply a datasource's metadata strategies to all its assets at once, from their last sidecars. Makes no requests."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any, cast

import pyarrow as pa

from mirrorlake.catalog import datasources
from mirrorlake.catalog import reapply as stored
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import column, fields
from mirrorlake.core.errors import SettingsError
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.finalize import RunResult, finalize
from mirrorlake.mirror.report import Report
from mirrorlake.model.columns import LISTING
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.rules import Rules, compile_rules

ProgressCallback = Callable[[int, int], None]  # assets processed, and their total


def reapply(lease: Lease, source: Datasource, done: ProgressCallback) -> Report:
    """Merge the metadata of every asset of the datasource again. Committed batches are kept, however this ends.

    Raises LeaseLost if another process took over.
    """
    catalog = lease.catalog
    counters = Counters(lease.report_counts)

    def work() -> RunResult:
        choose = strategy_choice(catalog, source)
        total = stored.count(catalog, source.id)
        done(0, total)
        for batch in stored.reapply(lease, choose):
            counters.add(batch)
            done(counters.counts.metadata_changed + counters.counts.unchanged, total)
        return RunResult()

    return finalize(lease, source, counters, work, supersedes=False)


def strategy_choice(catalog: Catalog, source: Datasource) -> stored.Choose:
    """The strategy of each key: that of the config that governs it; None for a key that no config selects.

    Raises SettingsError if the governing config is unknown because a glob file was never read.
    """
    configs = source.settings.configs
    if configs[0].takes_everything and not configs[0].exclude:
        return lambda keys: [configs[0].metadata_strategy] * len(keys)
    rules = compile_rules(
        source.settings,
        prefix=source.location.prefix,
        glob_files={key: _glob_file(catalog, source, key) for key in {one.glob_file for one in configs} if key},
    )
    return lambda keys: _governing(rules, keys)


def _glob_file(catalog: Catalog, source: Datasource, key: str) -> str:
    file = datasources.glob_file(catalog, source.id, key)
    if file is None:
        raise SettingsError(
            f"The glob file {key!r} of the datasource {source.name} was never read.",
            f"Mirror it once: mirrorlake mirror {shlex.quote(source.location.uri)} --name {shlex.quote(source.name)}",
        )
    return file.content


def _governing(rules: Rules, keys: pa.Array[Any]) -> Sequence[MetadataStrategy | None]:
    names = cast("list[str]", keys.to_pylist())
    given: dict[str, list[object]] = {"key": [*names], "size": [0] * len(names), "token": [""] * len(names)}
    columns = {field.name: given.get(field.name, [None] * len(names)) for field in fields(LISTING)}
    listed = pa.RecordBatch.from_pydict(columns, schema=LISTING)
    taken = rules.taken(listed)
    strategies = [rule.config.metadata_strategy for rule in rules.rules]
    places = cast("list[int]", column(taken, "config").to_pylist())
    governed = dict(zip(cast("list[str]", column(taken, "key").to_pylist()), places, strict=True))
    return [strategies[governed[key]] if key in governed else None for key in names]
