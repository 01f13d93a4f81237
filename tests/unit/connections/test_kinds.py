"""The kinds of connections: what each needs, and what it becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mirrorlake.connections.kinds import (
    KINDS,
    canonical_name,
    change_settings,
    check_complete,
    check_name,
    check_secrets,
    make_credentials,
    parse_kind,
)
from mirrorlake.connections.names import SECRET_NAMES, SETTING_NAMES
from mirrorlake.connections.presets import PRESETS
from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.connections import ConnectionKind, ConnectionSettings
from mirrorlake.model.credentials import (
    Ambient,
    AwsKeys,
    AwsRole,
    AwsWebIdentity,
    AzureAccountKey,
    AzureManagedIdentity,
    AzureSas,
    AzureServicePrincipal,
    Credentials,
    GcsServiceAccount,
    GcsWorkloadIdentity,
    Unsigned,
)

CANARY = "Y2FuYXJ5LXNlY3JldA=="
ROLE = "arn:aws:iam::123456789012:role/lake"
SERVICE_ACCOUNT = json.dumps({"type": "service_account", "private_key": CANARY})
FEDERATION = json.dumps({"type": "external_account", "credential_source": {}, "x": CANARY})
KEYS = {"access_key_id": "KEY", "secret_access_key": CANARY}
# For each kind: settings and secrets that are enough, and the type of its credentials.
COMPLETE: Mapping[ConnectionKind, tuple[dict[str, Any], dict[str, str], type[Credentials]]] = {
    ConnectionKind.AWS_KEYS: ({}, {**KEYS, "session_token": CANARY}, AwsKeys),
    ConnectionKind.AWS_ROLE: ({"role_arn": ROLE}, KEYS, AwsRole),
    ConnectionKind.AWS_AMBIENT: ({"profile": "lake"}, {}, Ambient),
    ConnectionKind.AWS_WEB_IDENTITY: ({"role_arn": ROLE}, {}, AwsWebIdentity),
    ConnectionKind.AWS_BUCKET_POLICY: ({}, KEYS, AwsKeys),
    ConnectionKind.S3: ({"endpoint": "https://s3.example.com"}, KEYS, AwsKeys),
    ConnectionKind.GCS_SERVICE_ACCOUNT: ({}, {"credentials_json": SERVICE_ACCOUNT}, GcsServiceAccount),
    ConnectionKind.GCS_WORKLOAD_IDENTITY: ({}, {"credentials_json": FEDERATION}, GcsWorkloadIdentity),
    ConnectionKind.GCS_AMBIENT: ({}, {}, Ambient),
    ConnectionKind.GCS_HMAC: ({}, KEYS, AwsKeys),
    ConnectionKind.AZURE_KEY: ({"account": "lake"}, {"account_key": CANARY}, AzureAccountKey),
    ConnectionKind.AZURE_SAS: ({"account": "lake"}, {"sas_token": f"?sv=1&sig={CANARY}"}, AzureSas),
    ConnectionKind.AZURE_CONNECTION_STRING: (
        {}, {"connection_string": f"AccountName=lake;AccountKey={CANARY}"}, AzureAccountKey
    ),
    ConnectionKind.AZURE_SERVICE_PRINCIPAL: (
        {"account": "lake", "tenant_id": "t", "client_id": "c"}, {"client_secret": CANARY}, AzureServicePrincipal
    ),
    ConnectionKind.AZURE_MANAGED_IDENTITY: ({"account": "lake"}, {}, AzureManagedIdentity),
    ConnectionKind.S3_ANONYMOUS: ({}, {}, Unsigned),
    ConnectionKind.GCS_ANONYMOUS: ({}, {}, Unsigned),
    ConnectionKind.AZURE_ANONYMOUS: ({"account": "lake"}, {}, Unsigned),
    ConnectionKind.LOCAL: ({"bucket": "/data/photos"}, {}, Ambient),
}  # fmt: skip


def settings_of(kind: ConnectionKind, **more: Any) -> ConnectionSettings:
    return change_settings(kind, ConnectionSettings(), {**COMPLETE[kind][0], **more})


def test_every_kind_has_a_row_and_an_example() -> None:
    assert set(KINDS) == set(COMPLETE) == set(ConnectionKind)
    assert {name for row in KINDS.values() for name in row.secrets} == set(SECRET_NAMES)
    assert {name for row in KINDS.values() for name in row.settings} == set(SETTING_NAMES)


@pytest.mark.parametrize("kind", ConnectionKind)
def test_a_complete_connection_becomes_credentials_that_show_no_secret(kind: ConnectionKind) -> None:
    _, secrets, expected = COMPLETE[kind]
    settings = settings_of(kind)
    check_complete(kind, settings, frozenset(secrets))
    _, credentials = make_credentials(kind, settings, secrets, external_id="mirrorlake-id")
    assert type(credentials) is expected
    assert CANARY not in repr(credentials)


@pytest.mark.parametrize("kind", ConnectionKind)
def test_whatever_a_kind_requires_is_missed_and_named(kind: ConnectionKind) -> None:
    given, secrets, _ = COMPLETE[kind]
    for missing in KINDS[kind].required:
        settings = change_settings(kind, ConnectionSettings(), {k: v for k, v in given.items() if k != missing})
        with pytest.raises(SettingsError, match=missing) as refused:
            check_complete(kind, settings, frozenset(secrets) - {missing})
        assert f"--{missing.replace('_', '-')}" in refused.value.fix


@pytest.mark.parametrize("kind", ConnectionKind)
def test_a_damaged_secret_is_refused_and_not_shown(kind: ConnectionKind) -> None:
    _, secrets, _ = COMPLETE[kind]
    for name in secrets:
        for damage in ("", "  ", "x" * 70_000, "a\0b", "a\ud800"):
            with pytest.raises(SettingsError) as refused:
                check_secrets(kind, {name: damage})
            assert not damage.strip() or damage not in str(refused.value)
    for name in sorted({"credentials_json", "account_key", "sas_token", "connection_string"} & secrets.keys()):
        with pytest.raises(SettingsError) as refused:
            make_credentials(kind, settings_of(kind), {**secrets, name: "canary damaged"}, external_id="x")
        assert "canary damaged" not in str(refused.value)


@pytest.mark.parametrize(
    ("alias", "kind"),
    [
        ("IAM", ConnectionKind.AWS_KEYS),
        ("AssumeRole", ConnectionKind.AWS_ROLE),
        ("AssumeRoleWithWebIdentity", ConnectionKind.AWS_WEB_IDENTITY),
        ("gcs", ConnectionKind.GCS_SERVICE_ACCOUNT),
        ("usernamePassword", ConnectionKind.S3),
        ("apiKey", ConnectionKind.AZURE_KEY),
        ("aws-keys", ConnectionKind.AWS_KEYS),
    ],
)
def test_names_of_other_products_are_kinds(alias: str, kind: ConnectionKind) -> None:
    assert parse_kind(alias) is kind


def test_names_of_other_products_are_settings_and_secrets() -> None:
    assert [canonical_name(name) for name in ("accessKeyId", "secretAccessKey", "sessionToken", "roleArn")] == [
        "access_key_id", "secret_access_key", "session_token", "role_arn",
    ]  # fmt: skip
    assert [canonical_name(name) for name in ("credentialFile", "projectId", "username", "password", "bucketName")] == [
        "credentials_json", "project", "access_key_id", "secret_access_key", "bucket",
    ]  # fmt: skip


def test_an_external_id_is_never_accepted() -> None:
    for name in ("external_id", "externalId"):
        with pytest.raises(SettingsError, match=r"external id|no setting"):
            change_settings(ConnectionKind.AWS_ROLE, ConnectionSettings(), {name: "of-the-client"})


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "..", "a" * 101, "é", "a\n"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(UsageError, match="Invalid connection name"):
        check_name(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", "ftp://host"),
        ("endpoint", "https://"),
        ("endpoint", "https://host/?x=1"),
        ("endpoint", "https://user:canary@host"),
        ("endpoint", "//host"),
        ("endpoint", "https://host:99999"),
        ("endpoint", 7),
        ("region", "eu.evil.example/"),
        ("role_arn", "arn:aws:iam::1:role/x"),
        ("session_name", "a b"),
        ("sts_endpoint", "https://a:canary@host"),
        ("bucket", "x" * 5000),
        ("path_style", "perhaps"),
        ("preset", "nobody"),
        ("colour", "red"),
        ("tenant_id", "t"),
    ],
)
def test_settings_that_fit_no_server_are_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_of(ConnectionKind.AWS_ROLE, **{name: value})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("preset", "given", "endpoint", "region"),
    [
        ("wasabi", {"region": "eu-central-1"}, "https://s3.eu-central-1.wasabisys.com", "eu-central-1"),
        ("wasabi", {}, "https://s3.us-east-1.wasabisys.com", "us-east-1"),
        ("backblaze-b2", {"region": "us-west-004"}, "https://s3.us-west-004.backblazeb2.com", "us-west-004"),
        ("r2", {"account": "abc123"}, "https://abc123.r2.cloudflarestorage.com", "auto"),
        ("digitalocean-spaces", {"region": "fra1"}, "https://fra1.digitaloceanspaces.com", "fra1"),
        ("otc-obs", {}, "https://obs.eu-de.otc.t-systems.com", "eu-de"),
        ("gcs-hmac", {}, "https://storage.googleapis.com", "auto"),
        ("minio", {"endpoint": "http://10.0.0.1:9000"}, "http://10.0.0.1:9000", "us-east-1"),
    ],
)
def test_a_preset_fills_in_address_and_region(preset: str, given: dict[str, Any], endpoint: str, region: str) -> None:
    settings = change_settings(ConnectionKind.S3, ConnectionSettings(), {"preset": preset, **given})
    assert (settings.endpoint, settings.region) == (endpoint, region)
    assert settings.path_style is PRESETS[preset].path_style


def test_a_changed_region_of_a_preset_changes_its_address() -> None:
    settings = change_settings(ConnectionKind.S3, ConnectionSettings(), {"preset": "wasabi"})
    moved = change_settings(ConnectionKind.S3, settings, {"region": "ap-northeast-1"})
    assert moved.endpoint == "https://s3.ap-northeast-1.wasabisys.com"
    kept = change_settings(ConnectionKind.S3, settings, {"requester_pays": True})
    assert kept.endpoint == settings.endpoint


@pytest.mark.parametrize(
    ("preset", "given"), [("backblaze-b2", {}), ("r2", {}), ("r2", {"account": "a.evil.example/"}), ("minio", {})]
)
def test_what_a_preset_lacks_is_named(preset: str, given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        change_settings(ConnectionKind.S3, ConnectionSettings(), {"preset": preset, **given})


@pytest.mark.parametrize(
    ("text", "account", "endpoint", "kind"),
    [
        (f"DefaultEndpointsProtocol=https;AccountName=lake;AccountKey={CANARY};EndpointSuffix=core.windows.net",
         "lake", None, AzureAccountKey),
        (f"AccountName=devstore1;AccountKey={CANARY};BlobEndpoint=http://127.0.0.1:10000/devstore1",
         "devstore1", "http://127.0.0.1:10000/devstore1", AzureAccountKey),
        (f"BlobEndpoint=https://lake.blob.core.windows.net/;SharedAccessSignature=sv=1&sig={CANARY}",
         "lake", "https://lake.blob.core.windows.net", AzureSas),
    ],
    ids=["suffix", "emulator", "signature"],
)  # fmt: skip
def test_a_connection_string_holds_account_and_address(
    text: str, account: str, endpoint: str | None, kind: type[Credentials]
) -> None:
    row = ConnectionKind.AZURE_CONNECTION_STRING
    settings, made = make_credentials(row, settings_of(row), {"connection_string": text}, external_id="x")
    assert (settings.account, settings.endpoint, type(made)) == (account, endpoint, kind)
    assert CANARY not in repr(made) + repr(settings)
