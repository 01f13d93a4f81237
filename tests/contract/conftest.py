"""The stores that the contract suite is run against, each with a way to fill it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.support import azstub, azurite, s3stub, seaweed, torture
from tests.support.fakegcs import FakeGcs
from tests.support.gcsstub import TOKEN, GcsStub
from tests.support.gcstokens import FixedToken
from tests.support.s3quirks import QUIRKS, UNDATED, as_google

from mirrorlake.model.credentials import AwsKeys
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage import tokens
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.credentials import AzureConfig, SharedKey
from mirrorlake.storage.providers.azure.store import AzureStore
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.gcs.access import GcsAccess
from mirrorlake.storage.providers.gcs.config import GcsConfig, GcsServer
from mirrorlake.storage.providers.gcs.provider import GcsProvider
from mirrorlake.storage.providers.gcs.store import GcsStore
from mirrorlake.storage.providers.gcs.tokens import TokenSource
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import Keys
from mirrorlake.storage.providers.s3.store import S3Store


@dataclass(frozen=True)
class Bench:
    """One empty store, and what a test may do to it."""

    store: Store
    put: Callable[[str, bytes], object]
    delete: Callable[[str], object]
    vanish: Callable[[], object]  # the bucket or folder itself goes
    fits: Callable[[str], bool]  # keys that this kind of store can hold
    conflicts: bool  # whether a key can stand in the way of another (folders)
    aliases: bool = False  # whether a key that it cannot hold may lead to another object
    dated: bool = True  # whether listings and HEAD both have dates
    whole: bool = True  # every torture key; else a third, where only the server's answers differ, not its keys


@pytest.fixture(scope="session")
def stub() -> Iterator[s3stub.S3Stub]:
    with s3stub.S3Stub() as server:
        yield server


@pytest.fixture(scope="session")
def weed() -> Iterator[seaweed.Seaweed]:
    with seaweed.Seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs() -> Iterator[FakeGcs]:
    with FakeGcs() as server:
        yield server


@pytest.fixture
def gcs_stub() -> Iterator[GcsStub]:
    with GcsStub() as server:
        yield server


@pytest.fixture
def azure_stub() -> Iterator[azstub.AzureStub]:
    with azstub.AzureStub() as server:
        yield server


@pytest.fixture(scope="session")
def azure() -> Iterator[azurite.Azurite]:
    with azurite.Azurite() as server:
        yield server


def stub_store(stub: s3stub.S3Stub, bucket: str, *, prefix: str = "", ordered: bool = True) -> S3Store:
    return S3Store(
        Location(provider=Provider.S3, container=bucket, prefix=prefix),
        S3Access(endpoint=stub.endpoint, region=stub.region),
        listing_ordered=ordered,
        credentials=Keys(access_key=s3stub.ACCESS_KEY, secret_key=s3stub.SECRET_KEY),
    )


def _memory() -> Bench:
    store = MemoryStore(page_rows=7)

    def vanish() -> None:
        store.exists = False

    return Bench(store, store.put, store.delete, vanish, lambda _: True, conflicts=False)


def _folder(root: Path) -> Bench:
    root.mkdir()
    store = FolderStore(Location(provider=Provider.FILE, container=str(root)), page_rows=7)

    def put(key: str, data: bytes) -> None:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        # A file system's clock may tick more slowly than a test writes.
        facts = path.stat()
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + uuid.uuid4().int % 1_000_000))

    def delete(key: str) -> None:
        (root / key).unlink(missing_ok=True)

    def vanish() -> None:
        root.rename(root.with_name("elsewhere"))

    return Bench(store, put, delete, vanish, torture.fits_folder, conflicts=True)


def _stub(server: s3stub.S3Stub, *, dated: bool = True, whole: bool = True) -> Bench:
    bucket = f"b-{uuid.uuid4().hex[:20]}"
    server.create_bucket(bucket)
    store = stub_store(server, bucket)
    return Bench(
        store,
        lambda key, data: server.put(bucket, key, data),
        lambda key: server.delete(bucket, key),
        lambda: server.delete_bucket(bucket),
        lambda _: True,
        conflicts=False,
        dated=dated,
        whole=whole,
    )


def _weed(server: seaweed.Seaweed) -> Bench:
    bucket = f"b-{uuid.uuid4().hex[:20]}"
    client = server.client()
    client.create_bucket(Bucket=bucket)
    store = S3Store(
        Location(provider=Provider.S3, container=bucket),
        S3Access(endpoint=server.endpoint, region="us-east-1"),
        credentials=Keys(access_key=seaweed.ACCESS_KEY, secret_key=seaweed.SECRET_KEY),
    )

    def vanish() -> None:
        for found in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            client.delete_object(Bucket=bucket, Key=found["Key"])
        client.delete_bucket(Bucket=bucket)

    return Bench(
        store,
        lambda key, data: client.put_object(Bucket=bucket, Key=key, Body=data),
        lambda key: client.delete_object(Bucket=bucket, Key=key),
        vanish,
        torture.fits_seaweed,
        conflicts=True,
        aliases=True,
    )


def _fake_gcs(server: FakeGcs) -> Bench:
    bucket = f"b-{uuid.uuid4().hex[:20]}"
    server.create_bucket(bucket)
    return Bench(
        gcs_store(server.endpoint, bucket),
        lambda key, data: server.put(bucket, key, data),
        lambda key: server.delete(bucket, key),
        lambda: server.delete_bucket(bucket),
        lambda _: True,
        conflicts=False,
    )


def _google_xml(server: s3stub.S3Stub) -> Bench:
    """HMAC keys, on the stub of S3 with the answers of Google's XML API."""
    bucket = f"b-{uuid.uuid4().hex[:20]}"
    server.create_bucket(bucket)
    store = GcsProvider().open(
        Location(provider=Provider.GCS, container=bucket),
        GcsAccess(endpoint=server.endpoint),
        resolved=GcsProvider().resolve(
            GcsAccess(endpoint=server.endpoint),
            AwsKeys(access_key_id=s3stub.ACCESS_KEY, secret_access_key=s3stub.SECRET_KEY),
        ),
    )
    return Bench(
        store,
        lambda key, data: server.put(bucket, key, data),
        lambda key: server.delete(bucket, key),
        lambda: server.delete_bucket(bucket),
        lambda _: True,
        conflicts=False,
    )


