"""What a connection decides about requests to S3: who pays, how buckets are named, which server, which authorities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.model.credentials import Ambient, AwsKeys, AwsRole, AzureSas, Unsigned
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Access
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.connection import connection_config
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys
from mirrorlake.storage.providers.s3.endpoint import Endpoint

LAKE = parse_location("s3://lake")
KEYS = AwsKeys(access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY)


@pytest.fixture
def stub() -> Iterator[S3Stub]:
    with S3Stub() as server:
        server.put("lake", "a.png", b"data")
        yield server


def opened(access: Access, credentials: Any = KEYS) -> Any:
    return StoreConfig(location=LAKE, access=access, credentials=credentials).open_plain()


def config(access: S3Access, credentials: Any = KEYS) -> AwsConfig:
    return connection_config(access, credentials)


def test_who_pays_is_part_of_every_signed_request(stub: S3Stub) -> None:
    store = opened(S3Access(endpoint=stub.endpoint, requester_pays=True))
    store.list_page(KeyRange(), None)
    store.head("a.png")
    assert store.get("a.png", token=None, limit=100).data == b"data"
    assert len(stub.requests) >= 3
    for request in stub.requests:
        assert request.headers["x-amz-request-payer"] == "requester"
        assert "x-amz-request-payer" in request.headers["authorization"]


def test_who_pays_is_part_of_a_presigned_address_as_botocore_signs_it(stub: S3Stub) -> None:
    url = opened(S3Access(endpoint=stub.endpoint, requester_pays=True)).presign("a b.png", 300)
    sent = parse_qs(urlsplit(url).query)
    assert sent["x-amz-request-payer"] == ["requester"]
    plain = AWSRequest("GET", url.partition("?")[0], params={"x-amz-request-payer": "requester"})
    signer = S3SigV4QueryAuth(BotoCredentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1", expires=300)
    signer.add_auth(plain)
    expected = parse_qs(urlsplit(plain.url).query)
    assert set(sent) == set(expected)
    if sent["X-Amz-Date"] == expected["X-Amz-Date"]:  # within the same second
        assert sent["X-Amz-Signature"] == expected["X-Amz-Signature"]


@pytest.mark.parametrize(
    ("access", "address"),
    [
        (S3Access(region="eu-west-1"), "https://lake.s3.eu-west-1.amazonaws.com/k"),
        (S3Access(region="eu-west-1", path_style=True), "https://s3.eu-west-1.amazonaws.com/lake/k"),
        (S3Access(region="cn-north-1"), "https://lake.s3.cn-north-1.amazonaws.com.cn/k"),
        (S3Access(endpoint="https://s3.example:9000"), "https://s3.example:9000/lake/k"),
        (S3Access(endpoint="https://fra1.example", path_style=False), "https://lake.fra1.example/k"),
        (S3Access(endpoint="https://host.example/gate", path_style=False), "https://lake.host.example/gate/k"),
        (
            S3Access(endpoint="https://bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com", region="eu-west-1"),
            "https://bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com/lake/k",
        ),
    ],
)
def test_a_bucket_is_named_in_the_host_or_in_the_path(access: S3Access, address: str) -> None:
    found = config(access)
    endpoint = Endpoint("lake", found.server, found.path_style)
    assert endpoint.base + endpoint.path("k") == address


def test_a_connection_is_complete_whatever_the_machine_is_configured_for(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = config(S3Access())
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "https://elsewhere.example")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OF_THE_MACHINE")
    assert config(S3Access()) == expected
    assert expected.source == Keys(access_key=ACCESS_KEY, secret_key=SECRET_KEY)


def test_every_setting_of_the_network_reaches_requests_and_sts() -> None:
    access = S3Access(proxy="http://proxy:3128", ca_bundle="/ca.pem", networks=("10.0.0.0/8",), region="eu-west-1")
    found = config(access)
    assert (found.proxy, found.ca_bundle, found.networks) == ("http://proxy:3128", "/ca.pem", ("10.0.0.0/8",))
    role = config(access, AwsRole(role_arn="arn", external_id="id", base=KEYS)).source
    server = vars(role)["_server"]
    assert (server.proxy, server.ca_bundle, server.networks) == (found.proxy, found.ca_bundle, found.networks)
    assert server.url == "https://sts.eu-west-1.amazonaws.com"


def test_credentials_of_another_provider_are_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be used for s3"):
        connection_config(S3Access(), AzureSas(account="lake", token="sig=canary"))


def test_the_machine_s_own_identity_keeps_the_settings_of_the_connection(
    stub: S3Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    access = S3Access(endpoint=stub.endpoint, requester_pays=True)
    assert opened(access, Ambient()).list_page(KeyRange(), None).batch.num_rows == 1
    assert stub.requests[-1].headers["x-amz-request-payer"] == "requester"


def test_a_public_bucket_is_read_unsigned_and_a_closed_one_is_explained(stub: S3Stub) -> None:
    stub.public.add("lake")
    found = opened(S3Access(endpoint=stub.endpoint), Unsigned())
    assert found.list_page(KeyRange(), None).batch.num_rows == 1
    assert "authorization" not in stub.requests[-1].headers
    stub.public.remove("lake")
    with pytest.raises(AccessDenied, match="anonymously"):
        found.list_page(KeyRange(), None)


def test_what_the_catalog_keeps_of_an_access_is_what_users_gave() -> None:
    access = S3Access(endpoint="https://s3.example", region="eu-west-1")
    connected = replace(access, proxy="http://proxy", networks=(), requester_pays=True, ca_bundle="/ca.pem")
    assert connected.stored() == access.stored()
    assert set(access.stored()) == {"endpoint", "region", "profile", "anonymous"}
