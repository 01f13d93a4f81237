"""A library of its own for each journey, on the database server that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.azurite import Azurite
from tests.support.buckets import Bucket, azure_bucket, stub_bucket, weed_bucket
from tests.support.cli import Cli
from tests.support.fakegcs import FakeGcs
from tests.support.postgres import Server, address_of
from tests.support.s3stub import S3Stub
from tests.support.seaweed import Seaweed


@pytest.fixture
def cli(tmp_path: Path, postgres_server: Server) -> Iterator[Cli]:
    conninfo = postgres_server.new_database()
    yield Cli(tmp_path / "home", {"MIRRORLAKE_DATABASE_URL": address_of(conninfo)})
    postgres_server.drop(conninfo)


@pytest.fixture(scope="session")
def weed() -> Iterator[Seaweed]:
    with Seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs() -> Iterator[FakeGcs]:
    with FakeGcs() as server:
        yield server


@pytest.fixture(scope="session")
def azure() -> Iterator[Azurite]:
    with Azurite() as server:
        yield server


@pytest.fixture
def container(azure: Azurite, cli: Cli) -> Bucket:
    """A container of Azurite."""
    return azure_bucket(azure, cli)


@pytest.fixture
def stub() -> Iterator[S3Stub]:
    """A server of its own for each test: faults and requests of others must not be seen."""
    with S3Stub() as server:
        yield server


@pytest.fixture
def bucket(stub: S3Stub, cli: Cli) -> Bucket:
    """A bucket of the stub server."""
    return stub_bucket(stub, cli)


@pytest.fixture
def ordered_bucket(stub: S3Stub, cli: Cli, tmp_path: Path) -> Bucket:
    """A bucket of the stub server, which is believed to list in key order, as AWS is."""
    settings = tmp_path / "ordered.json"
    settings.write_text('{"listingOrdered": true}')
    return stub_bucket(stub, cli, "--settings", str(settings))


@pytest.fixture(params=["ordered", "seaweed"])
def any_bucket(request: pytest.FixtureRequest, cli: Cli) -> Bucket:
    """A bucket of a server that lists in key order, and of one that does not."""
    if request.param == "ordered":
        return request.getfixturevalue("ordered_bucket")
    return weed_bucket(request.getfixturevalue("weed"), cli)
