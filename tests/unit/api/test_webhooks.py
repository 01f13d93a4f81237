"""The routes of webhooks; what is sent is tested in `tests/integration/test_webhooks.py`."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

ADDRESS = "/api/v1/webhooks"


def test_a_webhook_is_added_shown_and_deleted(library: Library, client: TestClient) -> None:
    made = client.post(
        ADDRESS, json={"url": "https://example.com/hook", "events": ["run.held"], "datasource": "orchard"}
    )
    assert made.status_code == 201
    row = made.json()
    assert row["secret"].startswith("whsec_")
    kept = {**row, "secret": None}
    assert client.get(ADDRESS).json() == [kept]
    assert client.get(f"{ADDRESS}/{row['id']}").json() == kept
    assert client.get(f"{ADDRESS}/{row['id']}/deliveries").json() == []
    assert client.delete(f"{ADDRESS}/{row['id']}").status_code == 204
    assert client.get(f"{ADDRESS}/{row['id']}").status_code == 404


def test_a_test_of_an_address_that_is_not_public_shows_why(library: Library, client: TestClient) -> None:
    made = client.post(ADDRESS, json={"url": "http://localhost:1/"}).json()
    done = client.post(f"{ADDRESS}/{made['id']}/test").json()
    assert done["state"] == "failed"
    assert "not a public address" in done["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"url": "http://127.0.0.1/"}, 400),
        ({"url": "https://example.com", "datasource": "none"}, 404),
        ({"url": "https://example.com", "events": []}, 422),
        ({"url": "https://example.com", "events": ["run.lost"]}, 422),
        ({"url": "https://example.com", "secret": "mine"}, 422),
    ],
)
def test_what_does_not_fit_is_refused(
    library: Library, client: TestClient, body: dict[str, object], status: int
) -> None:
    assert client.post(ADDRESS, json=body).status_code == status
    assert client.get(ADDRESS).json() == []
