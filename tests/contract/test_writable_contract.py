"""What every writable store keeps: the promises of `storage/writable.py`, tried on each of them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import s3stub, seaweed
from tests.support.fakegcs import FakeGcs
from tests.support.gcsstub import TOKEN, GcsStub, error
from tests.support.gcstokens import FixedToken
from tests.support.httpstub import Answer, Request

from mirrorlake.core.errors import (
    AccessDenied,
    DiskFull,
    NoSuchBucket,
    ObjectChanged,
    ObjectExists,
    ObjectGone,
    SettingsError,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.writable import AzureWritableStore
from mirrorlake.storage.providers.folder.writable import FolderWritableStore
from mirrorlake.storage.providers.gcs.config import GcsConfig, GcsServer, HmacKeys
from mirrorlake.storage.providers.gcs.writable import GcsWritableStore
from mirrorlake.storage.providers.memory.writable import MemoryWritableStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server
from mirrorlake.storage.providers.s3.writable import S3WritableStore
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.writable import RetryingWritableStore, WritableStore

PIECE = 3 << 20


@dataclass(frozen=True)
class Kind:
    """One empty store."""

    store: WritableStore
    unfinished: Callable[[], int]  # what is left of writes that did not come to their end
    conditional: bool = True  # False: a server of tests that ignores preconditions


def s3_store(server: s3stub.S3Stub | seaweed.Seaweed, bucket: str, prefix: str = "lib/thumbs/") -> S3WritableStore:
    stub = isinstance(server, s3stub.S3Stub)
    keys = Keys(
        access_key=s3stub.ACCESS_KEY if stub else seaweed.ACCESS_KEY,
        secret_key=s3stub.SECRET_KEY if stub else seaweed.SECRET_KEY,
    )
    return S3WritableStore(
        Location(provider=Provider.S3, container=bucket, prefix=prefix),
        S3Access(endpoint=server.endpoint),
        config=AwsConfig(
            region="us-east-1", server=S3Server(url=server.endpoint, origin="this test"), ca_bundle=None, source=keys
        ),
    )


def gcs_store(server: GcsStub | FakeGcs, bucket: str = "bucket", prefix: str = "lib/thumbs/") -> GcsWritableStore:
    config = GcsConfig(server=GcsServer(url=server.endpoint, origin="this test"), source=FixedToken(TOKEN))
    return GcsWritableStore(Location(provider=Provider.GCS, container=bucket, prefix=prefix), config)


def _folder(root: Path, *, flush: bool) -> Kind:
    store = FolderWritableStore(Location(provider=Provider.FILE, container=str(root / "lib")), flush=flush)
    return Kind(store, lambda: len(list(root.rglob("*.part"))))


@pytest.fixture(params=["memory", "folder", "flushed folder", "stub", "seaweed", "gcs stub", "fake gcs", "azurite"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    """Every kind of store in turn."""
    match request.param:
        case "memory":
            made = Kind(MemoryWritableStore(), lambda: 0)
        case "folder" | "flushed folder":
            made = _folder(tmp_path, flush=request.param == "flushed folder")
        case "stub":
            server = request.getfixturevalue("stub")
            bucket = f"w-{uuid.uuid4().hex[:20]}"
            server.create_bucket(bucket)
            made = Kind(s3_store(server, bucket), lambda: len(server.uploads))
        case "gcs stub":
            google = request.getfixturevalue("gcs_stub")
            google.create_bucket("bucket")
            made = Kind(gcs_store(google), lambda: len(google.uploads))
        case "fake gcs":
            fake, bucket = request.getfixturevalue("fake_gcs"), f"w-{uuid.uuid4().hex[:20]}"
            fake.create_bucket(bucket)
            made = Kind(gcs_store(fake, bucket), lambda: 0, conditional=False)
        case "azurite":
            container = request.getfixturevalue("azure").container()
            location = container.location.below("lib").below("thumbs")
            # Blocks that no list commits are not objects: Azure discards them.
            made = Kind(AzureWritableStore(location, AzureAccess(), config=container.config), lambda: 0)
        case _:
            weed = request.getfixturevalue("weed")
            client, bucket = weed.client(), f"w-{uuid.uuid4().hex[:20]}"
            client.create_bucket(Bucket=bucket)
            made = Kind(
                s3_store(weed, bucket), lambda: len(client.list_multipart_uploads(Bucket=bucket).get("Uploads", []))
            )
    yield made
    made.store.close()


@pytest.fixture
def conditional(kind: Kind) -> Kind:
    """A store of a server that keeps to preconditions."""
    if not kind.conditional:
        pytest.skip("2026-11-28: this server ignores preconditions; its stub does not")
    return kind


def keys(store: WritableStore, prefix: str = "") -> list[str]:
    return sorted(one.key for one in store.list(prefix))


def test_what_was_written_is_read_whole_and_by_its_beginning(kind: Kind) -> None:
    store = kind.store
    token = store.put("v1/aa/one.webp", b"0123456789")
    body = store.get("v1/aa/one.webp")
    assert (body.data, body.info.size, body.info.token, body.info.key) == (b"0123456789", 10, token, "v1/aa/one.webp")
    start = store.get("v1/aa/one.webp", length=4)
    assert (start.data, start.info.size) == (b"0123", 10)
    assert store.get("v1/aa/one.webp", length=40).data == b"0123456789"
    assert store.head("v1/aa/one.webp").token == token
    store.put("v1/aa/one.webp", b"")
    assert store.get("v1/aa/one.webp").data == b""


def test_a_range_is_read_alone_and_ends_with_the_object(kind: Kind) -> None:
    store = kind.store
    store.put("packs/a", b"0123456789")
    middle = store.get("packs/a", start=3, length=4)
    assert (middle.data, middle.info.size) == (b"3456", 10)
    assert store.get("packs/a", start=7).data == b"789"
    assert store.get("packs/a", start=7, length=40).data == b"789"
    past = store.get("packs/a", start=10, length=4)
    assert (past.data, past.info.size) == (b"", 10)
    with pytest.raises(ObjectGone):
        store.get("packs/b", start=3, length=4)


def test_what_is_not_there_is_gone(kind: Kind) -> None:
    for call in (kind.store.head, kind.store.get, lambda key: kind.store.move(key, "other")):
        with pytest.raises(ObjectGone):
            call("nothing")
    kind.store.delete("nothing")
    assert keys(kind.store) == []


def test_put_if_absent_never_replaces(conditional: Kind) -> None:
    conditional.store.put_if_absent("a/b", b"first")
    with pytest.raises(ObjectExists):
        conditional.store.put_if_absent("a/b", b"second")
    assert conditional.store.get("a/b").data == b"first"
    conditional.store.delete("a/b")
    conditional.store.put_if_absent("a/b", b"second")
    assert conditional.store.get("a/b").data == b"second"
    assert conditional.unfinished() == 0


def test_put_if_match_replaces_only_what_was_read(conditional: Kind) -> None:
    token = conditional.store.put("a", b"first")
    second = conditional.store.put_if_match("a", b"second", token=token)
    with pytest.raises(ObjectChanged):
        conditional.store.put_if_match("a", b"third", token=token)
    assert (conditional.store.get("a").data, conditional.store.head("a").token) == (b"second", second)
    conditional.store.delete("a")
    with pytest.raises(ObjectChanged):
        conditional.store.put_if_match("a", b"fourth", token=second)
    assert keys(conditional.store) == []


def test_of_many_writers_at_once_one_is_first(conditional: Kind) -> None:
    def write(number: int) -> bool:
        try:
            conditional.store.put_if_absent("x/first", str(number).encode())
        except ObjectExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, range(16)))
    assert won.count(True) == 1
    assert conditional.store.get("x/first").data == str(won.index(True)).encode()
    assert conditional.unfinished() == 0


def test_a_listing_has_the_keys_below_its_prefix(kind: Kind) -> None:
    for key in ("v1/aa/1.webp", "v1/aa/bb/2.webp", "v1/ab/3.webp", "aside/x/v1/aa/4.webp", "aside/y/runs"):
        kind.store.put(key, key.encode())
    assert keys(kind.store, "v1/aa/") == ["v1/aa/1.webp", "v1/aa/bb/2.webp"]
    assert len(keys(kind.store)) == 5
    assert {one.key: one.size for one in kind.store.list("aside/")} == {"aside/x/v1/aa/4.webp": 20, "aside/y/runs": 12}
    assert kind.store.folders("aside/") == ["x", "y"]
    assert kind.store.folders("") == ["aside", "v1"]
    assert kind.store.folders("nothing/") == []


def test_a_move_replaces_and_leaves_nothing(kind: Kind) -> None:
    kind.store.put("v1/aa/1", b"one")
    kind.store.put("v1/bb/1", b"damaged")
    before = kind.store.head("v1/aa/1").modified
    kind.store.move("v1/aa/1", "v1/bb/1")
    assert keys(kind.store) == ["v1/bb/1"]
    assert kind.store.get("v1/bb/1").data == b"one"
    assert kind.store.head("v1/bb/1").modified >= before
    assert "bb" in kind.store.folders("v1/")


@pytest.mark.parametrize("pieces", [0, 1, 7], ids=["nothing", "one piece", "several parts"])
def test_a_stream_becomes_one_object(kind: Kind, pieces: int) -> None:
    data = os.urandom(PIECE)
    token = kind.store.put_stream("big", (data for _ in range(pieces)))
    body = kind.store.get("big")
    assert body.data == data * pieces
    assert body.info.token == token
    assert kind.unfinished() == 0


@pytest.mark.parametrize("pieces", [1, 7], ids=["one piece", "several parts"])
def test_a_stream_never_replaces(conditional: Kind, pieces: int) -> None:
    store = conditional.store

    def overtaken() -> Iterator[bytes]:
        for _ in range(pieces):
            yield bytes(PIECE)
        store.put("big", b"first")

    with pytest.raises(ObjectExists):
        store.put_stream("big", overtaken())
    assert store.get("big").data == b"first"
    assert conditional.unfinished() == 0


def test_a_completion_that_s3_refuses_after_it_sent_status_200_is_no_failure_of_the_server(stub: s3stub.S3Stub) -> None:
    stub.create_bucket("bucket")
    store = s3_store(stub, "bucket")
    exists = Answer(200, b"<Error><Code>PreconditionFailed</Code></Error>")
    stub.faults.append(lambda request: exists if "if-none-match" in request.headers else None)
    with pytest.raises(ObjectExists):
        store.put_stream("big", (bytes(PIECE) for _ in range(7)))
    stub.faults.clear()
    assert stub.uploads == {}
    store.close()


def test_an_upload_that_another_write_disturbs_may_be_tried_again(stub: s3stub.S3Stub) -> None:
    stub.create_bucket("bucket")
    store = s3_store(stub, "bucket")
    disturbed = Answer(409, b"<Error><Code>ConditionalRequestConflict</Code></Error>")
    stub.faults.append(lambda request: disturbed if "if-none-match" in request.headers else None)
    with pytest.raises(SourceUnreachable, match="another write"):
        store.put_stream("big", (bytes(PIECE) for _ in range(7)))
    stub.faults.clear()
    assert stub.uploads == {}
    store.close()


@pytest.mark.parametrize("pieces", [1, 7], ids=["one piece", "several parts"])
def test_a_server_that_knows_no_conditions_keeps_a_stream_all_the_same(stub: s3stub.S3Stub, pieces: int) -> None:
    stub.create_bucket("bucket")
    store = s3_store(stub, "bucket")
    unknown = Answer(501, b"<Error><Code>NotImplemented</Code></Error>")
    stub.faults.append(lambda request: unknown if "if-none-match" in request.headers else None)
    store.put_stream("big", (bytes(PIECE) for _ in range(pieces)))
    assert store.head("big").size == pieces * PIECE
    assert stub.uploads == {}
    store.close()


@pytest.mark.parametrize("pieces", [1, 7], ids=["early", "late"])
def test_a_stream_that_breaks_off_leaves_nothing(kind: Kind, pieces: int) -> None:
    def broken() -> Iterator[bytes]:
        for _ in range(pieces):
            yield bytes(PIECE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kind.store.put_stream("big", broken())
    assert keys(kind.store) == []
    assert kind.unfinished() == 0


def test_what_was_flushed_is_still_there(kind: Kind) -> None:
    store = kind.store
    token = store.put("packs/v1/aa/one.pack", b"0123456789")
    store.flush("packs/v1/aa/one.pack")
    body = store.get("packs/v1/aa/one.pack")
    assert (body.data, body.info.token) == (b"0123456789", token)


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a b", "a\0", "\u00e9", "x" * 600]
)
def test_a_key_that_is_not_ours_reaches_nothing(kind: Kind, key: str) -> None:
    store = kind.store
    for call in (store.head, store.get, lambda bad: store.delete(f"{bad}/."), lambda bad: store.put(bad, b"")):
        with pytest.raises(ValueError, match="not a key of a writable store"):
            call(key)
    store.put("a", b"x")
    with pytest.raises(ValueError, match="not a key of a writable store"):
        store.move("a", key)
    assert keys(store) == ["a"]


def test_a_server_that_does_not_answer_is_asked_again(stub: s3stub.S3Stub) -> None:
    bucket = f"w-{uuid.uuid4().hex[:20]}"
    stub.create_bucket(bucket)
    waits: list[float] = []
    store = RetryingWritableStore(s3_store(stub, bucket), RetryPolicy(sleep=waits.append))
    stub.fail(s3stub.error(503, "SlowDown"), times=2)
    store.put("a", b"x")
    assert (store.get("a").data, len(waits)) == (b"x", 2)


def test_a_full_disk_is_reported_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _folder(tmp_path, flush=False)
    made.store.put("a/b", b"x")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DiskFull, match="No space is left"):
        made.store.put("a/b", b"y")
    assert (made.store.get("a/b").data, made.unfinished()) == (b"x", 0)


def test_a_folder_that_is_a_link_is_written_and_flushed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "lib").symlink_to("disk")
    store = _folder(tmp_path, flush=True).store
    store.put("a", b"x")
    store.flush("a")
    assert (tmp_path / "disk/a").read_bytes() == b"x"


def test_a_link_in_a_folder_is_listed_and_not_followed(tmp_path: Path) -> None:
    made = _folder(tmp_path, flush=False)
    made.store.put("a/b", b"x")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "lib/a/link").symlink_to(tmp_path / "secret")
    (tmp_path / "lib/a/empty").mkdir()
    assert keys(made.store) == ["a/b", "a/empty/", "a/link/"]
    for call in (made.store.get, made.store.head):
        with pytest.raises(ObjectGone):
            call("a/link")


@pytest.mark.parametrize("prefix", ["a//b/", "../", "a/./b/"])
def test_a_prefix_that_clients_change_is_refused(stub: s3stub.S3Stub, prefix: str) -> None:
    with pytest.raises(SettingsError, match="cannot be written to"):
        s3_store(stub, "bucket", prefix)


def test_a_bucket_of_google_that_is_gone_is_no_missing_object(gcs_stub: GcsStub) -> None:
    store = gcs_store(gcs_stub)
    for call in (
        store.head,
        store.get,
        store.delete,
        lambda key: store.put(key, b"x"),
        lambda key: store.move(key, "b"),
    ):
        with pytest.raises(NoSuchBucket):
            call("a")
    store.close()


def test_google_writes_in_the_name_of_who_may_and_says_which_role_is_missing(gcs_stub: GcsStub) -> None:
    gcs_stub.create_bucket("bucket")
    store = gcs_store(gcs_stub)
    gcs_stub.http.fail(error(403, "forbidden"))
    with pytest.raises(AccessDenied, match=r"may not read or write .* Grant roles/storage\.objectUser"):
        store.put("a", b"x")
    with pytest.raises(SettingsError, match="HMAC"):
        GcsWritableStore(
            Location(provider=Provider.GCS, container="bucket"),
            GcsConfig(hmac=HmacKeys(access_key="a", secret_key="s")),
        )
    store.close()


def test_an_upload_never_follows_its_address_to_another_server(gcs_stub: GcsStub) -> None:
    gcs_stub.create_bucket("bucket")
    store = gcs_store(gcs_stub)
    with GcsStub() as other:

        def lead_away(request: Request) -> Answer:
            location = f"{other.endpoint}{request.path}?uploadType=resumable&upload_id=x"
            return Answer(200, headers={"Location": location})

        gcs_stub.http.fail(lead_away, fits=lambda request: request.query.get("uploadType") == "resumable")
        with pytest.raises(StorageError):
            store.put_stream("big", (bytes(PIECE) for _ in range(7)))
        assert other.http.requests == []
    gcs_stub.http.fail(Answer(200), fits=lambda request: request.query.get("uploadType") == "resumable")
    with pytest.raises(SourceUnreachable, match="did not start the upload"):
        store.put_stream("big", (bytes(PIECE) for _ in range(7)))
    store.close()


def test_a_part_that_was_kept_in_part_ends_the_upload(gcs_stub: GcsStub) -> None:
    gcs_stub.create_bucket("bucket")
    store = gcs_store(gcs_stub)
    half = Answer(308, headers={"Range": "bytes=0-1000"})
    gcs_stub.http.fail(half, fits=lambda request: request.method == "PUT")
    with pytest.raises(SourceUnreachable, match="only a part"):
        store.put_stream("big", (bytes(PIECE) for _ in range(7)))
    assert (keys(store), gcs_stub.uploads) == ([], {})
    store.close()


def test_a_long_copy_takes_several_requests_and_an_endless_one_ends(gcs_stub: GcsStub) -> None:
    gcs_stub.create_bucket("bucket")
    store = gcs_store(gcs_stub)
    store.put("a", b"x")

    def copies(request: Request) -> bool:
        return "/rewriteTo/" in request.path

    gcs_stub.http.fail(Answer(200, b'{"done": false, "rewriteToken": "t"}'), times=2, fits=copies)
    store.move("a", "b")
    assert [request.query.get("rewriteToken") for request in gcs_stub.http.requests if copies(request)] == [
        None,
        "t",
        "t",
    ]
    assert keys(store) == ["b"]
    gcs_stub.http.fail(Answer(200, b"{}"), fits=copies)
    with pytest.raises(SourceUnreachable, match="does not finish"):
        store.move("b", "c")
    assert keys(store) == ["b"]
    store.close()
