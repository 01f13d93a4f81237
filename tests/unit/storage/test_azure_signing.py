"""Signatures of Azure Storage: the texts that Microsoft's documentation signs, and connection strings of strangers."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import AzureAccountKey, AzureSas
from mirrorlake.storage.providers.azure.connection_string import clean_sas, parse_connection_string
from mirrorlake.storage.providers.azure.signing import DelegationKey, blob_sas, delegated_sas, shared_key, text_to_sign

KEY = b64encode(b"secret key of a test").decode()
EXPIRES = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)


# https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key#specifying-the-authorization-header
def test_a_request_is_signed_as_the_documentation_shows() -> None:
    headers = {"x-ms-version": "2015-02-21", "x-ms-date": "Fri, 26 Jun 2015 23:39:12 GMT", "Host": "myaccount"}
    target = "/mycontainer?restype=container&comp=metadata&timeout=20"
    text = (
        "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
        "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
    )
    assert text_to_sign("GET", target, headers, "myaccount") == text
    signature = b64encode(hmac.digest(b"key", text.encode(), "sha256")).decode()
    assert shared_key("GET", target, headers, "myaccount", b"key") == f"SharedKey myaccount:{signature}"


def test_repeated_and_escaped_parameters_are_signed_decoded_and_sorted() -> None:
    target = "/c?restype=container&comp=list&include=snapshots&include=metadata&prefix=a%2Bb%20c"
    assert text_to_sign("GET", target, {}, "myaccount").splitlines()[-5:] == [
        "/myaccount/c",
        "comp:list",
        "include:metadata,snapshots",
        "prefix:a+b c",
        "restype:container",
    ]


def test_the_path_is_signed_as_it_is_sent() -> None:
    assert text_to_sign("GET", "/c/a/../%C3%A9//z", {}, "acc").endswith("\n/acc/c/a/../%C3%A9//z")


@pytest.mark.parametrize(("length", "signed"), [("11", "11"), ("0", "")])
def test_headers_of_a_write_are_signed_and_an_empty_length_is_not(length: str, signed: str) -> None:
    headers = {"Content-Length": length, "If-None-Match": "*", "Content-Type": "text/plain"}
    assert text_to_sign("PUT", "/c/k", headers, "a") == f"PUT\n\n\n{signed}\n\ntext/plain\n\n\n\n*\n\n\n/a/c/k"


# https://learn.microsoft.com/rest/api/storageservices/create-service-sas#version-2020-12-06-and-later
def test_a_url_of_an_account_key_signs_the_key_as_it_is() -> None:
    query = blob_sas("acc", "con", "a b/é", secret=b"key", expires=EXPIRES, https=True)
    fields = {name: values[0] for name, values in parse_qs(query).items()}
    text = "\n".join(
        ["r", "", "2026-03-01T04:05:06Z", "/blob/acc/con/a b/é", "", "", "https", "2023-11-03", "b", *[""] * 7]
    )
    assert b64decode(fields.pop("sig")) == hmac.digest(b"key", text.encode(), "sha256")
    assert fields == {"sv": "2023-11-03", "spr": "https", "se": "2026-03-01T04:05:06Z", "sr": "b", "sp": "r"}


# The signatures are those that `generate_blob_sas` of azure-storage-blob 12.31.1 returns for the same words.
@pytest.mark.parametrize(
    ("version", "resource", "signature"),
    [
        ("", "b", "s7IG76t4PjquiBIa+94R0QQBzg1RyY4Xm23tLUuhAM8="),
        ("2026-01-31T00:00:00.0000000Z", "bv", "ATMlXYmVZPnCLpAAYzUy17HyMmKZYLWIa2I+3vRCtAk="),
    ],
)
def test_urls_of_blobs_and_of_their_versions_are_signed_as_azures_own_library_does(
    version: str, resource: str, signature: str
) -> None:
    expires = datetime(2026, 12, 2, tzinfo=UTC)
    query = blob_sas("acc", "con", "a b/ü.png", secret=b"k" * 32, expires=expires, https=True, version=version)
    fields = {name: values[0] for name, values in parse_qs(query).items()}
    assert (fields["sr"], fields["sig"]) == (resource, signature)


# https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas#version-2020-12-06-and-later
def test_a_url_of_a_delegation_key_names_who_delegated() -> None:
    own = {"skoid": "oid", "sktid": "tid", "skt": "2026-02-28", "ske": "2026-03-02", "sks": "b", "skv": "2023-11-03"}
    delegation = DelegationKey(
        object_id="oid", tenant_id="tid", start="2026-02-28", expiry="2026-03-02", service="b", version="2023-11-03",
        key=b"key",
    )  # fmt: skip
    query = delegated_sas("acc", "con", "k", delegation=delegation, expires=EXPIRES, https=False)
    fields = {name: values[0] for name, values in parse_qs(query).items()}
    text = "\n".join(
        ["r", "", "2026-03-01T04:05:06Z", "/blob/acc/con/k", *own.values(), "", "", "", "", "https,http", "2023-11-03",
         "b", *[""] * 7]
    )  # fmt: skip
    assert b64decode(fields["sig"]) == hmac.digest(b"key", text.encode(), "sha256")
    assert own.items() <= fields.items()
    assert "a key" not in repr(delegation)


@pytest.mark.parametrize(
    ("text", "credentials", "endpoint"),
    [
        (
            f"DefaultEndpointsProtocol=https;AccountName=acc1;AccountKey={KEY};EndpointSuffix=core.windows.net",
            AzureAccountKey(account="acc1", key=KEY),
            None,
        ),
        (
            f"AccountName=acc1;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn;",
            AzureAccountKey(account="acc1", key=KEY),
            "https://acc1.blob.core.chinacloudapi.cn",
        ),
        (
            "BlobEndpoint=https://acc1.blob.core.windows.net/;SharedAccessSignature=?sv=2023-11-03&sp=rl&sig=a%2Fb%3D",
            AzureSas(account="acc1", token="sv=2023-11-03&sp=rl&sig=a%2Fb%3D"),
            "https://acc1.blob.core.windows.net",
        ),
        (
            f"accountname=acc1;accountkey={KEY};blobendpoint=http://127.0.0.1:10000/acc1",
            AzureAccountKey(account="acc1", key=KEY),
            "http://127.0.0.1:10000/acc1",
        ),
    ],
)
def test_a_connection_string_names_account_secret_and_endpoint(
    text: str, credentials: object, endpoint: str | None
) -> None:
    parsed = parse_connection_string(text)
    assert (parsed.credentials, parsed.endpoint) == (credentials, endpoint)
    assert KEY not in repr(parsed)
    assert "sig=" not in repr(parsed)


def test_the_emulator_has_its_own_connection_string() -> None:
    parsed = parse_connection_string("UseDevelopmentStorage=true")
    assert parsed.endpoint == "http://127.0.0.1:10000/devstoreaccount1"
    assert parsed.credentials.account == "devstoreaccount1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AccountKey",
        f"AccountKey={KEY}",
        f"AccountName=Bad_Name;AccountKey={KEY}",
        f"AccountName=acc1;AccountName=acc2;AccountKey={KEY}",
        "AccountName=acc1;AccountKey=not base64!",
        "AccountName=acc1;AccountKey=",
        "AccountName=acc1",
        f"AccountName=acc1;AccountKey={KEY};EndpointSuffix=evil.example/x?",
        f"AccountName=acc1;AccountKey={KEY};DefaultEndpointsProtocol=file",
        f"AccountName=acc1;AccountKey={KEY};BlobEndpoint=ftp://host",
        f"AccountName=acc1;AccountKey={KEY};BlobEndpoint=https://user:{KEY}@host",
        "AccountName=acc1;SharedAccessSignature=sv=1&comp=list&sig=x",
        "AccountName=acc1;SharedAccessSignature=sv=1&sig=x y",
        "AccountName=acc1;SharedAccessSignature=sv=1&sig=x\r\nHost: evil",
        "AccountName=acc1;SharedAccessSignature=sv=1",
        "AccountName=acc1;AccountKey=" + "A" * 9000,
    ],
)
def test_a_wrong_connection_string_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_connection_string(text)
    assert KEY not in str(refused.value)
    assert "sig=x" not in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser_of_connection_strings(text: str) -> None:
    for given_text in (text, f"AccountName=acc1;{text}", f"BlobEndpoint={text};AccountKey={KEY}"):
        try:
            parsed = parse_connection_string(given_text)
        except SettingsError:
            continue
        assert parsed.credentials.account


def test_an_undecoded_plus_of_a_signature_stays_a_plus() -> None:
    assert clean_sas("?sv=1&sig=a+b/c=") == "sv=1&sig=a%2Bb/c="
