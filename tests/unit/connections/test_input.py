"""What people type into the fields of a connection gets the sentence that solves it, and no secret is repeated."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mirrorlake.connections.input.advice import Advice, shown
from mirrorlake.connections.input.aws import (
    advise_endpoint,
    advise_keys,
    advise_region,
    advise_role,
)
from mirrorlake.connections.input.azure import (
    advise_account,
    advise_connection_string,
    advise_key,
    advise_key_size,
    advise_sas,
)
from mirrorlake.connections.input.bucket import advise_bucket, advise_prefix
from mirrorlake.connections.input.check import check_input, hints
from mirrorlake.connections.input.gcs import advise_key_file, advise_service_account, advise_workload_identity
from mirrorlake.core.errors import SettingsError
from mirrorlake.model.connections import ConnectionKind

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AWS, S3, GCS = ConnectionKind.AWS_KEYS, ConnectionKind.S3, ConnectionKind.GCS_AMBIENT
AZURE = ConnectionKind.AZURE_SAS


def found(advice: Advice | None) -> dict[str, Any]:
    """The values that were recognised."""
    assert advice is not None
    assert advice.message.endswith(".")
    assert advice.fix
    names = ("bucket", "prefix", "region", "account", "endpoint")
    values = {name: getattr(advice, name) for name in names}
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize(
    ("text", "recognised"),
    [
        ("photos/", {"bucket": "photos"}),
        ("/photos", {"bucket": "photos"}),
        ("photos/site-a", {"bucket": "photos", "prefix": "site-a/"}),
        (" photos ", {"bucket": "photos"}),
        ('"photos"', {"bucket": "photos"}),
        ("s3://photos", {"bucket": "photos"}),
        ("s3://photos/site-a/", {"bucket": "photos", "prefix": "site-a/"}),
        ("s3a://photos/site-a", {"bucket": "photos", "prefix": "site-a/"}),
        ("arn:aws:s3:::photos", {"bucket": "photos"}),
        ("arn:aws:s3:::photos/*", {"bucket": "photos"}),
        ("arn:aws-cn:s3:::photos/site-a/*", {"bucket": "photos", "prefix": "site-a/"}),
        (
            "https://s3.console.aws.amazon.com/s3/buckets/photos?region=eu-west-1&prefix=site-a/&showversions=false",
            {"bucket": "photos", "prefix": "site-a/", "region": "eu-west-1"},
        ),
        (
            "https://eu-west-1.console.aws.amazon.com/s3/object/photos?prefix=site-a/cat.jpg",
            {"bucket": "photos", "prefix": "site-a/", "region": "eu-west-1"},
        ),
        (
            "https://console.amazonaws.cn/s3/buckets/photos?region=cn-north-1",
            {"bucket": "photos", "region": "cn-north-1"},
        ),
        ("https://s3.console.aws.amazon.com/s3/home", {}),
        (
            "https://photos.s3.eu-west-1.amazonaws.com/site-a/my%20cat.jpg",
            {"bucket": "photos", "prefix": "site-a/", "region": "eu-west-1"},
        ),
        ("https://photos.s3.amazonaws.com/", {"bucket": "photos"}),
        ("https://my.photos.s3-eu-west-1.amazonaws.com/", {"bucket": "my.photos", "region": "eu-west-1"}),
        ("http://photos.s3-website-us-east-1.amazonaws.com", {"bucket": "photos", "region": "us-east-1"}),
        ("https://photos.s3.dualstack.us-gov-west-1.amazonaws.com", {"bucket": "photos", "region": "us-gov-west-1"}),
        (
            "https://photos.s3.cn-north-1.amazonaws.com.cn/a/b",
            {"bucket": "photos", "prefix": "a/", "region": "cn-north-1"},
        ),
        (
            "https://s3.eu-west-1.amazonaws.com/photos/site-a/",
            {"bucket": "photos", "prefix": "site-a/", "region": "eu-west-1"},
        ),
        ("photos.s3.eu-west-1.amazonaws.com", {"bucket": "photos", "region": "eu-west-1"}),
    ],
)
def test_a_bucket_is_recognised_in_what_was_pasted(text: str, recognised: dict[str, str]) -> None:
    advice = advise_bucket(text, AWS)
    assert found(advice) == recognised
    assert advice is not None
    for value in recognised.values():
        assert value in advice.fix


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("my_bucket", ["underscore", "my-bucket"]),
        ("Photos", ["upper-case", "photos"]),
        ("my bucket", ["blank"]),
        ("ab", ["too short"]),
        ("a" * 64, ["too long"]),
        ("-photos", ["begins or ends"]),
        ("my..photos", ["two dots"]),
        ("192.168.0.1", ["IP address"]),
        ("phötos", ["character"]),
        ("", ["empty"]),
        ("arn:aws:iam::111122223333:user/lake", ["a user", "--access-key-id"]),
        ("arn:aws:iam::111122223333:role/lake", ["a role", "--role-arn"]),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/lake", ["access point", "-s3alias"]),
        ("arn:aws:sqs:eu-west-1:111122223333:lake", ["no bucket"]),
        ("gs://photos/site-a", ["another service", "gcs-"]),
        ("https://acct.blob.core.windows.net/photos", ["azure-"]),
        ("https://minio.example.org/photos", ["--endpoint"]),
        ("ftp://photos", ["no address of a bucket"]),
    ],
)
def test_a_name_that_no_bucket_has_gets_the_reason(text: str, words: list[str]) -> None:
    advice = advise_bucket(text, AWS)
    assert advice is not None
    for word in words:
        assert word in f"{advice.message} {advice.fix}"


@pytest.mark.parametrize(
    ("text", "recognised"),
    [
        (
            "https://console.cloud.google.com/storage/browser/photos/site-a;tab=objects?project=acme",
            {"bucket": "photos", "prefix": "site-a/"},
        ),
        (
            "https://console.cloud.google.com/storage/browser/_details/photos/site-a/x.jpg",
            {"bucket": "photos", "prefix": "site-a/"},
        ),
        ("https://console.cloud.google.com/storage/browser", {}),
        ("https://storage.googleapis.com/photos/site-a/x.jpg", {"bucket": "photos", "prefix": "site-a/"}),
        ("https://storage.cloud.google.com/photos/x.jpg", {"bucket": "photos"}),
        ("https://photos.storage.googleapis.com/site-a/x", {"bucket": "photos", "prefix": "site-a/"}),
        ("gs://photos/site-a", {"bucket": "photos", "prefix": "site-a/"}),
    ],
)
def test_a_bucket_of_google_is_recognised(text: str, recognised: dict[str, str]) -> None:
    assert found(advise_bucket(text, GCS)) == recognised


@pytest.mark.parametrize(
    ("text", "recognised"),
    [
        (
            "https://acct.blob.core.windows.net/photos/site-a/x.jpg",
            {"account": "acct", "bucket": "photos", "prefix": "site-a/"},
        ),
        ("https://acct.dfs.core.windows.net/photos", {"account": "acct", "bucket": "photos"}),
        (
            "abfss://photos@acct.dfs.core.windows.net/site-a/",
            {"account": "acct", "bucket": "photos", "prefix": "site-a/"},
        ),
        ("wasbs://photos@acct.blob.core.windows.net/", {"account": "acct", "bucket": "photos"}),
        (
            (
                "https://portal.azure.com/#view/Microsoft_Azure_Storage/ContainerMenuBlade/~/overview/storageAccountId/"
                "%2Fsubscriptions%2F1%2FresourceGroups%2Fg%2Fproviders%2FMicrosoft.Storage%2FstorageAccounts%2Facct/path/photos"
            ),
            {"account": "acct", "bucket": "photos"},
        ),
        ("https://portal.azure.com/#home", {}),
    ],
)
def test_a_container_of_azure_is_recognised(text: str, recognised: dict[str, str]) -> None:
    assert found(advise_bucket(text, AZURE)) == recognised


def test_the_rules_of_each_cloud_differ() -> None:
    assert advise_bucket("my_bucket", GCS) is None
    assert advise_bucket("My_Bucket", S3) is None  # servers of one's own
    assert advise_bucket("my.photos-2", AWS) is None
    assert advise_bucket("$web", AZURE) is None
    assert "hyphens" in (advise_bucket("my--photos", AZURE) or Advice(message="", fix="")).fix
    assert advise_bucket("/srv/photos", ConnectionKind.LOCAL) is None


def test_a_signature_is_not_repeated() -> None:
    for pasted in (
        "https://acct.blob.core.windows.net/photos?sv=2024-11-04&sig=canary%3D&se=2026",
        "https://photos.s3.amazonaws.com/x?X-Amz-Algorithm=a&X-Amz-Signature=canary",
    ):
        assert "canary" not in shown(pasted)
        for kind in (AWS, AZURE, GCS):
            assert "canary" not in repr(advise_bucket(pasted, kind))
        assert "canary" not in repr(advise_endpoint(pasted, "photos"))


@pytest.mark.parametrize(
    ("text", "recognised"),
    [
        ("site-a/*", {"prefix": "site-a/"}),
        ("s3://photos/site-a", {}),
        ("site-*", {}),
    ],
)
def test_a_prefix_is_a_folder(text: str, recognised: dict[str, str]) -> None:
    assert found(advise_prefix(text)) == recognised


def test_a_prefix_is_otherwise_opaque() -> None:
    for prefix in ("", "site-a", "/site-a", " a", "a//b/", "a b/", "../x/", "ü/"):
        assert advise_prefix(prefix) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (" arn:aws:iam::111122223333:role/lake", "blanks"),
        ("arn:aws:sts::111122223333:assumed-role/lake/me", "role/lake."),
        ("arn:aws:iam::111122223333:user/lake", "a user"),
        ("arn:aws:iam::111122223333:policy/lake", "a policy"),
        ("arn:aws:iam::111122223333:instance-profile/lake", "an instance profile"),
        ("arn:aws:s3:::photos", "--bucket"),
        ("lake", "only the name"),
        ("https://console.aws.amazon.com/iam/home#/roles/lake", "not the ARN"),
        ("arn:aws:iam::1111:role/lake", "not the ARN"),
    ],
)
def test_what_is_no_role_gets_the_reason(text: str, word: str) -> None:
    advice = advise_role(text)
    assert advice is not None
    assert word in f"{advice.message} {advice.fix}"


def test_the_arn_of_a_role_gets_no_advice() -> None:
    assert advise_role("arn:aws:iam::444455556666:role/team/lake") is None


SECRET = "canary" + "s" * 34


@pytest.mark.parametrize(
    ("key", "secret", "token", "word"),
    [
        ("AKIA ABCDEFGHIJKLMNOP", SECRET, None, "blank"),
        ("AKIAABCDEFGHIJKLMNOP", SECRET[:9] + "\n" + SECRET[10:], None, "line end"),
        ("AKIAABCDEFGHIJKLMNOP", SECRET[:-1] + "ß", None, "character"),
        ("arn:aws:iam::111122223333:user/lake", SECRET, None, "ARN"),
        (SECRET, "AKIAABCDEFGHIJKLMNOP", None, "swapped"),
        ("minioadmin", SECRET, None, "kind s3"),
        ("ASIAABCDEFGHIJKLMNOP", SECRET, None, "--session-token"),
        ("AKIAABCDEFGHIJKLMNOP", SECRET[:-2], None, "38 characters"),
    ],
)
def test_wrongly_pasted_keys_get_the_reason(key: str, secret: str, token: str | None, word: str) -> None:
    advice = advise_keys(key, secret, token)
    assert advice is not None
    assert word in f"{advice.message} {advice.fix}"
    assert "canary" not in repr(advice)


def test_right_keys_get_none() -> None:
    assert advise_keys("AKIAABCDEFGHIJKLMNOP", SECRET) is None
    assert advise_keys("ASIAABCDEFGHIJKLMNOP", SECRET, "token") is None
    assert advise_keys("minioadmin", "minioadmin", aws=False) is None


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("eu-west-1a", "eu-west-1"),
        ("EU-West-1", "eu-west-1"),
        ("Europe (Ireland)", "eu-west-1"),
        ("US East (N. Virginia) us-east-1", "us-east-1"),
        ("eu_central_1", "eu-central-1"),
        ("somewhere", None),
    ],
)
def test_a_region_is_recognised(text: str, region: str | None) -> None:
    assert found(advise_region(text)).get("region") == region
    assert advise_region("us-gov-west-1") is None


@pytest.mark.parametrize(
    ("text", "recognised"),
    [
        ("s3.wasabisys.com", {"endpoint": "https://s3.wasabisys.com"}),
        ("https://photos.s3.wasabisys.com", {"endpoint": "https://s3.wasabisys.com"}),
        ("http://photos.minio.local:9000", {"endpoint": "http://minio.local:9000"}),
        ("https://minio.local:9000/photos/", {"endpoint": "https://minio.local:9000"}),
        ("https://photos.s3.eu-west-1.amazonaws.com", {"bucket": "photos", "region": "eu-west-1"}),
        ("s3://minio.local", {}),
    ],
)
def test_an_endpoint_is_a_server_without_the_bucket(text: str, recognised: dict[str, str]) -> None:
    assert found(advise_endpoint(text, "photos")) == recognised
    assert advise_endpoint("https://s3.example.org:9000/path", "photos") is None


KEY = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"
ACCOUNT = {"type": "service_account", "client_email": "a@p.iam", "private_key": KEY, "token_uri": "https://x"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("key.json", "name of a file"),
        ("{" + '"type": "service_account", "private_key": "canary', "not valid JSON"),
        (json.dumps([ACCOUNT]), "no JSON object"),
        (json.dumps({**ACCOUNT, "type": "authorized_user"}), "login of a person"),
        (json.dumps({**ACCOUNT, "type": "external_account"}), "gcs-workload-identity"),
        (json.dumps({"installed": {"client_secret": "canary"}}), "OAuth"),
        (json.dumps({"web": {"client_secret": "canary"}}), "OAuth"),
        (json.dumps({"hello": 1}), "of no type"),
        (json.dumps({**ACCOUNT, "private_key": ""}), "no private_key"),
        (json.dumps({**ACCOUNT, "private_key": "canary"}), "not complete"),
        (KEY, "only the private key"),
        ("AIzaSyCanary", "API key"),
        (base64.b64encode(json.dumps(ACCOUNT).encode()).decode(), "base64"),
        (base64.b64encode(b"0\x82" + b"canary" * 9).decode(), "P12"),
        ("canary", "not JSON"),
    ],
)
def test_a_file_that_is_no_service_account_gets_the_reason(text: str, word: str) -> None:
    advice = advise_service_account(text) or advise_key_file(text)
    assert advice is not None
    assert word in f"{advice.message} {advice.fix}"
    assert "canary" not in repr(advice)


def test_the_right_files_get_none() -> None:
    assert advise_service_account(json.dumps(ACCOUNT)) is advise_key_file(json.dumps(ACCOUNT)) is None
    assert advise_workload_identity(json.dumps({"type": "external_account", "audience": "//iam"})) is None
    assert "gcs-service-account" in (advise_workload_identity(json.dumps(ACCOUNT)) or Advice(message="", fix="")).fix
    assert advise_workload_identity('{"type": "x"}') is not None


SAS = "sv=2024-11-04&sr=c&sp=rl&se=2026-07-01T00:00Z&sig=canary%3D"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SAS.replace("sp=rl", "sp=r"), "permit to list"),
        (SAS.replace("sp=rl", "sp=l"), "permit to read"),
        (SAS.replace("2026-07", "2026-05"), "expired on 2026-05-01"),
        (SAS + "&st=2026-06-20T00:00Z", "valid only from"),
        (SAS.replace("sig=canary%3D", ""), "no `sig`"),
        (SAS.replace("sr=c", "sr=b"), "single blob"),
        (SAS.replace("sr=c", "ss=q&srt=sco"), "blob service"),
        (SAS.replace("sr=c", "ss=b&srt=o"), "srt=co"),
        (f"https://acct.blob.core.windows.net/photos?{SAS}", "after the question mark"),
        (SAS.replace("&", "&amp;"), "&amp;"),
        (SAS.replace("%3D", "%253A"), "twice"),
        ("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=canary", "--connection-string"),
        ("canary", "no `sig`"),
    ],
)
def test_an_unusable_signature_gets_the_reason(text: str, word: str) -> None:
    advice = advise_sas(text, now=NOW)
    assert advice is not None
    assert word in f"{advice.message} {advice.fix}"
    assert "canary" not in repr(advice)


def test_a_usable_signature_gets_none() -> None:
    assert advise_sas(SAS, now=NOW) is None
    assert advise_sas(f"?{SAS}", now=NOW) is None
    assert advise_sas("sv=1&si=policy&sr=c&sig=x", now=NOW) is None
    assert "write" in (advise_sas(SAS, writes=True, now=NOW) or Advice(message="", fix="")).message


ACCOUNT_KEY = base64.b64encode(b"canary" * 10 + b"1234").decode()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("https://acct.blob.core.windows.net/?sig=canary", "is an address"),
        ("AccountKey=canary", "names no account"),
        ("AccountName=acct", "neither AccountKey"),
        ("AccountName=acct;AccountKey=canary", "base64"),
        ("AccountName=acct;SharedAccessSignature=sp=r&sig=canary", "permit to list"),
    ],
)
def test_an_unusable_connection_string_gets_the_reason(text: str, word: str) -> None:
    advice = advise_connection_string(text)
    assert advice is not None
    assert word in f"{advice.message} {advice.fix}"
    assert "canary" not in repr(advice)


def test_account_and_key_of_azure() -> None:
    assert advise_account("acct") is None
    assert found(advise_account("https://acct.blob.core.windows.net/"))["account"] == "acct"
    assert found(advise_account("acct.blob.core.windows.net"))["account"] == "acct"
    assert found(advise_account("Acct"))["account"] == "acct"
    assert advise_key(ACCOUNT_KEY) is advise_key_size(ACCOUNT_KEY) is None
    assert "cut off" in repr(advise_key_size(ACCOUNT_KEY[:40]))
    assert advise_connection_string(f"AccountName=acct;AccountKey={ACCOUNT_KEY}") is None
    for text, word in (("sig=canary", "--sas-token"), ("AccountKey=canary", "--connection-string"), ("ß", "base64")):
        assert word in repr(advise_key(text))
        assert "canary" not in repr(advise_key(text))


def test_what_is_certainly_wrong_is_refused_before_any_request() -> None:
    wrong: list[tuple[ConnectionKind, dict[str, str], dict[str, str]]] = [
        (AWS, {"bucket": "s3://photos"}, {}),
        (AWS, {"prefix": "site-a/*"}, {}),
        (AWS, {"region": "Ireland"}, {}),
        (ConnectionKind.AWS_ROLE, {"role_arn": "lake"}, {}),
        (S3, {"endpoint": "minio.local", "bucket": "photos"}, {}),
        (AWS, {}, {"secret_access_key": "canary canary"}),
        (AZURE, {"account": "https://acct.blob.core.windows.net"}, {}),
        (AZURE, {}, {"sas_token": "sp=r&sig=canary"}),
        (ConnectionKind.GCS_SERVICE_ACCOUNT, {}, {"credentials_json": "canary"}),
        (ConnectionKind.AZURE_KEY, {}, {"account_key": "sig=canary"}),
        (ConnectionKind.AZURE_CONNECTION_STRING, {}, {"connection_string": "canary"}),
    ]
    for kind, settings, secrets in wrong:
        with pytest.raises(SettingsError) as refused:
            check_input(kind, settings, secrets)
        assert "canary" not in str(refused.value)


def test_what_is_only_probably_wrong_is_a_hint() -> None:
    unusual = {"access_key_id": "lakekey", "secret_access_key": "lakesecret"}
    check_input(AWS, {"bucket": "photos", "region": "eu-west-1"}, unusual)
    (hint,) = hints(AWS, {}, unusual)
    assert "AKIA" in hint.message
    assert not hints(AWS, {"endpoint": "http://minio.local:9000"}, unusual)
    assert not hints(S3, {}, unusual)
    check_input(S3, {"bucket": "My_Bucket", "region": "auto", "endpoint": "https://s3.example.org"}, {})
    check_input(AWS, {"bucket": "My_Bucket", "region": "garage", "endpoint": "https://s3.example.org"}, {})
    check_input(AZURE, {"account": "acct"}, {"sas_token": "sv=1&sig=x"})
