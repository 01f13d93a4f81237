"""How looking at one object ends: with facts, with a verdict, or with another try."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.support.changes import batch, change
from tests.support.images import encoded, pdf, scene

from mirrorlake.core.errors import AccessDenied, RangesUnsupported, ReadTooMuch, SourceUnreachable, StorageError
from mirrorlake.formats.registry import RANGED_BYTES
from mirrorlake.formats.stages import Stage
from mirrorlake.model.looking import LOOK_AT_ALL, Depth, Looking
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.processing import process
from mirrorlake.processing.budget import ByteBudget
from mirrorlake.processing.process import FetchedObject, NeedsRoom, fetch, process_bytes, process_object
from mirrorlake.processing.rows import HELD_BYTES, Job, Result, read_jobs
from mirrorlake.processing.thumbnails import is_complete
from mirrorlake.select.companion_readers import CompanionContent
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.memory.store import MemoryStore


class _Failing(MemoryStore):
    """Fails for chosen keys."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[str, Exception] = {}
        self.asked: list[str] = []

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        self.asked.append(key)
        if key in self.errors:
            raise self.errors[key]
        return super().get(key, token=token, limit=limit)


@pytest.fixture
def store() -> _Failing:
    made = _Failing()
    made.put("a.png", encoded(scene(), "png"))
    made.put("a.json", b'{"site": {"name": "north"}, "count": 3}')
    return made


def _job(store: _Failing, op: Op = Op.NEW, sidecar: str | None = "a.json", **more: object) -> Job:
    return read_jobs(batch([change(store, "a.png", op, sidecar, **more)]))[0]


def _look(job: Job, store: _Failing) -> Result:
    return process_object(job, store)


def _content(seen: Result) -> CompanionContent:
    (companion,) = seen.companions
    assert companion.content is not None
    return companion.content


def test_a_new_object_is_read_with_its_sidecar(store: _Failing):
    seen = _look(_job(store), store)
    assert seen.result is ResultKind.PROCESSED
    assert seen.media is not None
    assert json.loads(_content(seen).values) == {"site.name": "north", "count": 3}
    assert json.loads(_content(seen).document) == {"site": {"name": "north"}, "count": 3}
    assert is_complete(seen.thumbnail or b"")


@pytest.mark.parametrize(("op", "changed"), [(Op.COMPANION, True), (Op.MOVED, True), (Op.RETURNED, True)])
def test_a_sidecar_change_never_reads_the_image(
    store: _Failing,
    op: Op,
    changed: bool,  # noqa: FBT001  a parameter of the test
):
    seen = _look(_job(store, op, metadata_differs=changed), store)
    assert seen.result is ResultKind.COMPANIONS_ONLY
    assert json.loads(_content(seen).values)["count"] == 3
    assert store.asked == ["a.json"]


def test_a_sidecar_that_left_reads_nothing_and_leaves_no_metadata(store: _Failing):
    seen = _look(_job(store, Op.COMPANION, None), store)
    assert (seen.result, seen.companions) == (ResultKind.COMPANIONS_ONLY, ())
    assert store.asked == []


def test_a_row_that_asks_for_nothing_is_a_mistake(store: _Failing):
    with pytest.raises(ValueError, match=r"'a\.png' needs no reading"):
        _job(store, Op.MOVED, metadata_differs=False)


def test_an_object_replaced_or_deleted_since_the_listing_is_gone(store: _Failing):
    job = _job(store)
    store.put("a.png", b"other")
    replaced = _look(job, store)
    store.delete("a.png")
    deleted = _look(job, store)
    assert (replaced.result, replaced.stage) == (ResultKind.GONE, Stage.FETCH)
    assert (deleted.result, deleted.stage) == (ResultKind.GONE, Stage.FETCH)


@pytest.mark.parametrize(
    "error", [SourceUnreachable("No answer."), AccessDenied("No s3:GetObject."), RuntimeError("a slip")]
)
def test_a_passing_error_is_tried_again_and_never_a_verdict(store: _Failing, error: Exception):
    store.errors["a.png"] = error
    seen = _look(_job(store), store)
    assert (seen.result, seen.stage) == (ResultKind.FAILED, Stage.FETCH)
    assert str(error) in (seen.reason or "")


def test_bad_bytes_are_a_verdict(store: _Failing):
    store.put("a.png", b"<html>sign in</html>")
    seen = _look(_job(store), store)
    assert (seen.result, seen.stage) == (ResultKind.REFUSED, Stage.IDENTIFY)
    assert "HTML" in (seen.reason or "")


def test_an_object_over_the_limit_is_refused_without_reading(store: _Failing):
    seen = _look(_job(store, size=300 << 20), store)
    assert (seen.result, seen.stage) == (ResultKind.REFUSED, Stage.FETCH)
    assert store.asked == []


@pytest.mark.parametrize(
    "sidecar", [b"", b"[1, 2]", b"\xff\xfe", b'{"a": ' * 5000, b" " * 300_000, b"{" + b'"a":1,' * 50_000 + b'"b":2}']
)
def test_a_bad_sidecar_never_costs_the_image(store: _Failing, sidecar: bytes):
    store.put("a.json", sidecar)
    seen = _look(_job(store), store)
    assert seen.result is ResultKind.PROCESSED
    assert [companion.content for companion in seen.companions] == [None]
    assert any("a.json was ignored" in warning for warning in seen.warnings)
    assert not any(companion.unread for companion in seen.companions)


