"""The routes of own functions; what is called is tested in `tests/integration/test_functions.py`."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

ADDRESS = "/api/v1/functions"
URL = "https://example.com/colours"


def test_a_function_is_added_shown_paused_and_deleted(library: Library, client: TestClient) -> None:
    body = {
        "name": "colours",
        "url": URL,
        "events": ["asset.created", "asset.removed"],
        "query": "type:image",
        "pool": "gpu",
    }
    made = client.post(ADDRESS, json=body)
    assert made.status_code == 201
    row = made.json()
    assert row["secret"].startswith("whsec_")
    kept = {**row, "secret": None}
    assert client.get(ADDRESS).json() == [kept]
    assert client.get(f"{ADDRESS}/colours").json() == kept
    assert client.get(f"{ADDRESS}/colours/failures").json() == []
    assert client.post(f"{ADDRESS}/colours/pause").json()["paused"]
    assert not client.post(f"{ADDRESS}/colours/resume").json()["paused"]
    job = client.post(f"{ADDRESS}/colours/call", json={"query": "type:image"}).json()
    assert (job["kind"], job["subject"], job["pool"]) == ("function", "colours", "gpu")
    assert "no worker of the pool gpu is running" in job["waiting"]["reason"]
    assert client.delete(f"{ADDRESS}/colours").status_code == 204
    assert client.get(f"{ADDRESS}/colours").status_code == 404


def test_an_asset_without_failures_has_none(library: Library, client: TestClient) -> None:
    asset = client.get("/api/v1/assets", params={"limit": 1}).json()["items"][0]["id"]
    assert client.get(f"/api/v1/assets/{asset}/function-failures").json() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"url": "http://127.0.0.1/"}, 400),
        ({"query": "width:>"}, 400),
        ({"events": ["asset.created", "run.finished"]}, 400),
        ({"events": []}, 422),
        ({"name": "No Name"}, 422),
        ({"source": "def measure(asset): ...", "entry": "measure"}, 422),
        ({"timeout_s": 100_000}, 422),
    ],
)
def test_what_does_not_fit_is_refused(
    library: Library, client: TestClient, body: dict[str, object], status: int
) -> None:
    assert client.post(ADDRESS, json={"name": "colours", "url": URL} | body).status_code == status
    assert client.get(ADDRESS).json() == []
