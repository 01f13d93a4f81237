"""What is sent to Google Cloud Storage, and what comes back when nothing goes wrong."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from tests.contract.conftest import gcs_store
from tests.support.gcsstub import TOKEN, GcsStub
from tests.support.gcstokens import FixedToken
from tests.support.httpstub import Request

from mirrorlake.core.errors import ObjectChanged, ObjectGone, ObjectTooLarge
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.gcs.config import GcsConfig, GcsServer
from mirrorlake.storage.providers.gcs.store import GcsStore
from mirrorlake.storage.versions import Version

BUCKET = "bucket"
WHOLE = KeyRange()


@pytest.fixture
def store(gcs_stub: GcsStub) -> Iterator[GcsStore]:
    gcs_stub.create_bucket(BUCKET)
    opened = gcs_store(gcs_stub.endpoint, BUCKET, FixedToken(TOKEN))
    yield opened
    opened.close()


def sent(stub: GcsStub) -> list[Request]:
    return stub.http.requests


def listed(store: GcsStore, scope: KeyRange = WHOLE) -> list[str]:
    return [key for batch in list_range(store, scope) for key in batch.column("key").to_pylist()]


def test_a_page_asks_only_for_what_a_listing_needs(gcs_stub: GcsStub, store: GcsStore) -> None:
    gcs_stub.put(BUCKET, "a", b"x")
    store.list_page(WHOLE, None)
    (request,) = sent(gcs_stub)
    assert request.path == "/storage/v1/b/bucket/o"
    assert request.query == {
        "fields": "kind,nextPageToken,items(name,size,generation,updated,storageClass)",
        "maxResults": "1000",
        "prettyPrint": "false",
    }
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_range_is_asked_for_and_cut_to_its_keys(gcs_stub: GcsStub, store: GcsStore) -> None:
    for key in ("a", "b", "b\x01", "b ", "c", "d"):
        gcs_stub.put(BUCKET, key, b"x")
    assert listed(store, KeyRange(after="a", until="b")) == ["b"]
    assert (sent(gcs_stub)[0].query["startOffset"], sent(gcs_stub)[0].query["endOffset"]) == ("a", "b ")
    assert listed(store, KeyRange(after="b")) == ["b\x01", "b ", "c", "d"]


def test_a_range_ends_at_the_longest_key_too(gcs_stub: GcsStub, store: GcsStore) -> None:
    longest = "k" * 1024
    for key in (longest, "l"):
        gcs_stub.put(BUCKET, key, b"x")
    assert listed(store, KeyRange(until=longest)) == [longest]
    assert "endOffset" not in sent(gcs_stub)[0].query  # it would be longer than any name


def test_a_listing_in_another_order_is_whole(gcs_stub: GcsStub) -> None:
    gcs_stub.reversed = True
    gcs_stub.page_keys = 3
    keys = [f"k{place}" for place in range(8)]
    for key in keys:
        gcs_stub.put(BUCKET, key, b"x")
    store = gcs_store(gcs_stub.endpoint, BUCKET, FixedToken(TOKEN), ordered=False)
    assert listed(store) == keys[::-1]
    assert sorted(listed(store, KeyRange(after="k2", until="k5"))) == ["k3", "k4", "k5"]
    store.close()


def test_archived_objects_are_read_like_others(gcs_stub: GcsStub, store: GcsStore) -> None:
    token = gcs_stub.put(BUCKET, "a", b"bytes", storage_class="ARCHIVE")
    assert store.list_page(WHOLE, None).batch.to_pylist()[0]["storage_class"] == "ARCHIVE"
    body = store.get("a", token=token, limit=9)
    assert (body.data, body.info.storage_class) == (b"bytes", "ARCHIVE")


def test_the_server_itself_refuses_another_generation(gcs_stub: GcsStub, store: GcsStore) -> None:
    old = gcs_stub.put(BUCKET, "a", b"old")
    gcs_stub.put(BUCKET, "a", b"new")
    with pytest.raises(ObjectChanged, match="has changed since it was listed"):
        store.get("a", token=old, limit=9)
    assert sent(gcs_stub)[0].query == {"alt": "media", "ifGenerationMatch": old}
    assert all(request.query.get("alt") != "media" for request in sent(gcs_stub)[1:])


def test_a_token_of_another_store_never_matches(gcs_stub: GcsStub, store: GcsStore) -> None:
    gcs_stub.put(BUCKET, "a", b"x")
    for token in ("d41d8cd98f00b204e9800998ecf8427e", "", "1&alt=json", "-1"):
        with pytest.raises(ObjectChanged):
            store.get("a", token=token, limit=9)
        with pytest.raises(ObjectGone):
            store.get("b", token=token, limit=9)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_objects_that_are_stored_compressed_arrive_as_they_are_stored(
    gcs_stub: GcsStub, store: GcsStore, encoding: str
) -> None:
    stored = gzip.compress(b"plain" * 100)
    token = gcs_stub.put(BUCKET, "a", stored, encoding=encoding)
    body = store.get("a", token=token, limit=1000)
    assert (body.data, body.info.size) == (b"plain" * 100, len(stored))
    with pytest.raises(ObjectTooLarge):
        store.get("a", token=token, limit=499)


def test_a_server_that_decompresses_anyway_is_still_within_the_limit(gcs_stub: GcsStub, store: GcsStore) -> None:
    stored = gzip.compress(b"plain" * 100)
    token = gcs_stub.put(BUCKET, "a", stored, encoding="gzip")
    gcs_stub.http.requests.clear()

    def forgetful(request: Request) -> object:
        bare = Request(request.method, request.path, request.query, request.headers | {"accept-encoding": "identity"})
        return gcs_stub.http.answer(bare)

    gcs_stub.http.fail(forgetful, times=2)  # type: ignore[arg-type]
    body = store.get("a", token=token, limit=1000)
    assert (body.data, body.info.size) == (b"plain" * 100, len(stored))
    with pytest.raises(ObjectTooLarge):
        store.get("a", token=token, limit=499)


def test_requests_name_the_project_that_pays(gcs_stub: GcsStub) -> None:
    gcs_stub.billed[BUCKET] = "payer"
    gcs_stub.put(BUCKET, "a", b"x")
    config = GcsConfig(
        server=GcsServer(url=gcs_stub.endpoint, origin="this test"), source=FixedToken(TOKEN), billed_project="payer"
    )
    store = GcsStore(Location(provider=Provider.GCS, container=BUCKET), config)
    assert listed(store) == ["a"]
    assert store.get("a", token=store.head("a").token, limit=9).data == b"x"
    assert {request.query["userProject"] for request in sent(gcs_stub)} == {"payer"}
    store.close()


def test_a_bucket_is_identified_by_what_never_changes(gcs_stub: GcsStub, store: GcsStore) -> None:
    facts = {"project": "12345", "region": "EU", "creation date": "2024-05-06T07:08:09.123Z"}
    assert store.identify() == Identity(hints=facts, requests=1)  # of another server than Google's, only hints
    gcs_stub.tokens.clear()
    assert store.identify() == Identity(hints={}, requests=1)


def test_a_public_bucket_needs_no_token_and_its_urls_no_signature(gcs_stub: GcsStub) -> None:
    gcs_stub.create_bucket("open", public=True)
    gcs_stub.put("open", "a b/\u00e9%.png", b"x")
    store = gcs_store(gcs_stub.endpoint, "open")
    assert listed(store) == ["a b/\u00e9%.png"]
    assert all("authorization" not in request.headers for request in sent(gcs_stub))
    assert store.presign("a b/\u00e9%.png", 60) == f"{gcs_stub.endpoint}/open/a%20b/%C3%A9%25.png"
    store.close()


def test_an_earlier_generation_is_read_whatever_the_object_is_now(gcs_stub: GcsStub, store: GcsStore) -> None:
    first = Version(token=gcs_stub.put(BUCKET, "a", b"first"), id=None)
    lost = Version(token=gcs_stub.put(BUCKET, "a", b"lost"), id=None)
    gcs_stub.put(BUCKET, "a", b"now")
    del gcs_stub.kept[BUCKET, "a", lost.token]
    assert store.get_version("a", first, limit=10).data == b"first"
    assert store.head_version("a", first).token == first.token
    gcs_stub.delete(BUCKET, "a")
    assert store.get_version("a", first, limit=10).data == b"first"
    with pytest.raises(ObjectTooLarge):
        store.get_version("a", first, limit=4)
    for gone in (lost, Version(token="an ETag", id="v")):
        with pytest.raises(ObjectGone, match="not kept"):
            store.get_version("a", gone, limit=10)
        with pytest.raises(ObjectGone, match="not kept"):
            store.head_version("a", gone)


def test_the_url_of_a_generation_names_it(gcs_stub: GcsStub) -> None:
    gcs_stub.create_bucket("open", public=True)
    store = gcs_store(gcs_stub.endpoint, "open")
    url = store.presign_version("a b", Version(token="17", id=None), 60)
    assert url is not None
    assert url.endswith("/open/a%20b?generation=17")
