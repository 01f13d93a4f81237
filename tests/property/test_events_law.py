"""Whatever becomes of events, a pass reconciles; and if none is lost, nothing is left for it to do.

hypothesis plays people who put, overwrite, delete and rename objects and sidecars. Each change is an event, and events
arrive late, repeated, in another order, or never. They are applied in partial passes of any size. `make soak` plays
many more of them.
"""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.passes import Mirrored, picture, put_all
from tests.support.soak import sized

from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = ["a.png", "a.jpg", "a-1.png", "b/a.png", "b//x.png", "b/../y.png", "c.PNG", "d.b.png", "ü.png"]
SIDECARS = ["a.json", "a.JSON", "b/a.json", "b//x.json", "d.b.json", "ü.json", "a.png.metadata.json"]
STILL = [f"still/{number:02}.png" for number in range(20)] + [f"b/{number:02}.png" for number in range(12)]
CHANGES = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS), st.integers(0, 5)),
    st.tuples(st.just("put"), st.sampled_from(SIDECARS), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.sampled_from([*KEYS, *SIDECARS]), st.none()),
    st.tuples(st.just("rename"), st.sampled_from(KEYS), st.sampled_from(KEYS)),
)
buckets = count()


def change(store: MemoryStore, what: tuple[str, str, object]) -> list[str]:
    """Make a change happen; the keys that its events name."""
    verb, key, more = what
    if verb == "put":
        store.put(key, b'{"n": %d}' % more if key in SIDECARS else picture(1000 + int(str(more))))
        return [key]
    if verb == "delete":
        store.delete(key)
        return [key]
    new = str(more)
    if key not in store._objects or key == new:
        return []
    store.rename(key, new)
    return [key, new]


def seen(mirrored: Mirrored) -> dict[str, object]:
    """What people see, by key."""
    return {key: (asset.size, asset.metadata, asset.state) for key, asset in mirrored.assets().items()}


def by_passes_alone(catalog: Catalog, folder: Path, store: MemoryStore) -> dict[str, object]:
    alone = Mirrored(catalog, folder, store, location=_bucket())
    alone.change_all(sidecar_suffix=".metadata.json")
    alone.run()
    return seen(alone)


def _bucket() -> Location:
    return Location(provider=Provider.MEMORY, container=f"bucket-{next(buckets)}")


@settings(
    max_examples=sized(12, 400),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(CHANGES, max_size=6),
    steps=st.lists(st.tuples(st.lists(CHANGES, max_size=5), st.integers(0, 4)), min_size=1, max_size=4),
    lost=st.booleans(),
    random=st.randoms(use_true_random=False),
)
def test_events_and_a_pass_give_what_passes_alone_give_whatever_becomes_of_events(
    empty_catalog: Catalog,
    before: list[tuple[str, str, object]],
    steps: list[tuple[list[tuple[str, str, object]], int]],
    lost: bool,  # noqa: FBT001
    random: object,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = MemoryStore(page_rows=4)
        put_all(store, STILL)
        for what in before:
            change(store, what)
        mirrored = Mirrored(empty_catalog, folder, store, location=_bucket())
        mirrored.change_all(sidecar_suffix=".metadata.json")
        mirrored.run()
        waiting: list[str] = []
        for changes, taken in steps:
            for what in changes:
                waiting += [key for key in change(store, what) if not (lost and random.random() < 0.3)]  # type: ignore[attr-defined]
                waiting += waiting[:1]  # again
            random.shuffle(waiting)  # type: ignore[attr-defined]
            mirrored.partial(waiting[:taken])
            waiting = waiting[taken:] + waiting[: taken // 2]
        last = mirrored.partial(waiting)
        assert (last.report.state, last.unsettled, last.needs_whole) == (RunState.SUCCEEDED, frozenset(), False)

        wanted = by_passes_alone(empty_catalog, folder, store)
        if not lost:
            assert seen(mirrored) == wanted
        whole = mirrored.run()
        assert whole.state is RunState.SUCCEEDED
        assert seen(mirrored) == wanted
        again = mirrored.run()
        assert again.counts.unchanged == again.counts.selected
        assert again.requests.get == again.requests.head == 0
