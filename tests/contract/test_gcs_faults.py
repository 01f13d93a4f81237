"""What Google answers when things go wrong, and which of our errors each becomes: a doubt is never a missing object."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.contract.conftest import gcs_store
from tests.support.gcsstub import TOKEN, GcsStub, error
from tests.support.gcstokens import EMAIL, FixedToken
from tests.support.httpstub import Answer, Request

from mirrorlake.core.errors import (
    AccessDenied,
    ListingBroken,
    ListingDisordered,
    NoSuchBucket,
    ObjectGone,
    ObjectTooLarge,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.gcs.store import GcsStore

BUCKET = "bucket"
WHOLE = KeyRange()


@pytest.fixture
def server(gcs_stub: GcsStub) -> GcsStub:
    gcs_stub.put(BUCKET, "a.jpg", b"bytes of a")
    return gcs_stub


@pytest.fixture
def store(server: GcsStub) -> Iterator[GcsStore]:
    opened = gcs_store(server.endpoint, BUCKET, FixedToken(TOKEN))
    yield opened
    opened.close()


def calls(store: GcsStore) -> list[object]:
    return [
        lambda: store.list_page(WHOLE, None),
        lambda: store.head("a.jpg"),
        lambda: store.get("a.jpg", token=None, limit=99),
    ]


def is_listing(request: Request) -> bool:
    return request.path.endswith("/o")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (error(401, "authError", "Invalid Credentials"), "access token is not valid"),
        (error(403, "insufficientPermissions", "Insufficient Permission"), "scope"),
        (error(403, "accountDisabled"), "billing account"),
        (error(403, "accessNotConfigured"), "gcloud services enable storage.googleapis.com"),
        (error(403, "vpcServiceControls"), "VPC Service Controls"),
        (error(400, "required", "Bucket is a requester pays bucket but no user project provided."), "project that is"),
        (error(403, "forbidden"), rf"Grant roles/storage.objectViewer .* on gs://bucket to {EMAIL}"),
        (Answer(403, b"<html>proxy</html>"), "Grant roles/storage.objectViewer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_refusal_has_its_sentence(server: GcsStub, store: GcsStore, answer: Answer, sentence: str) -> None:
    for call in calls(store):
        server.http.fail(answer, times=2 if answer.status == 401 else 1)
        with pytest.raises(AccessDenied, match=sentence):
            call()  # type: ignore[operator]
        server.http.faults.clear()


def test_an_anonymous_refusal_asks_for_credentials(server: GcsStub) -> None:
    store = gcs_store(server.endpoint, BUCKET)
    with pytest.raises(AccessDenied, match=r"may not be listed anonymously.*leave --anonymous out"):
        store.list_page(WHOLE, None)
    store.close()


def test_no_message_repeats_the_token_or_control_characters(server: GcsStub, store: GcsStore) -> None:
    for message in (f"Bearer {TOKEN} is wrong", f"token {TOKEN}", "ya29.other-canary", "\x1b[31m", "x" * 5000):
        server.http.fail(error(403, "forbidden", message))
        with pytest.raises(AccessDenied) as raised:
            store.list_page(WHOLE, None)
        assert "canary" not in str(raised.value)
        assert str(raised.value).isprintable()
        assert len(str(raised.value)) < 600


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(status, b"<html>busy</html>") for status in (408, 429, 500, 502, 503, 504)),
        error(403, "rateLimitExceeded"),
        error(403, "userRateLimitExceeded"),
        Answer(200, b"{}", cut=1),
    ],
    ids=lambda answer: str(answer.status),
)
def test_a_passing_failure_is_worth_a_retry(server: GcsStub, store: GcsStore, answer: Answer) -> None:
    for call in calls(store):
        server.http.fail(answer)
        with pytest.raises(SourceUnreachable):
            call()  # type: ignore[operator]


def test_the_delay_that_the_server_asks_for_is_kept(server: GcsStub, store: GcsStore) -> None:
    server.http.fail(error(429, "rateLimitExceeded", headers={"Retry-After": "7"}))
    with pytest.raises(SourceUnreachable) as raised:
        store.list_page(WHOLE, None)
    assert raised.value.again_after_s == 7


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server: GcsStub, store: GcsStore, status: int) -> None:
    for call in calls(store):
        server.http.fail(Answer(status, headers={"Location": f"{server.endpoint}/elsewhere"}))
        with pytest.raises(StorageError, match="Redirects are not followed"):
            call()  # type: ignore[operator]
    assert not [request for request in server.http.requests if "elsewhere" in request.path]


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error(404, "notFound", "The specified bucket does not exist."), NoSuchBucket),
        (Answer(404, b"<html>not here</html>"), StorageError),
        (error(403, "forbidden"), AccessDenied),
        (Answer(503), SourceUnreachable),
        (Answer(200, b"{}"), StorageError),
        (Answer(200, b"<html>"), StorageError),
        (Answer(200, json.dumps({"kind": "storage#objects", "items": [
            {"name": "gone.jpg", "size": "1", "generation": "1"}]}).encode()), SourceUnreachable),
    ],
)  # fmt: skip
def test_a_404_is_a_missing_object_only_if_a_listing_of_its_key_succeeds_without_it(
    server: GcsStub, store: GcsStore, answer: Answer, raised: type[StorageError]
) -> None:
    for call in (lambda: store.head("gone.jpg"), lambda: store.get("gone.jpg", token="1", limit=9)):
        server.http.fail(answer, fits=is_listing)
        with pytest.raises(raised) as found:
            call()
        assert not isinstance(found.value, ObjectGone)
        with pytest.raises(ObjectGone):
            call()


@pytest.mark.parametrize("body", [b"Not Found", b"<html>proxy</html>", b'{"message": "no"}'])
def test_a_404_of_a_proxy_is_no_missing_object_and_no_missing_bucket(
    server: GcsStub, store: GcsStore, body: bytes
) -> None:
    for call in calls(store):
        server.http.fail(Answer(404, body), times=2)
        with pytest.raises(StorageError) as raised:
            call()  # type: ignore[operator]
        assert not isinstance(raised.value, ObjectGone | NoSuchBucket)
        server.http.faults.clear()


def test_a_neighbour_with_the_same_beginning_does_not_hide_a_missing_object(server: GcsStub, store: GcsStore) -> None:
    server.put(BUCKET, "gone.jpg.json", b"{}")
    with pytest.raises(ObjectGone):
        store.head("gone.jpg")


@pytest.mark.parametrize(
    "facts",
    [
        b"{}",
        b"[]",
        b"not json",
        b'{"name": "b.jpg", "size": "1", "generation": "1"}',
        b'{"name": "a.jpg", "size": "-1", "generation": "1"}',
        b'{"name": "a.jpg", "size": "1e9", "generation": "1"}',
        b'{"name": "a.jpg", "size": "1", "generation": "x"}',
        b'{"name": "a.jpg", "size": "' + b"9" * 5000 + b'", "generation": "1"}',
        b'{"a":' * 20_000,
        b"x" * 100_000,
    ],
    ids=lambda facts: repr(facts[:30]),
)
def test_metadata_of_something_else_is_no_answer(server: GcsStub, store: GcsStore, facts: bytes) -> None:
    server.http.fail(Answer(200, facts))
    with pytest.raises(SourceUnreachable):
        store.head("a.jpg")


def test_bytes_without_a_generation_are_not_used(server: GcsStub, store: GcsStore) -> None:
    server.http.fail(Answer(200, b"bytes"))
    with pytest.raises(SourceUnreachable, match="generation"):
        store.get("a.jpg", token=None, limit=9)


def test_bytes_that_end_early_are_not_used(server: GcsStub, store: GcsStore) -> None:
    server.http.fail(Answer(200, b"bytes of a", {"X-Goog-Generation": "1"}, cut=4))
    with pytest.raises(SourceUnreachable):
        store.get("a.jpg", token=None, limit=99)


def test_a_body_without_a_size_stops_at_the_limit(server: GcsStub, store: GcsStore) -> None:
    server.http.fail(Answer(200, b"x" * 100_000, {"X-Goog-Generation": "1"}, framing="chunked"))
    with pytest.raises(ObjectTooLarge):
        store.get("a.jpg", token=None, limit=1000)


def paged(**more: object) -> Answer:
    item = {"name": "a.jpg", "size": "1", "generation": "1"}
    return Answer(200, json.dumps({"kind": "storage#objects", "items": [item], **more}).encode())


def test_a_repeated_page_token_ends_the_listing(server: GcsStub, store: GcsStore) -> None:
    server.http.fail(paged(items=[], nextPageToken="t"), times=99)
    with pytest.raises(ListingBroken, match="returns to an earlier page"):
        list(list_range(store, WHOLE))


def test_a_page_out_of_order_or_out_of_range_is_found(server: GcsStub, store: GcsStore) -> None:
    first = [{"name": name, "size": "1", "generation": "1"} for name in ("b", "a")]
    server.http.fail(paged(items=first))
    with pytest.raises(ListingDisordered, match="not in key order"):
        list(list_range(store, WHOLE))
    server.http.fail(paged())
    with pytest.raises(ListingDisordered, match="outside the requested range"):
        list(list_range(store, KeyRange(prefix="b/")))


def test_a_bucket_that_vanishes_while_it_is_listed_completes_nothing(server: GcsStub, store: GcsStore) -> None:
    server.page_keys = 1
    server.put(BUCKET, "b.jpg", b"x")
    server.http.fail(
        error(404, "notFound", "The specified bucket does not exist."),
        fits=lambda request: "pageToken" in request.query,
    )
    listing = list_range(store, WHOLE)
    with pytest.raises(NoSuchBucket):
        list(listing)
    with pytest.raises(ListingBroken):
        listing.certificate()