@pytest.fixture(scope="session")
def google_xml() -> Iterator[s3stub.S3Stub]:
    with s3stub.S3Stub(region="auto") as server:
        server.quirks = (as_google,)
        yield server


def _gcs_stub(server: GcsStub) -> Bench:
    server.create_bucket("bucket")
    server.page_keys = 47
    return Bench(
        gcs_store(server.endpoint, "bucket", FixedToken(TOKEN)),
        lambda key, data: server.put("bucket", key, data),
        lambda key: server.delete("bucket", key),
        lambda: server.delete_bucket("bucket"),
        lambda _: True,
        conflicts=False,
    )


class Clock:
    """The monotonic clock of the token cache."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(tokens, "time", made)
    return made


def azure_stub_store(stub: azstub.AzureStub, container: str, *, ordered: bool | None = None) -> AzureStore:
    """A store of the stub, whose signatures are not checked."""
    return AzureStore(
        Location(provider=Provider.AZURE, container=f"{azstub.ACCOUNT}/{container}"),
        AzureAccess(),
        listing_ordered=ordered,
        config=AzureConfig(
            authentication=SharedKey(account=azstub.ACCOUNT, key=b"secret"), endpoint=stub.endpoint, origin="a test"
        ),
    )


def _azure_stub(server: azstub.AzureStub) -> Bench:
    container = f"c-{uuid.uuid4().hex[:20]}"
    server.create(container)
    server.page_keys = 47
    return Bench(
        azure_stub_store(server, container),
        lambda key, data: server.put(container, key, data),
        lambda key: server.delete(container, key),
        lambda: server.vanish(container),
        lambda _: True,
        conflicts=False,
    )


def gcs_store(endpoint: str, bucket: str, source: TokenSource | None = None, *, ordered: bool = True) -> GcsStore:
    """A bucket; without a source of tokens, anonymously."""
    config = GcsConfig(server=GcsServer(url=endpoint, origin="this test"), source=source)
    return GcsStore(Location(provider=Provider.GCS, container=bucket), config, listing_ordered=ordered)


def _azure(server: azurite.Azurite) -> Bench:
    container = server.container()
    store = AzureStore(container.location, AzureAccess(), config=container.config)
    return Bench(store, container.put, container.delete, container.vanish, torture.fits_azurite, conflicts=False)


@pytest.fixture(scope="session")
def quirky_stubs() -> Iterator[Callable[[str], s3stub.S3Stub]]:
    """One server for each name of a quirk, started when it is first used. It lists in short pages."""
    with ExitStack() as servers:

        def started(name: str) -> s3stub.S3Stub:
            server = servers.enter_context(s3stub.S3Stub(quirks=[name]))
            server.page_keys = 47
            return server

        yield cache(started)


@pytest.fixture(
    params=[
        "memory", "folder", "stub", "seaweed", "fake gcs", "gcs stub", "google xml", "azurite", "azure stub", *QUIRKS
    ]
)  # fmt: skip
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every kind of store in turn, and S3 with each quirk of other servers."""
    match request.param:
        case "memory":
            made = _memory()
        case "folder":
            made = _folder(tmp_path / "root")
        case "stub":
            made = _stub(request.getfixturevalue("stub"))
        case "seaweed":
            made = _weed(request.getfixturevalue("weed"))
        case "fake gcs":
            made = _fake_gcs(request.getfixturevalue("fake_gcs"))
        case "gcs stub":
            made = _gcs_stub(request.getfixturevalue("gcs_stub"))
        case "google xml":
            made = _google_xml(request.getfixturevalue("google_xml"))
        case "azurite":
            made = _azure(request.getfixturevalue("azure"))
        case "azure stub":
            made = _azure_stub(request.getfixturevalue("azure_stub"))
        case quirk:
            made = _stub(request.getfixturevalue("quirky_stubs")(quirk), dated=quirk not in UNDATED, whole=False)
    yield made
    made.store.close()
