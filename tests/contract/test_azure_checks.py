"""The rows of a check over Azure Blob Storage, by Azurite, which enforces keys and signatures."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
from tests.support.azurite import ACCOUNT, KEY, Azurite, Container

from mirrorlake.connections.checks.abilities import AbilityChecker, Target
from mirrorlake.connections.checks.symptom import Subject
from mirrorlake.model.connections import AbilityCheck, ConnectionKind
from mirrorlake.model.credentials import AzureAccountKey, AzureSas, Credentials
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.connection_string import decode_key
from mirrorlake.storage.providers.azure.provider import AzureProvider

VERSION = "2024-11-04"
RIGHT = AzureAccountKey(account=ACCOUNT, key=KEY)


@pytest.fixture
def container(azure: Azurite) -> Container:
    made = azure.container()
    made.put("a b.png", b"x")
    return made


def check(
    azure: Azurite, container: Container, credentials: Credentials, *, name: str | None = None
) -> dict[str, AbilityCheck]:
    location = container.location if name is None else replace(container.location, container=f"{ACCOUNT}/{name}")
    provider, access = AzureProvider(), AzureAccess(endpoint=azure.endpoint)
    store = provider.open(location, access, resolved=provider.resolve(access, credentials))
    kind = ConnectionKind.AZURE_SAS if isinstance(credentials, AzureSas) else ConnectionKind.AZURE_KEY
    subject = Subject(
        name="acme", kind=kind, scheme="az", bucket=name or container.name, account=ACCOUNT, origin="https://lake"
    )
    try:
        target = Target(subject=subject, store=store, known_key="a b.png")
        return {row.check: row for row in AbilityChecker(target).rows()}
    finally:
        store.close()


def red(rows: dict[str, AbilityCheck]) -> set[str]:
    return {name for name, row in rows.items() if row.ok is False}


def test_an_account_key_reads_and_browsers_need_a_rule(azure: Azurite, container: Container) -> None:
    rows = check(azure, container, RIGHT)
    assert red(rows) == {"presigned get"}  # the account has no CORS rule yet
    assert "CORS" in (rows["presigned get"].cause or "")
    assert rows["get a range"].ok


def test_a_wrong_key_is_a_matter_of_credentials(azure: Azurite, container: Container) -> None:
    rows = check(azure, container, AzureAccountKey(account=ACCOUNT, key="d3Jvbmc="))
    assert red(rows) == {"authenticate"}
    assert (rows["authenticate"].error or "").startswith("403 ")
    assert "d3Jvbmc" not in repr(rows)


def test_a_missing_container_is_a_matter_of_its_name(azure: Azurite, container: Container) -> None:
    rows = check(azure, container, RIGHT, name="missing")
    assert red(rows) == {"list"}
    assert "There is no container missing" in (rows["list"].cause or "")


def container_sas(container: Container, permissions: str, expires: datetime) -> AzureSas:
    """A shared access signature of a whole container.

    https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    """
    end = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    resource = f"/blob/{ACCOUNT}/{container.name}"
    text = "\n".join([permissions, "", end, resource, "", "", "", VERSION, "c", *[""] * 7])
    signature = base64.b64encode(hmac.digest(decode_key(KEY), text.encode(), "sha256")).decode()
    fields = {"sp": permissions, "se": end, "sv": VERSION, "sr": "c", "sig": signature}
    return AzureSas(account=ACCOUNT, token=urlencode(fields, quote_via=quote))


def test_a_signature_without_list_reads_what_it_permits(azure: Azurite, container: Container) -> None:
    expires = datetime.now(UTC) + timedelta(hours=1)
    assert check(azure, container, container_sas(container, "rl", expires))["list"].ok
    rows = check(azure, container, container_sas(container, "r", expires))
    assert (rows["authenticate"].ok, rows["list"].ok, rows["head"].ok, rows["get"].ok) == (True, False, True, True)
    assert rows["list"].cause == "The shared access signature lacks the permission list (l)."


def test_an_expired_signature_is_a_matter_of_credentials(azure: Azurite, container: Container) -> None:
    rows = check(azure, container, container_sas(container, "rl", datetime.now(UTC) - timedelta(hours=1)))
    assert red(rows) == {"authenticate"}
