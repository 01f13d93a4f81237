"""Whatever two datasources with one bucket see, and in whichever order: one asset an object, as the oldest takes it.

A model-based test like that of single passes; here hypothesis also plays what each of them takes, and who comes next.
`make soak` plays many more steps.
"""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.support.faulty import Faulty
from tests.support.field_recount import counted, recount
from tests.support.passes import Mirrored, picture
from tests.support.soak import sized

from mirrorlake.catalog import field_counts, library_count
from mirrorlake.mirror.report import Report
from mirrorlake.model.assets import Asset
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Location, Orphans, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

STEMS = st.sampled_from(["a/x", "a/y", "b/x", "b/y", "z"])
NUMBERS = st.integers(0, 5)
POLICIES = st.sampled_from([Orphans.KEEP, Orphans.TRASH, Orphans.REMOVE])
EITHER = st.integers(0, 1)  # the older, the younger
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES") or sized(5, 200))
BUCKETS = itertools.count()


class Sharing(RuleBasedStateMachine):
    """The bucket, both datasources and what the library should hold."""

    catalog: Catalog
    scratch: Path

    @initialize(
        prefixes=st.sampled_from([("", "a/"), ("a/", ""), ("", "")]),
        pictures=st.dictionaries(STEMS, NUMBERS, min_size=2),
        sidecars=st.dictionaries(STEMS, NUMBERS),
    )
    def begin(self, prefixes: tuple[str, str], pictures: dict[str, int], sidecars: dict[str, int]) -> None:
        self.store = MemoryStore(page_rows=3)
        self.pictures: dict[str, int] = {}
        self.sidecars: dict[str, int] = {}
        self.excluded: list[set[str]] = [set(), set()]
        bucket = f"bucket-{next(BUCKETS)}"
        self.sources = [
            Mirrored(
                self.catalog,
                self.scratch,
                self.store,
                location=Location(provider=Provider.S3, container=bucket, prefix=prefix),
            )
            for prefix in prefixes
        ]
        for stem, number in pictures.items():
            self.put(stem=stem, number=number)
        for stem, number in sidecars.items():
            self.put_sidecar(stem=stem, number=number)

    @rule(stem=STEMS, number=NUMBERS)
    def put(self, stem: str, number: int) -> None:
        self.store.put(f"{stem}.png", picture(number))
        self.pictures[f"{stem}.png"] = number

    @rule(stem=STEMS)
    def delete(self, stem: str) -> None:
        self.store.delete(f"{stem}.png")
        self.pictures.pop(f"{stem}.png", None)

    @rule(old=STEMS, new=STEMS)
    def rename(self, old: str, new: str) -> None:
        old, new = f"{old}.png", f"{new}.png"
        if old in self.pictures and new not in self.pictures:
            self.store.rename(old, new)
            self.pictures[new] = self.pictures.pop(old)

    @rule(old=STEMS, new=STEMS)
    def copy(self, old: str, new: str) -> None:
        """Followed by a deletion, it is a move; the token is another one."""
        old, new = f"{old}.png", f"{new}.png"
        if old in self.pictures and new not in self.pictures:
            self.store.copy(old, new)
            self.pictures[new] = self.pictures[old]

    @rule(stem=STEMS, number=NUMBERS)
    def put_sidecar(self, stem: str, number: int) -> None:
        self.store.put(f"{stem}.json", json.dumps({"n": number}).encode())
        self.sidecars[stem] = number

    @rule(stem=STEMS)
    def delete_sidecar(self, stem: str) -> None:
        self.store.delete(f"{stem}.json")
        self.sidecars.pop(stem, None)

    @rule(which=EITHER, stems=st.sets(STEMS, max_size=2), policy=POLICIES)
    def take_other_objects(self, which: int, stems: set[str], policy: Orphans) -> None:
        prefix = self.sources[which].source.location.prefix
        self.excluded[which] = {f"{stem}.png" for stem in stems if stem.startswith(prefix)}
        globs = tuple(sorted(key.removeprefix(prefix) for key in self.excluded[which]))
        self.sources[which].change(exclude=globs, orphans=policy)

    @rule(which=EITHER)
    def one_pass(self, which: int) -> None:
        self.passed(which)

    @rule(which=EITHER, verb=st.sampled_from(["list", "get", "head"]), at=st.integers(1, 4))
    def pass_with_an_error(self, which: int, verb: str, at: int) -> None:
        faulty = Faulty(self.store)
        faulty.fail(verb, at=at)  # type: ignore[arg-type]
        assert self.sources[which].run(faulty).state in (RunState.SUCCEEDED, RunState.FAILED, RunState.HELD)

    def passed(self, which: int) -> Report:
        report = self.sources[which].run()
        assert report.counts.failed == 0
        if report.state is RunState.HELD:  # nothing is left of it
            self.sources[which].confirm(report.run)
        return report

    def takers(self, key: str) -> tuple[str, ...]:
        """The datasources that take a key, the oldest first."""
        return tuple(
            one.source.name
            for one, excluded in zip(self.sources, self.excluded, strict=True)
            if key.startswith(one.source.location.prefix) and key not in excluded
        )

    @rule(first=EITHER)
    def both_converge(self, first: int) -> None:
        for which in (first, 1 - first) * 2:
            self.passed(which)
        found: dict[str, list[Asset]] = {}
        for asset in {asset.id: asset for one in self.sources for asset in one.assets().values()}.values():
            if asset.state == "present":
                found.setdefault(asset.key, []).append(asset)
        assert set(found) == {key for key in self.pictures if self.takers(key)}
        for key, (asset, *more) in found.items():
            assert not more, key
            assert (asset.datasource, asset.datasources) == (self.takers(key)[0], self.takers(key)), key
            assert asset.size == len(picture(self.pictures[key])), key
            number = self.sidecars.get(key.removesuffix(".png"))
            assert asset.metadata == ({} if number is None else {"n": number}), key
        for which, one in enumerate(self.sources):
            counts = (again := one.run()).counts
            assert (counts.unchanged, again.requests.get) == (counts.selected, 0), which
            assert counts.selected == sum(one.source.name in self.takers(key) for key in self.pictures)
        with self.catalog.read() as connection:
            total = connection.execute("SELECT count(*) FROM asset WHERE state <> 2").fetchone()
            assert (library_count.outside_trash(connection),) == total
        field_counts.fold(self.catalog)
        assert counted(self.catalog) == recount(self.catalog)


def test_two_datasources_with_one_bucket_agree_on_its_assets(empty_catalog: Catalog, tmp_path: Path) -> None:
    Sharing.catalog, Sharing.scratch = empty_catalog, tmp_path
    run_state_machine_as_test(
        Sharing,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
