"""Whatever happens to a bucket, one clean pass makes the library what the bucket says, and the next plans nothing.

A model-based test: hypothesis plays people who put, overwrite, delete and rename objects and sidecars while passes
fail at their listing, at their reads, or are killed between two commits. A plain dictionary is the oracle.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from PIL import Image
from tests.support.faulty import Faulty

from mirrorlake.catalog import commit, datasources, removal
from mirrorlake.catalog.pool import Catalog
from mirrorlake.ingest.recipe import OpenedStore
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.progress import Silent
from mirrorlake.mirror.run import Parts, run_pass
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.model.sources import Access, Location, MirrorConfig, MirrorSettings, Orphans, Provider
from mirrorlake.search import run as search
from mirrorlake.storage.memory import MemoryStore

KEYS = st.sampled_from(
    ["a.jpg", "a.png", "a-1.png", "b/a.png", "b/ü.png", "b//x.png", "b/../y.png", "c.PNG", "d.b.png"]
)
STEMS = st.sampled_from(["a", "a-1", "b/a", "b//x", "c", "d.b", "d"])
NUMBERS = st.integers(0, 5)
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "25"))  # `make soak` asks for many more


class Killed(BaseException):
    """As good as SIGKILL: nothing below is told, nothing is cleaned up."""


@cache
def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8 + number, 8), (40 * number, 9, 7)).save(buffer, "PNG")
    return buffer.getvalue()


class Passes(RuleBasedStateMachine):
    """The bucket, the library and what the library should hold."""

    catalog: Catalog
    scratch: Path

    @initialize(
        pictures=st.dictionaries(KEYS, NUMBERS, min_size=2), sidecars=st.dictionaries(STEMS, NUMBERS, min_size=1)
    )
    def begin(self, pictures: dict[str, int], sidecars: dict[str, int]) -> None:
        self.store = MemoryStore(page_rows=3)
        self.faulty = Faulty(self.store)
        self.pictures: dict[str, int] = {}
        self.sidecars: dict[str, int] = {}
        self.ever: set[str] = set()
        self.source = datasources.create(
            self.catalog,
            name=None,
            location=Location(provider=Provider.MEMORY, container=""),
            access=Access(),
            settings=MirrorSettings(configs=(MirrorConfig(orphans=Orphans.TRASH),)),
        )
        for key, number in pictures.items():
            self.put(key=key, number=number)
        for stem, number in sidecars.items():
            self.put_sidecar(stem=stem, number=number)

    def one_pass(self, faulty: Faulty | None = None):
        with tempfile.TemporaryDirectory(dir=self.scratch) as workdir:
            parts = Parts(
                catalog=self.catalog,
                thumbnails=self.scratch / "thumbnails",
                workdir=Path(workdir),
                processes=0,
                ranges=1,
            )
            return run_pass(self.source, parts, Silent(), opens=OpenedStore(faulty or Faulty(self.store)))

    @rule(key=KEYS, number=NUMBERS)
    def put(self, key: str, number: int) -> None:
        self.store.put(key, picture(number))
        self.pictures[key] = number

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.store.delete(key)
        self.pictures.pop(key, None)

    @rule(old=KEYS, new=KEYS)
    def rename(self, old: str, new: str) -> None:
        if old in self.pictures and new not in self.pictures:
            self.store.rename(old, new)
            self.pictures[new] = self.pictures.pop(old)

    @rule(stem=STEMS, number=NUMBERS)
    def put_sidecar(self, stem: str, number: int) -> None:
        self.store.put(f"{stem}.json", json.dumps({"n": number, "deep": {"er": str(number)}}).encode())
        self.sidecars[stem] = number

    @rule(stem=STEMS)
    def delete_sidecar(self, stem: str) -> None:
        self.store.delete(f"{stem}.json")
        self.sidecars.pop(stem, None)

    @rule(verb=st.sampled_from(["list", "get", "head"]), at=st.integers(1, 6))
    def pass_with_an_error(self, verb: str, at: int) -> None:
        faulty = Faulty(self.store)
        faulty.fail(verb, at=at)
        report = self.one_pass(faulty)
        assert report.state in (RunState.SUCCEEDED, RunState.FAILED)

    def visible(self) -> set[str]:
        return {asset.key for asset in search.stream(self.catalog, f'datasource:"{self.source.name}"')}

    @rule(hidden=st.sets(KEYS), truncated=st.integers(1, 4))
    def pass_over_a_lying_listing(self, hidden: set[str], truncated: int) -> None:
        shown = self.visible() & set(self.pictures)
        faulty = Faulty(self.store)
        faulty.hidden = lambda key: key in hidden
        faulty.truncate_after = truncated
        self.one_pass(faulty)
        assert shown <= self.visible()

    @rule(at=st.integers(1, 3))
    def pass_that_is_killed(self, at: int) -> None:
        left = at
        real = commit.looked

        def looked(*words: Any) -> Counts:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return real(*words)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(commit, "looked", looked)
            with suppress(Killed):
                self.one_pass()

    @rule()
    def clean_pass(self) -> None:
        report = self.one_pass()
        assert report.counts.failed == 0
        if report.state is RunState.HELD:  # an empty bucket
            held = removal.confirmable(self.catalog, run_id=report.run, plan_hash=None)
            report = confirm(self.source, held, self.catalog, opens=OpenedStore(self.store))
        assert report.state is RunState.SUCCEEDED
        found = {asset.key: asset for asset in search.stream(self.catalog, f'datasource:"{self.source.name}"')}
        standing = {key: asset for key, asset in found.items() if asset.state == "present"}
        assert set(found) == set(standing) == set(self.pictures)
        for key, asset in standing.items():
            number = self.sidecars.get(key.rpartition(".")[0])
            wanted = {} if number is None else {"n": number, "deep.er": str(number)}
            assert asset.width == 8 + self.pictures[key], key
            assert asset.metadata == wanted, key
        again = self.one_pass()
        counts = again.counts
        assert counts.unchanged == counts.selected == len(self.pictures)
        assert counts.removed == counts.missing == 0
        assert again.requests.get == again.requests.head == 0


def test_one_clean_pass_converges_and_the_next_plans_nothing(empty_catalog: Catalog, tmp_path: Path) -> None:
    Passes.catalog, Passes.scratch = empty_catalog, tmp_path
    run_state_machine_as_test(
        Passes,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
