"""A verification finds what happened behind the library's back, says nothing else, and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture, put_all
from tests.support.thumbnails import damage

from mirrorlake.core.errors import AccessDenied, SourceUnreachable
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.mirror.verify import verify
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.verification import DriftKind, Finding
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.memory.store import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put_all(store, [f"{number:02}.png" for number in range(40)])
    store.put("broken.png", b"no picture")
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    store.delete("39.png")
    mirrored.run()
    return mirrored


def found(mirrored: Mirrored, store: Store | None = None, sample: int | None = None) -> tuple[int, list[Finding]]:
    store_factory = OpenedStore(store or mirrored.store)
    thumbnails = Thumbnails(mirrored.catalog, mirrored.library().store)
    batches = list(
        verify(mirrored.source, mirrored.catalog, thumbnails, Counters(), sample=sample, store_factory=store_factory)
    )
    return sum(batch.objects for batch in batches), [finding for batch in batches for finding in batch.findings]


def drifts(findings: list[Finding]) -> dict[str, DriftKind]:
    return {finding.key: finding.drift for finding in findings}


def test_a_library_in_step_shows_no_drift(mirrored: Mirrored) -> None:
    assert found(mirrored) == (41, [])  # the one in the trash and the broken one too
    assert found(mirrored, sample=7) == (7, [])
    assert found(mirrored, sample=1000) == (41, [])


def test_every_kind_of_drift_is_found_and_the_next_pass_mends_it(mirrored: Mirrored, store: MemoryStore) -> None:
    store.delete("00.png")
    store.put("01.png", picture(200))
    store.put("39.png", picture(39))
    store.put("broken.png", picture(201))
    store.put("unknown-to-us.png", picture(202))
    damage(mirrored, "05.png", b"RIFF\x10\x00\x00\x00half")
    faulty = Faulty(store)
    faulty.fail("head", times=9, error=AccessDenied("not you"), keys=lambda key: key == "06.png")
    before = mirrored.states()

    _, findings = found(mirrored, faulty)

    assert drifts(findings) == {
        "00.png": DriftKind.GONE, "01.png": DriftKind.CHANGED, "39.png": DriftKind.BACK,
        "broken.png": DriftKind.CHANGED,
        "05.png": DriftKind.THUMBNAIL, "06.png": DriftKind.UNKNOWN,
    }  # fmt: skip
    assert {finding.reason for finding in findings if finding.key == "06.png"} == {"not you"}
    assert mirrored.states() == before
    mirrored.run()
    assert drifts(found(mirrored)[1]) == {"05.png": DriftKind.THUMBNAIL}


def test_what_the_rules_leave_alone_is_no_drift(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.change(exclude=("00.png",), update_image=False)
    mirrored.run()
    assert mirrored.states()["00.png"] == "trash"  # though its object stands
    store.put("01.png", picture(200))  # and that is never read again
    assert drifts(found(mirrored)[1]) == {}
    store.delete("01.png")
    assert drifts(found(mirrored)[1]) == {"01.png": DriftKind.GONE}


def test_what_a_pass_takes_notice_of_meanwhile_is_no_drift(mirrored: Mirrored, store: MemoryStore) -> None:
    class Racing(Faulty):
        raced = False

        def head(self, key: str) -> ObjectInfo:
            with self._lock:
                if not self.raced:
                    self.raced = True
                    store.put("01.png", picture(200))
                    mirrored.run()
            return super().head(key)

    assert drifts(found(mirrored, Racing(store))[1]) == {}


def test_a_source_that_does_not_answer_is_not_asked_for_ever(mirrored: Mirrored, store: MemoryStore) -> None:
    faulty = Faulty(store)
    faulty.fail("head", times=1000, error=SourceUnreachable("busy"))
    with pytest.raises(SourceUnreachable, match="in a row"):
        found(mirrored, faulty)
    assert len(faulty.calls) < 41 + 16
