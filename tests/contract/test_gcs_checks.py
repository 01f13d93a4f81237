"""The rows of a check over Google Cloud Storage: a stub that evaluates tokens, and its token server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.support.gcsstub import GcsStub
from tests.support.gcstokens import TokenStub

from mirrorlake.connections.checks.abilities import AbilityChecker, Target
from mirrorlake.connections.checks.symptom import Subject
from mirrorlake.model.connections import AbilityCheck, ConnectionKind
from mirrorlake.model.credentials import GcsServiceAccount
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.gcs.access import GcsAccess
from mirrorlake.storage.providers.gcs.provider import GcsProvider

TOKENS = {f"ya29.issued-{number}" for number in range(9)}


@pytest.fixture
def google() -> Iterator[TokenStub]:
    with TokenStub() as server:
        yield server


def check(stub: GcsStub, key_file: dict[str, str], bucket: str = "bucket") -> dict[str, AbilityCheck]:
    provider, access = GcsProvider(), GcsAccess(endpoint=stub.endpoint)
    resolved = provider.resolve(access, GcsServiceAccount(info=json.dumps(key_file)))
    store = provider.open(Location(provider=Provider.GCS, container=bucket), access, resolved=resolved)
    subject = Subject(
        name="acme", kind=ConnectionKind.GCS_SERVICE_ACCOUNT, scheme="gs", bucket=bucket, origin="https://o"
    )
    try:
        return {row.check: row for row in AbilityChecker(Target(subject=subject, store=store)).rows()}
    finally:
        store.close()


def states(rows: dict[str, AbilityCheck], *names: str) -> list[bool | None]:
    return [rows[name].ok for name in names]


def test_a_service_account_with_its_role_reads(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.put("bucket", "a.png", b"x")
    gcs_stub.tokens = TOKENS
    rows = check(gcs_stub, google.key_file())
    assert states(rows, "reach endpoint", "authenticate", "list", "head", "get") == [True] * 5


def test_a_token_that_is_refused_is_a_matter_of_credentials(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.put("bucket", "a.png", b"x")
    gcs_stub.tokens = set()
    rows = check(gcs_stub, google.key_file())
    assert states(rows, "reach endpoint", "authenticate", "list") == [True, False, None]
    assert (rows["authenticate"].error or "").startswith("401 authError")


def test_a_deleted_key_is_recognised_by_the_token_server(google: TokenStub, gcs_stub: GcsStub) -> None:
    rows = check(gcs_stub, {**google.key_file(), "private_key_id": "deleted", "client_email": "nobody@p.iam"})
    assert states(rows, "authenticate", "list") == [False, None]
    assert "invalid_grant" in (rows["authenticate"].error or "")
    assert "deleted" in (rows["authenticate"].cause or "")


def test_a_missing_bucket_is_a_matter_of_its_name(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.tokens = TOKENS
    rows = check(gcs_stub, google.key_file(), "missing")
    assert states(rows, "authenticate", "list") == [True, False]
    assert rows["list"].fix == "gcloud storage ls"


def test_a_bucket_whose_requesters_pay_needs_a_project(google: TokenStub, gcs_stub: GcsStub) -> None:
    gcs_stub.put("bucket", "a.png", b"x")
    gcs_stub.tokens = TOKENS
    gcs_stub.billed = {"bucket": "acme"}
    row = check(gcs_stub, google.key_file())["list"]
    assert row.ok is False
    assert row.fix == "mirrorlake connection change acme --requester-pays --project PROJECT"
