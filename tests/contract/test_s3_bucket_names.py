"""Names that AWS once permitted, and that other servers permit, are listed and read like any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.conftest import stub_store
from tests.support.s3stub import S3Stub

from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.s3.credentials import S3Server
from mirrorlake.storage.providers.s3.endpoint import Endpoint

IRELAND = S3Server(url="https://s3.eu-west-1.amazonaws.com")
NAMES = ["Old_Bucket", "UPPER", "a_b", "bucket-", "a.b-.c_", "b" * 255]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Stub]:
    with S3Stub() as stub:
        yield stub


@pytest.mark.parametrize("name", NAMES)
def test_a_bucket_with_an_unusual_name_is_listed_and_read(server: S3Stub, name: str) -> None:
    token = server.put(name, "a b/c+d.png", b"bytes")
    server.put(name, "a//b.png", b"bytes")  # an empty segment
    store = stub_store(server, parse_location(f"s3://{name}").container)
    assert store.list_page(KeyRange(), None).batch.column("key").to_pylist() == ["a b/c+d.png", "a//b.png"]
    assert store.head("a b/c+d.png").token == token
    for key in ("a b/c+d.png", "a//b.png"):
        assert store.get(key, token=token, limit=9).data == b"bytes"
    store.close()


@pytest.mark.parametrize("name", NAMES)
def test_on_aws_such_a_name_is_part_of_the_path(name: str) -> None:
    endpoint = Endpoint(name, IRELAND)
    assert endpoint.base == "https://s3.eu-west-1.amazonaws.com"
    assert endpoint.path("k") == f"/{name}/k"


@pytest.mark.parametrize("name", ["bucket", "my-bucket-1", "b" * 63])
def test_on_aws_other_names_are_part_of_the_host(name: str) -> None:
    assert Endpoint(name, IRELAND).base == f"https://{name}.s3.eu-west-1.amazonaws.com"
