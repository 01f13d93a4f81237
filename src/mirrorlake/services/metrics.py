"""The metrics of a server in the text format of Prometheus: its requests, and the numbers of its library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from mirrorlake.catalog.metrics import LibraryNumbers, WorkspaceNumbers, read_numbers
from mirrorlake.core.errors import CatalogError
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog

TEXT_FORMAT: Final = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
disable_created_metrics()  # of each counter, since when it counts: twice as many lines


class ServerMetrics:
    """The metrics of one server. Thread-safe."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        """Without a catalog, only those of the process and its requests."""
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "mirrorlake_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "mirrorlake_http_request_duration_seconds",
            "Time until the answer to a request begins.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        if catalog is not None:
            self._registry.register(_LibraryCollector(catalog))

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that is being answered. Each combination of names is kept: they must be few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """All metrics as they are now."""
        return generate_latest(self._registry)


class _LibraryCollector(Collector):
    """Reads the numbers of the library for each answer. Without the database, it reports nothing but that."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def collect(self) -> Iterator[Metric]:
        try:
            numbers = read_numbers(self._catalog)
        except CatalogError:
            numbers = None
        up = GaugeMetricFamily("mirrorlake_database_up", "Whether the database answers.")
        up.add_metric((), int(numbers is not None))
        yield up
        if numbers is not None:
            yield from _of_workspaces(numbers.workspaces)
            yield from _of_workers(numbers)


def _of_workspaces(workspaces: tuple[WorkspaceNumbers, ...]) -> tuple[Metric, ...]:
    assets = GaugeMetricFamily("mirrorlake_assets", "Assets, trash included.", labels=("workspace",))
    size = GaugeMetricFamily("mirrorlake_asset_bytes", "Bytes of the objects of all assets.", labels=("workspace",))
    runs = GaugeMetricFamily("mirrorlake_runs", "Runs by state.", labels=("workspace", "state"))
    waiting = GaugeMetricFamily("mirrorlake_jobs_waiting", "Queued jobs, runs included.", labels=("workspace", "pool"))
    oldest = GaugeMetricFamily(
        "mirrorlake_jobs_waiting_since_timestamp_seconds",
        "Time since which the longest-waiting job could have started.",
        labels=("workspace",),
    )
    for one in workspaces:
        assets.add_metric((one.name,), one.assets)
        size.add_metric((one.name,), one.bytes)
        for state in RunState:
            runs.add_metric((one.name, state.value), one.runs.get(state.value, 0))
        for pool, count in one.waiting.items():
            waiting.add_metric((one.name, pool), count)
        if one.oldest is not None:
            oldest.add_metric((one.name,), one.oldest.timestamp())
    return assets, size, runs, waiting, oldest


def _of_workers(numbers: LibraryNumbers) -> tuple[Metric, ...]:
    alive = GaugeMetricFamily("mirrorlake_workers", "Running workers.", labels=("pool",))
    seen = GaugeMetricFamily(
        "mirrorlake_worker_heartbeat_timestamp_seconds", "When a worker last sent a heartbeat.", labels=("pool",)
    )
    for pool, workers in numbers.workers.items():
        alive.add_metric((pool,), workers.alive)
        if workers.last_seen is not None:
            seen.add_metric((pool,), workers.last_seen.timestamp())
    return alive, seen
