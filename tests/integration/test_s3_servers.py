"""Passes over servers that differ from S3: all is imported once, and a pass that can read nothing is no success."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture
from tests.support.s3quirks import QUIRKS
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub
from tests.support.s3wire import Answer, Request, error
from tests.support.soak import some_of

from mirrorlake.catalog import runs
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import Keys
from mirrorlake.storage.providers.s3.store import S3Store

LOCATION = Location(provider=Provider.S3, container="photos")
KEYS = ["a/1.png", "a/2.png", "b 3.png"]


def opened(server: S3Stub, *, ordered: bool = True) -> Store:
    keys = Keys(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    return S3Store(LOCATION, S3Access(endpoint=server.endpoint), listing_ordered=ordered, credentials=keys)


def filled(server: S3Stub) -> None:
    for number, key in enumerate(KEYS):
        server.put("photos", key, picture(number))
    server.put("photos", "a/1.json", b'{"colour": "red"}')


@pytest.fixture
def server() -> Iterator[S3Stub]:
    with S3Stub() as stub:
        filled(stub)
        yield stub


@pytest.fixture
def mirrored(server: S3Stub, empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    return Mirrored(empty_catalog, tmp_path, opened(server), location=LOCATION)


def outcomes(mirrored: Mirrored, run: int | None) -> dict[str, tuple[OutcomeKind, str]]:
    return {one.key: (one.kind, one.reason or "") for one in runs.outcomes(mirrored.catalog, run or 0, limit=99)}


@pytest.mark.parametrize("quirk", some_of(QUIRKS, 4))  # the contract suite reads through all of them
def test_every_server_is_imported_once_and_changes_are_seen(quirk: str, empty_catalog: Catalog, tmp_path: Path) -> None:
    with S3Stub(quirks=[quirk]) as server:
        filled(server)
        for ordered in (True, False):
            mirrored = Mirrored(
                empty_catalog, tmp_path, opened(server, ordered=ordered), location=LOCATION, globs=("**", "*")[ordered:]
            )
            first = mirrored.run()
            assert (first.state, first.error, first.counts.failed) == (RunState.SUCCEEDED, None, 0)
            assert first.counts.new == first.counts.selected > 0
            again = mirrored.run()
            assert (again.counts.unchanged, again.requests.get) == (first.counts.new, 0)
            server.put("photos", "b 3.png", picture(70 + ordered))
            assert mirrored.run().counts.changed == 1


def refuse_objects(answer: Callable[[Request], Answer]) -> Callable[[Request], Answer | None]:
    return lambda request: answer(request) if request.key else None


def denied(request: Request) -> Answer:
    words = f"not authorized to perform: s3:GetObject on {request.key.decode()}"
    return Answer(403, error(403, "AccessDenied").body.replace(b"<Message>AccessDenied", f"<Message>{words}".encode()))


def test_a_pass_in_which_everything_fails_for_one_reason_is_no_success(server: S3Stub, mirrored: Mirrored) -> None:
    server.faults = [refuse_objects(denied)]
    report = mirrored.run()
    assert report.state is RunState.FAILED
    assert report.error is not None
    assert report.error.startswith("None of the 3 objects could be read, for the same reason: The credentials may not")
    assert "The server reports: not authorized to perform" in report.error
    assert "Allow s3:GetObject" in report.error
    assert (report.counts.selected, report.counts.failed) == (3, 3)
    assert {kind for kind, _ in outcomes(mirrored, report.run).values()} == {OutcomeKind.FAILED}
    server.faults.clear()
    assert mirrored.run().counts.new == 3


def test_a_server_whose_tags_never_fit_is_no_success(server: S3Stub, mirrored: Mirrored) -> None:
    def other_tag(request: Request) -> Answer | None:
        return Answer(200, b"x", {"ETag": f'"{request.key.hex()}"'}) if request.key else None

    server.faults = [other_tag]
    for _ in range(2):  # pass after pass
        report = mirrored.run()
        assert report.state is RunState.FAILED
        assert "has changed since it was listed" in (report.error or "")


def test_a_failure_of_some_or_for_several_reasons_is_a_success_with_failed_objects(
    server: S3Stub, mirrored: Mirrored
) -> None:
    server.faults = [lambda request: denied(request) if request.key == b"a/1.png" else None]
    report = mirrored.run()
    assert (report.state, report.error, report.counts.failed, report.counts.new) == (RunState.SUCCEEDED, None, 1, 2)
    server.put("photos", "a/9.png", picture(9))
    server.faults = [refuse_objects(denied)]
    report = mirrored.run()  # the others are known and unchanged
    assert (report.state, report.error, report.counts.failed) == (RunState.SUCCEEDED, None, 2)


def test_two_reasons_are_told_object_by_object(server: S3Stub, mirrored: Mirrored) -> None:
    server.faults = [
        refuse_objects(lambda request: denied(request) if b"1" in request.key else error(403, "AllAccessDisabled"))
    ]
    report = mirrored.run()
    assert (report.state, report.error, report.counts.failed) == (RunState.SUCCEEDED, None, 3)


def test_what_was_done_is_kept_when_nothing_could_be_read(server: S3Stub, mirrored: Mirrored) -> None:
    mirrored.run()
    for key in KEYS:
        server.delete("photos", key)
    server.put("photos", "c/1.png", picture(40))
    server.put("photos", "c/2.png", picture(41))
    server.faults = [lambda request: denied(request) if request.key.startswith(b"c/") else None]
    report = mirrored.run()
    assert report.state in (RunState.FAILED, RunState.HELD)
    assert "None of the 2 objects could be read" in (report.error or "")


def test_one_object_that_fails_alone_fails_the_pass_unless_it_only_changed(
    empty_catalog: Catalog, tmp_path: Path
) -> None:
    with S3Stub() as server:
        server.put("photos", "a.png", picture(1))
        mirrored = Mirrored(empty_catalog, tmp_path, opened(server), location=LOCATION)
        server.faults = [refuse_objects(lambda _: error(404, "NoSuchKey"))]
        assert mirrored.run().state is RunState.SUCCEEDED
        server.faults = [refuse_objects(denied)]
        report = mirrored.run()
        assert report.state is RunState.FAILED
        assert (report.error or "").startswith("The only selected object could not be read: ")


def test_an_object_in_an_archive_is_skipped_until_it_is_restored(server: S3Stub, mirrored: Mirrored) -> None:
    archived = error(403, "InvalidObjectState", StorageClass="INTELLIGENT_TIERING", AccessTier="ARCHIVE_ACCESS")
    server.faults = [lambda request: archived if request.key == b"a/2.png" else None]
    for new in (2, 0):
        report = mirrored.run()
        assert (report.state, report.error) == (RunState.SUCCEEDED, None)
        assert (report.counts.new, report.counts.skipped, report.counts.failed) == (new, 1, 0)
        kind, reason = outcomes(mirrored, report.run)["a/2.png"]
        assert kind is OutcomeKind.SKIPPED
        assert "is archived (ARCHIVE_ACCESS in INTELLIGENT_TIERING)" in reason
    server.faults.clear()
    assert mirrored.run().counts.new == 1


def test_a_bucket_of_archives_is_a_success_that_skips(server: S3Stub, mirrored: Mirrored) -> None:
    server.faults = [refuse_objects(lambda _: error(403, "InvalidObjectState"))]
    report = mirrored.run()
    assert (report.state, report.error, report.counts.skipped) == (RunState.SUCCEEDED, None, 3)


def test_objects_that_are_stored_compressed_are_imported(empty_catalog: Catalog, tmp_path: Path) -> None:
    with S3Stub() as server:
        server.put("photos", "a.png", gzip.compress(picture(1)))
        server.put("photos", "a.json", gzip.compress(b'{"colour": "red"}'))
        server.put("photos", "b.png", picture(2))

        def encoded(request: Request) -> Answer | None:
            answer = server.plain_answer(request)
            return Answer(answer.status, answer.body, {**answer.headers, "Content-Encoding": "gzip"})

        server.faults = [lambda request: encoded(request) if request.key else None]
        mirrored = Mirrored(empty_catalog, tmp_path, opened(server), location=LOCATION)
        report = mirrored.run()
        assert (report.counts.new, report.counts.failed) == (2, 0)
        assert set(mirrored.assets('metadata.colour:"red"')) == {"a.png"}


@pytest.mark.parametrize("key", ["a/1.png", "a/1.json"])
def test_a_body_without_a_length_that_is_cut_is_not_taken_for_the_object(
    server: S3Stub, mirrored: Mirrored, key: str
) -> None:
    def cut(request: Request) -> Answer | None:
        if request.key != key.encode() or request.method != "GET":
            return None
        answer = server.plain_answer(request)
        return Answer(200, answer.body[:-3], answer.headers, framing="close")

    server.faults = [cut]
    report = mirrored.run()
    told = outcomes(mirrored, report.run)["a/1.png"]
    assert "bytes were received, but the listing has" in told[1]
    assert report.counts.failed == (key == "a/1.png")
    server.faults.clear()
    after = mirrored.run()
    assert (after.counts.failed, after.counts.new + after.counts.metadata_changed) == (0, 1)
    assert set(mirrored.assets('metadata.colour:"red"')) == {"a/1.png"}


@pytest.mark.parametrize("ordered", [True, False])
def test_two_versions_of_a_key_fail_with_fitting_advice(
    server: S3Stub,
    empty_catalog: Catalog,
    tmp_path: Path,
    ordered: bool,  # noqa: FBT001
) -> None:
    def twice(request: Request) -> Answer | None:
        if request.key:
            return None
        page = server.plain_answer(request).body
        first = page[page.index(b"<Contents>") : page.index(b"</Contents>") + len(b"</Contents>")]
        other = first.replace(b"<Size>", b"<Size>9")
        return Answer(200, page.replace(first, first + other).replace(b"<KeyCount>4<", b"<KeyCount>5<"))

    server.faults = [twice]
    mirrored = Mirrored(empty_catalog, tmp_path, opened(server, ordered=ordered), location=LOCATION)
    report = mirrored.run()
    assert report.state is RunState.FAILED
    assert "twice, with different sizes or tokens" in (report.error or "")
    assert "several versions of one object" in (report.error or "")
    assert "listingOrdered" not in (report.error or "")
