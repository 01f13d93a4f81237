"""Events are set over HTTP, and arrive in signed requests that need no token and grant nothing else."""

from __future__ import annotations

import json
import time
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.conftest import Library

from mirrorlake.connections.signatures import HEADER, TOLERANCE_S, is_signed, new_secret, sign
from mirrorlake.model.access import LIBRARY
from mirrorlake.services.secret_rotation import rotate

BODY = json.dumps(
    {"events": [{"key": "2026/new.jpg"}, {"key": "elsewhere.jpg"}, {"container": "x", "key": "2026/a.jpg"}]}
)
ADDRESS = "/api/v1/events/orchard"


def set_webhook(client: TestClient, name: str = "orchard") -> str:
    answer = client.put(f"/api/v1/datasources/{name}/events", json={"kind": "webhook"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])


def send(client: TestClient, secret: str, body: str = BODY, *, at: int | None = None, address: str = ADDRESS) -> Any:
    signature = sign(secret, body.encode(), int(time.time()) if at is None else at)
    headers = {HEADER: signature, "content-type": "application/json", "authorization": ""}
    return client.post(address, content=body, headers=headers)


def test_signed_events_are_accepted_and_wait_to_be_checked(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    answer = send(client, secret)
    assert answer.status_code == 202
    assert answer.json() == {"received": 1, "foreign": 2, "warnings": []}
    status = client.get("/api/v1/datasources/orchard/events").json()
    assert (status["kind"], status["waiting"], status["secret"]) == ("webhook", 1, None)
    assert status["counts"] == {"received": 1, "foreign": 2, "tests": 0, "unreadable": 0}
    queued = client.get("/api/v1/jobs", params={"kind": "events", "state": "queued"}).json()
    assert [job["datasource"] for job in queued] == ["orchard"]


def test_a_repeated_request_changes_nothing_more(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    assert [send(client, secret).status_code for _ in range(3)] == [202] * 3
    assert client.get("/api/v1/datasources/orchard/events").json()["waiting"] == 1
    assert len(client.get("/api/v1/jobs", params={"kind": "events"}).json()) == 1


@pytest.mark.parametrize("seconds", [-TOLERANCE_S - 5, TOLERANCE_S + 5])
def test_a_recorded_request_is_worthless_later(library: Library, client: TestClient, seconds: int) -> None:
    secret = set_webhook(client)
    assert send(client, secret, at=int(time.time()) + seconds).status_code == 403


def test_a_sender_without_the_secret_learns_nothing(library: Library, client: TestClient) -> None:
    set_webhook(client)
    refused = [
        send(client, new_secret(), address=f"/api/v1/events/{name}") for name in ("orchard", "none", "not run yet")
    ]
    assert {(answer.status_code, answer.json()["detail"]) for answer in refused} == {(403, refused[0].json()["detail"])}
    assert client.get("/api/v1/datasources/orchard/events").json()["counts"]["received"] == 0


def test_a_new_secret_ends_the_one_before(library: Library, client: TestClient) -> None:
    first, second = set_webhook(client), set_webhook(client)
    assert first != second
    assert [send(client, secret).status_code for secret in (first, second)] == [403, 202]


def test_a_signature_opens_no_other_route(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    headers = {HEADER: sign(secret, b"", int(time.time())), "authorization": ""}
    assert client.get("/api/v1/datasources", headers=headers).status_code == 401
    assert client.post(ADDRESS, content=BODY, headers={"authorization": ""}).status_code == 401


def test_a_large_body_is_refused_before_it_is_read(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    assert send(client, secret, json.dumps({"events": [{"key": "k" * (1 << 20)}]})).status_code == 413


def test_the_secret_is_nowhere_in_plain_text(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    with psycopg.connect(library.settings.database_url or "") as session:
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = session.execute(f'SELECT string_agg(row::text, chr(10)) FROM "{table}" AS row').fetchone()  # type: ignore[arg-type] # noqa: S608
            assert rows is not None
            assert secret not in (rows[0] or "")


def test_the_secret_outlives_rotations_of_the_master_key(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    for _ in range(3):  # by then, the key that encrypted it first is gone
        assert rotate(library.settings, library.resources.catalog, by=LIBRARY).rewrapped == 1
    assert send(client, secret).status_code == 202


@pytest.mark.parametrize(
    ("setting", "status"),
    [
        ({"kind": "sqs"}, 400),
        ({"kind": "sqs", "address": "arn:aws:sqs:eu-west-1:1:photos"}, 400),
        ({"kind": "sqs", "address": "https://me:secret@sqs.eu-west-1.amazonaws.com/1/photos"}, 400),
        ({"kind": "webhook", "address": "https://example.com"}, 400),
        ({"kind": "smoke"}, 422),
        ({"kind": "sqs", "address": "https://sqs.eu-west-1.amazonaws.com/123456789012/photos"}, 200),
    ],
)
def test_where_events_come_from_is_checked_before_it_is_stored(
    library: Library, client: TestClient, setting: dict[str, str], status: int
) -> None:
    answer = client.put("/api/v1/datasources/orchard/events", json=setting)
    assert answer.status_code == status
    assert ("fix" in answer.json()) == (status == 400)


def test_events_can_be_turned_off(library: Library, client: TestClient) -> None:
    secret = set_webhook(client)
    send(client, secret)
    assert client.delete("/api/v1/datasources/orchard/events").json() == {"datasource": "orchard"}
    assert client.get("/api/v1/datasources/orchard/events").status_code == 404
    assert client.delete("/api/v1/datasources/orchard/events").status_code == 404
    assert send(client, secret).status_code == 403


@given(body=st.binary(max_size=200), at=st.integers(0, 2**32), late=st.integers(-TOLERANCE_S, TOLERANCE_S))
def test_a_signature_fits_its_own_body_and_secret_only(body: bytes, at: int, late: int) -> None:
    secret = "whsec_example"
    value = sign(secret, body, at)
    assert is_signed(secret, body, value, at + late)
    assert not is_signed(secret, body + b"x", value, at + late)
    assert not is_signed(secret + "x", body, value, at + late)
    assert not is_signed(secret, body, value.replace("v1", "v0"), at + late)
