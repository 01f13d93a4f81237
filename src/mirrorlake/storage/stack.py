"""Wrap stores in the right order.

    caller ─▶ monitor ─▶ cancel ─▶ meter ─▶ retry ─▶ the provider's store

The meter is outside the retries, so it counts logical calls; retries report their pauses to it. A cancelled call is
neither counted nor made.
"""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.storage.base import Store
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.wrappers import (
    CancellableStore,
    ListingMonitor,
    MeteredStore,
    MonitoredStore,
    RequestMeter,
    RetryingStore,
)


def stack_store(
    store: Store,
    *,
    retry: RetryPolicy | None = None,
    meter: RequestMeter | None = None,
    check: Callable[[], object] | None = None,
    monitor: ListingMonitor | None = None,
) -> Store:
    """`store` with the given wrappers. `check` raises if the work was cancelled."""
    if retry is not None:
        store = RetryingStore(store, retry)
    if meter is not None:
        if isinstance(store, RetryingStore):
            store.report_to(meter)
        store = MeteredStore(store, meter)
    if check is not None:
        store = CancellableStore(store, check)
    if monitor is not None:
        store = MonitoredStore(store, monitor)
    return store
