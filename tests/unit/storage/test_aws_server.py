"""The server that a machine's AWS configuration selects is the one that botocore, and so the AWS command line, uses."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import botocore.session
import pytest

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.aws_session import config_of
from mirrorlake.storage.providers.s3.credentials import S3Server
from mirrorlake.storage.providers.s3.endpoint import Endpoint

PROFILES = """
[default]
region = eu-west-1
endpoint_url = https://default.example

[profile plain]
region = eu-west-1

[profile global]
endpoint_url = https://global.example:9000/

[profile own]
services = minio
endpoint_url = https://global.example

[profile other]
services = elsewhere
endpoint_url = https://global.example

[profile ignoring]
endpoint_url = https://global.example
ignore_configured_endpoint_urls = true

[profile lost]
services = nowhere

[services minio]
s3 =
  endpoint_url = http://127.0.0.1:9000/s3

[services elsewhere]
ec2 =
  endpoint_url = http://127.0.0.1:1
"""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PROFILE", "REGION", "DEFAULT_REGION", "ENDPOINT_URL", "ENDPOINT_URL_S3", "CA_BUNDLE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.delenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text(PROFILES)


def server(**access: str) -> S3Server:
    return config_of(S3Access(**access)).server


def of_botocore(profile: str | None, region: str = "eu-west-1") -> str:
    """The endpoint that a client of botocore requests, without the last slash."""
    client = botocore.session.Session(profile=profile).create_client("s3", region_name=region)
    return str(client.meta.endpoint_url).rstrip("/")


@pytest.mark.parametrize(
    ("profile", "environ", "origin"),
    [
        (None, {}, "endpoint_url of the AWS profile default"),
        ("plain", {}, None),
        ("global", {}, "endpoint_url of the AWS profile global"),
        ("own", {}, "endpoint_url of the services section minio"),
        ("other", {}, "endpoint_url of the AWS profile other"),
        ("ignoring", {}, None),
        ("plain", {"AWS_ENDPOINT_URL": "https://a.example"}, "AWS_ENDPOINT_URL"),
        ("plain", {"AWS_ENDPOINT_URL": "https://a.example", "AWS_ENDPOINT_URL_S3": "https://b.example"},
         "AWS_ENDPOINT_URL_S3"),
        ("own", {"AWS_ENDPOINT_URL": "https://a.example"}, "AWS_ENDPOINT_URL"),
        ("own", {"AWS_ENDPOINT_URL": ""}, "endpoint_url of the services section minio"),
        ("own", {"AWS_ENDPOINT_URL": "https://a.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None),
        ("own", {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}, "endpoint_url of the services section minio"),
    ],
)  # fmt: skip
def test_the_configured_server_is_that_of_botocore(
    monkeypatch: pytest.MonkeyPatch, profile: str | None, environ: dict[str, str], origin: str | None
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = config_of(S3Access(profile=profile, region="eu-west-1")).server
    assert (found.url, found.origin) == (of_botocore(profile), origin)


def test_the_endpoint_of_the_datasource_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://a.example")
    found = server(endpoint="http://127.0.0.1:9000", profile="own")
    assert (found.url, found.origin) == ("http://127.0.0.1:9000", "set in mirrorlake")


@pytest.mark.parametrize(
    "region",
    [
        "eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-iso-east-1", "us-isob-east-1",
        "us-isof-south-1", "eu-isoe-west-1", "ap-south-9", "xx-new-1",
    ],
)  # fmt: skip
def test_a_region_is_in_the_domain_of_its_partition(region: str) -> None:
    found = server(profile="plain", region=region)
    assert found.is_aws
    assert found.url == of_botocore("plain", region)
    assert Endpoint("photos", found).base == found.url.replace("https://", "https://photos.")
    assert Endpoint("photos", found).root == ""


@pytest.mark.parametrize("name", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_the_variants_of_an_endpoint_are_those_of_botocore(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "true")
    assert server(profile="plain").url == of_botocore("plain")
    assert server(profile="plain").url != "https://s3.eu-west-1.amazonaws.com"


def test_another_server_has_buckets_as_paths() -> None:
    endpoint = Endpoint("photos", S3Server(url="http://127.0.0.1:9000/s3", origin="test"))
    assert (endpoint.base, endpoint.path("a b")) == ("http://127.0.0.1:9000", "/s3/photos/a%20b")


@pytest.mark.parametrize(("written", "used"), [("https://a.example:443", "https://a.example"),
                                               ("http://a.example:80/", "http://a.example"),
                                               ("http://a.example:443", "http://a.example:443"),
                                               (" https://a.example\n", "https://a.example")])  # fmt: skip
def test_an_address_is_used_as_clients_send_it(written: str, used: str) -> None:
    assert server(endpoint=written).url == used


@pytest.mark.parametrize(
    "endpoint", ["http://user:canary@a.example", "ftp://user:canary@a.example", "canary@a.example", "http://[canary@"]
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
def test_an_endpoint_with_a_login_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, endpoint: str
) -> None:
    monkeypatch.setenv(variable, endpoint)
    with pytest.raises(SettingsError, match=variable) as raised:
        server()
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    "endpoint", ["a.example", "http://a b", "http://a\x01b", "http://h:x", "http://h?q", "http://h#f"]
)
def test_an_endpoint_that_is_no_address_names_what_specifies_it(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL_S3"):
        server()


def test_a_services_section_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match="'nowhere', which does not exist"):
        server(profile="lost")


@pytest.mark.parametrize("region", ["evil.example/", "eu west", "a@b", "\u00e9"])
def test_a_region_cannot_lead_to_another_host(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    with pytest.raises(SettingsError, match="is not a region"):
        server(profile="default")
    with pytest.raises(SettingsError, match="is not a region"):
        server(region=region)


def test_the_address_of_aws_has_a_domain_that_ends_as_botocore_says() -> None:
    data = botocore.session.Session().get_component("data_loader").load_data("partitions")
    for partition in data["partitions"]:
        for region in partition["regions"]:
            if not region.endswith("-global"):
                host = urlsplit(server(profile="plain", region=region).url).hostname
                assert host == f"s3.{region}.{partition['outputs']['dnsSuffix']}"