def test_a_large_sidecar_is_not_even_fetched(store: _Failing):
    store.put("a.json", b" " * 300_000)
    _look(_job(store), store)
    assert store.asked == ["a.png"]


def test_a_new_image_whose_sidecar_cannot_be_read_now_is_imported_and_the_sidecar_forgotten(store: _Failing):
    store.errors["a.json"] = SourceUnreachable("No answer.")
    seen = _look(_job(store), store)
    assert seen.result is ResultKind.PROCESSED
    assert [companion.unread for companion in seen.companions] == [True]


@pytest.mark.parametrize("op", [Op.CHANGED, Op.COMPANION])
def test_standing_metadata_is_kept_when_its_sidecar_cannot_be_read_now(store: _Failing, op: Op):
    errors: list[StorageError] = [SourceUnreachable("No answer."), AccessDenied("No.")]
    for error in errors:
        store.errors["a.json"] = error
        seen = _look(_job(store, op), store)
        assert (seen.result, seen.stage) == (ResultKind.FAILED, Stage.SIDECAR)
    job = _job(store, op)
    store.errors.clear()
    store.delete("a.json")
    assert _look(job, store).result is ResultKind.GONE


def test_an_object_whose_decoder_is_not_installed_is_skipped_unread(store: _Failing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mirrorlake.formats.codecs.find_spec", lambda _name: None)
    store.put("a.mp4", b"never read")
    (job,) = read_jobs(batch([change(store, "a.mp4", Op.NEW, None)]))
    seen = _look(job, store)
    assert (seen.result, seen.stage) == (ResultKind.SKIPPED, Stage.FETCH)
    assert seen.reason is not None
    assert "mirrorlake[video]" in seen.reason
    assert store.asked == []


class _WithoutRanges(MemoryStore):
    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        del token, start, length
        raise RangesUnsupported(f"{key} can only be read as a whole.")


def test_what_must_be_read_whole_waits_for_room():
    store = _WithoutRanges()
    info = store.put("large.pdf", pdf(attached=6 * RANGED_BYTES))
    job = Job(op=Op.NEW, key="large.pdf", size=info.size, token=info.token, read_image=True)
    assert job.bytes_to_hold(LOOK_AT_ALL) == info.size < HELD_BYTES
    assert info.size > RANGED_BYTES
    needs = fetch(job, store)
    assert isinstance(needs, NeedsRoom)
    assert needs.job.bytes_to_hold(LOOK_AT_ALL) == info.size
    fetched = fetch(needs.job, store)
    assert isinstance(fetched, FetchedObject)
    assert fetched.held == info.size


def test_a_header_takes_the_room_of_what_is_read_of_it():
    job = Job(op=Op.NEW, key="a.jpg", size=300 << 20, token="1", read_image=True)
    header = Looking(depth=Depth.HEADER)
    assert job.bytes_to_hold(header) == HELD_BYTES
    assert job.bytes_to_hold(LOOK_AT_ALL) == replace(job, whole=True).bytes_to_hold(header) == 300 << 20
    assert replace(job, key="a.svg").bytes_to_hold(header) == 300 << 20  # a drawing is parsed as a whole
    assert replace(job, size=300 << 10).bytes_to_hold(header) == 300 << 10
    budget = ByteBudget(256 << 20)
    taken = [budget.take(job.bytes_to_hold(header)) for _ in range(8)]  # at once
    assert sum(taken) == 256 << 20


@pytest.mark.parametrize("failures", [1, 2])
def test_only_what_does_not_fit_alone_is_refused_for_its_memory(
    store: _Failing, monkeypatch: pytest.MonkeyPatch, failures: int
):
    asked: list[str] = []

    def decode(data: bytes, name: str, looking: Looking) -> process.ProcessedObject:
        asked.append(name)
        if len(asked) <= failures:
            raise MemoryError
        return process_bytes(data, name, looking)

    monkeypatch.setattr(process, "process_bytes", decode)
    seen = _look(_job(store), store)
    assert seen.result is (ResultKind.PROCESSED if failures == 1 else ResultKind.REFUSED)
    assert len(asked) == 2


class _TooLong(MemoryStore):
    """A document of 2 GiB, of which only the first part can be read."""

    def __init__(self, error: StorageError) -> None:
        super().__init__()
        self.put("large.pdf", pdf())
        self.error = error

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        if start > 0:
            raise self.error
        body = super().get_range(key, token=token, start=0, length=length)
        return Body(data=body.data + bytes(length - len(body.data)), info=replace(body.info, size=2 << 30))


@pytest.mark.parametrize(
    ("error", "result"),
    [(RangesUnsupported("no parts"), ResultKind.FAILED), (ReadTooMuch("too scattered"), ResultKind.REFUSED)],
)
def test_what_is_too_large_to_be_read_whole_may_be_read_in_parts_another_time(error: StorageError, result: ResultKind):
    store = _TooLong(error)
    token = store.head("large.pdf").token
    job = Job(op=Op.NEW, key="large.pdf", size=2 << 30, token=token, read_image=True)
    seen = process_object(job, store)
    assert (seen.result, seen.reason) == (result, str(error))
    if result is ResultKind.REFUSED:
        assert seen.policies == Looking().fingerprint != Looking(depth=Depth.HEADER).fingerprint
