"""Whatever happens to a bucket, one clean pass makes the library what the bucket says, and the next plans nothing.

A model-based test: hypothesis plays people who put, overwrite, delete and rename objects and sidecars, who tag assets,
set metadata and change settings, while passes fail at their listing or their reads, are lied to, or are killed between
two transactions. After a clean pass the library is exactly what the oracle `tests/support/mirror_oracle.py` says; after
any other, every single asset is as before or as it may be (`tests/support/step_oracle.py`). `make soak` plays thousands
of steps more.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from blake3 import blake3
from hypothesis import HealthCheck, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from tests.support.buckets import same_size_picture
from tests.support.datasources import store
from tests.support.faulty import Faulty, Verb
from tests.support.mirror_oracle import Row, Value, World, converge
from tests.support.mortal import Killed, Mortal
from tests.support.soak import seed, sized
from tests.support.step_oracle import check_step

from mirrorlake.catalog import datasources, edits, projects, removal
from mirrorlake.catalog.runs import begin
from mirrorlake.mirror import scan
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.objects import KnownState
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.model.sources import (
    Access,
    Location,
    MirrorConfig,
    MirrorSettings,
    NamingStrategy,
    Orphans,
    Provider,
)
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.search import run as search
from mirrorlake.select.metadata import MAX_SIDECAR_BYTES
from mirrorlake.services.removal import restore_in
from mirrorlake.storage.providers.memory.store import MemoryStore

ROLL = [f"in/{number:02}.png" for number in range(12)]  # enough for the guard
KEYS = st.sampled_from(
    ["a.jpg", "a.png", "a-1.png", "b/a.png", "b/ü.png", "b//x.png", "b/../y.png", "c.PNG", "d.b.png", *ROLL[:3]]
)
TWINS = ["tw/1/a.png", "tw/2/a.png", "tw/2/b.png"]
STEMS = st.sampled_from(["a", "a-1", "b/a", "b//x", "c", "d.b", "d", "in/00", "in/01"])
UNLIKE = -1  # any other picture
NUMBERS = st.sampled_from([UNLIKE, UNLIKE, 0, 1])
SIDECARS = {  # usable, malformed, too large
    **{f"n{number}": json.dumps({"n": number, "deep": {"er": str(number)}}).encode() for number in range(3)},
    **{f"m{number}": json.dumps({"m": number}).encode() for number in range(2)},
    "nothing": b"{}",
    "cut": b"{",
    "a list": b"[1]",
    "no UTF-8": b"\xff",
    "too large": b'{"n": 1}'.ljust(MAX_SIDECAR_BYTES + 1),
}
SAYINGS = st.sampled_from(sorted(SIDECARS))
FOLDERS = st.sampled_from([("tw/", "b/"), ("b/", "tw/"), ("b/", "in/"), ("in/", "b/")])  # from, to
PLACES = st.integers(0, 23)
EVENTS = st.one_of(
    st.tuples(st.just("put"), KEYS, NUMBERS),
    st.tuples(st.just("put"), KEYS, NUMBERS),
    st.tuples(st.just("put_nothing"), KEYS),
    st.tuples(st.just("overwrite"), PLACES, NUMBERS),
    st.tuples(st.just("put_a_roll")),
    st.tuples(st.just("delete"), PLACES),
    st.tuples(st.just("delete_a_roll"), st.integers(0, 8)),
    st.tuples(st.just("delete_everything")),
    st.tuples(st.just("rename"), PLACES, KEYS),
    st.tuples(st.just("rename"), PLACES, KEYS),
    st.tuples(st.just("put_twins"), NUMBERS),
    st.tuples(st.just("copy"), PLACES, KEYS),
    st.tuples(st.just("copy"), PLACES, KEYS),
    st.tuples(st.just("copy_folder"), FOLDERS),
    st.tuples(st.just("delete_folder"), FOLDERS),
    st.tuples(st.just("rename_folder"), FOLDERS),
    st.tuples(st.just("put_sidecar"), STEMS, SAYINGS),
    st.tuples(st.just("put_sidecar_beside"), PLACES, SAYINGS),
    st.tuples(st.just("put_sidecar_beside"), PLACES, SAYINGS),
    st.tuples(st.just("delete_sidecar_beside"), PLACES),
    st.tuples(st.just("set_its_clock"), st.sampled_from([-1, 1])),
)
SEVERAL = st.lists(EVENTS, min_size=1, max_size=4)
Event = tuple[Any, ...]  # the method that makes it happen, and its arguments
CONFIGS = st.builds(
    MirrorConfig,
    globs=st.sampled_from([(), (), (), ("a*",), ("b/**", "in/*")]),
    exclude=st.sampled_from([(), (), (), ("b/**",), ("in/*",)]),
    naming=st.sampled_from(NamingStrategy),
    naming_key=st.just("n"),
    update_image=st.sampled_from([True, True, False]),
    update_metadata=st.sampled_from([True, True, False]),
    metadata_strategy=st.sampled_from(MetadataStrategy),
    orphans=st.sampled_from(Orphans),
)
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES") or sized(6, 100))
STEPS = sized(25, 50)

scan.MIN_OBJECTS = 1  # small buckets have digests of ranges too, as large ones have outside tests


class Passes(RuleBasedStateMachine):
    """The bucket, and the library as it was last seen."""

    catalog: Mortal
    scratch: Path
    buckets = count()  # datasources of one bucket would share its assets

    @initialize(
        pictures=st.dictionaries(KEYS, NUMBERS, min_size=2),
        sidecars=st.dictionaries(STEMS, SAYINGS, min_size=1),
        configs=st.lists(CONFIGS, min_size=1, max_size=2),
        ranges=st.integers(1, 3),
    )
    def begin(
        self, pictures: dict[str, int], sidecars: dict[str, str], configs: list[MirrorConfig], ranges: int
    ) -> None:
        self.ranges = ranges
        self.store = MemoryStore(page_rows=3)
        self.pictures = 0  # made so far
        self.digests: dict[str, str] = {}  # of the bytes of each token
        self.passes = self.concluded = 0  # that began, and the last of them that ended well
        self.rows: dict[str, Row] = {}
        self.waited: frozenset[str] = frozenset()  # for a person, before what happened last
        self.values: dict[str, dict[str, Value] | None] = {}
        self.source = datasources.create(
            self.catalog,
            name=None,
            location=Location(provider=Provider.MEMORY, container=f"bucket-{next(self.buckets)}"),
            access=Access(),
            settings=MirrorSettings(configs=tuple(configs)),
        )
        for key, number in pictures.items():
            self.put(key, number)
        for stem, saying in sidecars.items():
            self.put_sidecar(stem, saying)
        self.clean_pass(consent=False)

    # What happens to the bucket

    def happen(self, events: list[Event]) -> None:
        self.waited = self.waiting()
        for event in events:
            getattr(self, event[0])(*event[1:])

    def put(self, key: str, number: int) -> None:
        self.pictures += 1
        self.put_bytes(key, same_size_picture(100 + self.pictures if number == UNLIKE else number))

    def put_bytes(self, key: str, data: bytes) -> None:
        self.digests[self.store.put(key, data).token] = blake3(data).hexdigest()

    def overwrite(self, place: int, number: int) -> None:
        key = self.one_of_the_pictures(place)
        if key:
            self.put(key, number)

    def put_nothing(self, key: str) -> None:
        self.put_bytes(key, b"")

    def put_a_roll(self) -> None:
        for key in ROLL:
            self.put(key, UNLIKE)

    def delete(self, place: int) -> None:
        self.store.delete(self.one_of_the_pictures(place))

    def delete_a_roll(self, left: int) -> None:
        for key in ROLL[left:]:
            self.store.delete(key)

    def delete_everything(self) -> None:
        for key in self.objects():
            self.store.delete(key)

    def rename(self, place: int, new: str) -> None:
        old = self.one_of_the_pictures(place)
        if old and new not in self.objects():
            self.store.rename(old, new)

    def put_twins(self, number: int) -> None:
        """The same picture three times, in two folders of one folder."""
        self.pictures += 1
        data = same_size_picture(100 + self.pictures if number == UNLIKE else number)
        for key in TWINS:
            self.put_bytes(key, data)

    def rename_folder(self, names: tuple[str, str]) -> None:
        old, new = names
        for key in sorted(self.objects()):
            if key.startswith(old) and new + key.removeprefix(old) not in self.objects():
                self.store.rename(key, new + key.removeprefix(old))

    def copy(self, place: int, new: str) -> None:
        self.copy_key(self.one_of_the_pictures(place), new)

    def copy_folder(self, names: tuple[str, str]) -> None:
        old, new = names
        for key in sorted(self.objects()):
            if key.startswith(old):
                self.copy_key(key, new + key.removeprefix(old))

    def copy_key(self, old: str, new: str) -> None:
        if old and new not in self.objects():
            before = self.objects()[old][1]
            token = self.store.copy(old, new).token
            self.digests[token] = self.digests.get(before, "")
            if before in self.values:
                self.values[token] = self.values[before]

    def delete_folder(self, names: tuple[str, str]) -> None:
        for key in self.objects():
            if key.startswith(names[0]):
                self.store.delete(key)

    def put_sidecar(self, stem: str, saying: str) -> None:
        token = self.store.put(f"{stem}.json", SIDECARS[saying]).token
        self.values[token] = _values(SIDECARS[saying])

    def put_sidecar_beside(self, place: int, saying: str) -> None:
        self.put_sidecar(self.one_of_the_pictures(place).rpartition(".")[0] or "d", saying)

    def delete_sidecar_beside(self, place: int) -> None:
        self.store.delete(self.one_of_the_pictures(place).rpartition(".")[0] + ".json")

    def set_its_clock(self, hours: int) -> None:
        self.store.now += timedelta(hours=hours)

    def one_of_the_pictures(self, place: int) -> str:
        """A key, most likely of an object that stands; no key where none does."""
        keys = sorted(key for key in self.objects() if not key.endswith(".json"))
        return keys[place % len(keys)] if keys else ""

    # What people do

    @rule(configs=st.lists(CONFIGS, min_size=1, max_size=2))
    def change_settings(self, configs: list[MirrorConfig]) -> None:
        self.source = store(self.catalog, replace(self.source, settings=MirrorSettings(configs=tuple(configs))))

    @precondition(lambda self: self.rows)
    @rule(
        data=st.data(),
        said=st.dictionaries(st.sampled_from(["n", "m", "note"]), st.sampled_from(["mine", 7]), max_size=2),
        unsaid=st.sets(st.sampled_from(["n", "deep.er", "note"]), max_size=1),
        tags=st.sets(st.sampled_from(["x", "y"])),
        untagged=st.sets(st.sampled_from(["x", "y"]), max_size=1),
    )
    def edit(
        self, data: st.DataObject, said: dict[str, Value], unsaid: set[str], tags: set[str], untagged: set[str]
    ) -> None:
        asset = data.draw(st.sampled_from(sorted(self.rows)), "asset")
        unsaid, untagged = unsaid - said.keys(), untagged - tags
        edit = Edit(metadata=said, remove_metadata=tuple(unsaid), add_tags=tuple(tags), remove_tags=tuple(untagged))
        edits.apply(self.catalog, [asset], edit)
        row = self.rows[asset]
        left = {name: entry for name, entry in row.entries.items() if name not in unsaid}
        self.rows[asset] = replace(
            row,
            entries=left | {name: (value, "user") for name, value in said.items()},
            tags=row.tags - untagged | tags,
            edited=row.edited or bool(said) or left != row.entries,
        )
        self.is_as_expected()

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def use_in_a_project(self, data: st.DataObject) -> None:
        asset = data.draw(st.sampled_from(sorted(self.rows)), "asset")
        projects.add(self.catalog, "wanted", [asset])
        self.rows[asset] = replace(self.rows[asset], projects=frozenset(["wanted"]))
        self.is_as_expected()

    @precondition(lambda self: any(row.state == "trash" for row in self.rows.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        trashed = sorted(asset for asset, row in self.rows.items() if row.state == "trash")
        asset = data.draw(st.sampled_from(trashed), "asset")
        restore_in(self.catalog, asset, lambda _: OpenedStore(self.store))
        row, world = self.rows[asset], self.world()
        stands = world.pictures.get(row.key) == row.token
        back = stands and world.governing(row.key) is not None
        self.rows[asset] = replace(
            row,
            state="present" if stands else "missing",
            known=KnownState.PRESENT if back else KnownState.KEPT,
        )
        self.is_as_expected()

    # Passes that do not go as they should

    @rule(
        events=SEVERAL,
        verb=st.sampled_from(["list", "get", "head"]),
        at=st.integers(1, 6),
        times=st.integers(1, 3),
    )
    def pass_with_an_error(self, events: list[Event], verb: Verb, at: int, times: int) -> None:
        self.happen(events)
        faulty = Faulty(self.store)
        faulty.fail(verb, at=at, times=times)
        report = self.one_pass(faulty, ranges=1)
        if report.state is RunState.FAILED:
            self.is_as_expected()
        self.follows_from_what_was()

    @rule(events=SEVERAL, hidden=st.sets(KEYS), truncated=st.integers(1, 4))
    def pass_over_a_lying_listing(self, events: list[Event], hidden: set[str], truncated: int) -> None:
        self.happen(events)
        faulty = Faulty(self.store)
        faulty.hidden = lambda key: key in hidden
        faulty.truncate_after = truncated
        self.one_pass(faulty, ranges=1)
        self.follows_from_what_was(listed=self.first(3 * truncated) - hidden)

    @rule(events=SEVERAL, at=st.integers(1, 12), after_commit=st.booleans())
    def pass_that_is_killed(self, events: list[Event], at: int, after_commit: bool) -> None:  # noqa: FBT001
        self.happen(events)
        with self.catalog.dying(at, after_commit=after_commit), suppress(Killed):
            self.one_pass(ranges=1)
        self.follows_from_what_was()

    # And passes that do

    @rule(events=SEVERAL, consent=st.booleans())
    def pass_after_changes(self, events: list[Event], consent: bool) -> None:  # noqa: FBT001
        self.happen(events)
        self.clean_pass(consent=consent)

    @rule(number=NUMBERS, consent=st.booleans())
    def pass_after_a_rename_of_twins(self, number: int, consent: bool) -> None:  # noqa: FBT001
        self.put_twins(number)
        self.clean_pass(consent=consent)
        self.happen([("rename_folder", ("tw/", "b/"))])
        self.clean_pass(consent=consent)

    @rule(names=FOLDERS, seen=st.booleans(), number=NUMBERS, consent=st.booleans())
    def pass_after_a_copy_and_a_deletion(
        self,
        names: tuple[str, str],
        seen: bool,  # noqa: FBT001
        number: int,
        consent: bool,  # noqa: FBT001
    ) -> None:
        self.put_twins(number)
        self.clean_pass(consent=consent)
        self.happen([("copy_folder", names)])
        if seen:
            self.clean_pass(consent=consent)
        self.happen([("delete_folder", names)])
        self.clean_pass(consent=consent)

    @rule(event=st.tuples(st.just("rename"), PLACES, KEYS), consent=st.booleans())
    def pass_after_a_rename(self, event: Event, consent: bool) -> None:  # noqa: FBT001
        self.happen([event])
        self.clean_pass(consent=consent)

    def clean_pass(self, *, consent: bool) -> None:
        wanted = converge(self.rows, self.world(), waiting=self.waiting(), consent=False)
        report = self.one_pass()
        counts = report.counts
        assert (counts.failed, counts.new, counts.moved) == (0, len(wanted.fresh), wanted.moved)
        assert report.state is (RunState.HELD if wanted.held else RunState.SUCCEEDED)
        self.is_as_expected(wanted.rows, wanted.fresh)
        assert self.waiting() == wanted.held
        if wanted.held and consent:
            wanted = converge(self.rows, self.world(), consent=True)
            held = removal.find_confirmable(self.catalog, run_id=report.run, plan_hash=None)
            lease = begin(self.catalog, self.source.id, Trigger.CONFIRM)
            done = confirm(lease, self.source, held.run_id, store_factory=OpenedStore(self.store))
            assert done.state is RunState.SUCCEEDED
            self.is_as_expected(wanted.rows, wanted.fresh)
            assert not self.waiting()
        again = self.one_pass()
        selected = len(self.world().live())
        assert (again.counts.unchanged, again.counts.removed) == (selected, 0)
        assert again.requests.get == again.requests.head == 0
        self.is_as_expected()

    # How the library is looked at

    def one_pass(self, faulty: Faulty | None = None, *, ranges: int | None = None) -> Report:
        """With several ranges, threads decide which page fails first: what is to fail is listed in one."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as workdir:
            parts = RunContext(
                catalog=self.catalog,
                thumbnails=LibraryStore.in_folder(self.scratch / "thumbnails"),
                workdir=Path(workdir),
                processes=0,
                ranges=ranges or self.ranges,
            )
            self.passes += 1
            report = run_pass(
                self.source, parts, NullProgress(), store_factory=OpenedStore(faulty or Faulty(self.store))
            )
        if report.state in (RunState.SUCCEEDED, RunState.HELD):
            self.concluded = self.passes
        return report

    def objects(self) -> dict[str, tuple[int, str]]:
        """Size and token of everything in the bucket, by key."""
        infos = [each.info for each in self.store._objects.values()]
        return {info.key: (info.size, info.token) for info in infos}

    def world(self) -> World:
        here = self.objects()
        pictures = {key: told for key, told in here.items() if not key.endswith(".json")}
        return World(
            pictures={key: token for key, (size, token) in pictures.items() if size},
            empty=frozenset(key for key, (size, _) in pictures.items() if not size),
            sidecars={key.removesuffix(".json"): token for key, (_, token) in here.items() if key.endswith(".json")},
            values=self.values,
            configs=self.source.settings.configs,
            digests=self.digests,
            passes=self.passes,
            concluded=self.concluded,
        )

    def seen(self) -> dict[str, Row]:
        """The library as it is now."""
        with self.catalog.read() as connection:
            known = connection.execute(
                "SELECT object.asset_id, object.key, object.state, object.token, split_part(companions, ':', 2),"
                " provenance, edited, encode(digest, 'hex'), document::text"
                " FROM object JOIN asset ON asset.id = object.asset_id"
                " LEFT JOIN companion ON companion.asset_id = asset.id WHERE object.datasource_id = %s",
                [self.source.id],
            ).fetchall()
        assets = {
            asset.id: asset for asset in search.stream(self.catalog, f'state:any datasource:"{self.source.name}"')
        }
        assert sorted(assets) == sorted(str(row[0]) for row in known), "an asset and its object belong together"
        rows: dict[str, Row] = {}
        for number, key, state, token, sidecar, provenance, edited, digest, document in known:
            asset = assets[str(number)]
            assert asset.key == key
            rows[asset.id] = Row(
                key=key,
                name=asset.name,
                state=asset.state.value,
                known=KnownState(state),
                token=token,
                sidecar=sidecar,
                entries={name: (value, provenance.get(name, ["bucket"])[0]) for name, value in asset.metadata.items()},  # type: ignore[misc]
                tags=frozenset(asset.tags),
                projects=frozenset(asset.projects),
                edited=edited,
                digest=digest,
                born=self.rows[asset.id].born if asset.id in self.rows else self.passes,
                document=None
                if document is None
                else {name: (value, "bucket") for name, value in (_values(document.encode()) or {}).items()},
            )
        return rows

    def waiting(self) -> frozenset[str]:
        """The assets whose removal waits for a person."""
        with self.catalog.read() as connection:
            rows = connection.execute(
                "SELECT object.asset_id FROM held_removal"
                " JOIN job ON job.id = run_id AND job.state = 'held' AND job.datasource_id = %(source)s"
                " JOIN object ON object.datasource_id = %(source)s AND object.key = held_removal.key",
                {"source": self.source.id},
            ).fetchall()
        return frozenset(str(asset) for (asset,) in rows)

    def is_as_expected(self, rows: dict[str, Row] | None = None, fresh: dict[str, Row] | None = None) -> None:
        """Every asset is exactly as told, and there is no other."""
        now = self.seen()
        wanted = self.rows if rows is None else rows
        assert {asset: row for asset, row in now.items() if asset in wanted} == wanted
        assert {row.key: row for asset, row in now.items() if asset not in wanted} == (fresh or {})
        self.rows = now

    def first(self, count: int) -> set[str]:
        """The first keys of a listing."""
        return set(sorted(self.objects())[:count])

    def follows_from_what_was(self, *, listed: set[str] | None = None) -> None:
        """Each asset is as it was, or as the bucket says, of which perhaps only some objects were listed."""
        now, world = self.seen(), replace(self.world(), passes=self.passes - 1)
        assert self.waited <= {asset for asset, row in now.items() if row.state != "trash"}, "removed while it waited"
        sidecars = {stem: token for stem, token in world.sidecars.items() if listed is None or f"{stem}.json" in listed}
        check_step(self.rows, now, world, replace(world, sidecars=sidecars))
        self.rows = now


def _values(saying: bytes) -> dict[str, Value] | None:
    """What a sidecar says, where it can be used at all."""
    if len(saying) > MAX_SIDECAR_BYTES:
        return None
    try:
        told = json.loads(saying)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    return {name: value for name, value in told.items() if name != "deep"} | (
        {"deep.er": told["deep"]["er"]} if "deep" in told else {}
    )


def test_one_clean_pass_converges_and_the_next_plans_nothing(empty_catalog: Catalog, tmp_path: Path) -> None:
    with Mortal(empty_catalog.conninfo) as catalog:
        Passes.catalog, Passes.scratch = catalog, tmp_path
        run_state_machine_as_test(
            seeded(seed())(Passes),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
