"""Having a datasource mirrored over HTTP: asked for by name, and by a schedule."""

from __future__ import annotations

from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from tests.support.fake_library import FakeLibrary


def test_a_pass_that_is_asked_for_waits_as_a_run(client: TestClient) -> None:
    answer = client.post("/api/v1/datasources/not run yet/run")
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["trigger"]) == ("queued", "manual")
    again = client.post("/api/v1/datasources/not run yet/run")
    assert (again.status_code, again.json()["type"]) == (409, "urn:mirrorlake:pass-running")
    assert client.post("/api/v1/datasources/none/run").status_code == 404


def test_who_asks_too_soon_hears_how_many_minutes_remain(client: TestClient) -> None:
    answer = client.post("/api/v1/datasources/roof survey/run")
    assert answer.status_code == 409
    assert (answer.json()["type"], answer.json()["minutes"]) == ("urn:mirrorlake:cooling-down", 43)
    shown = {row["name"]: row for row in client.get("/api/v1/datasources").json()}["roof survey"]
    assert (shown["can_run"], shown["cooldown_minutes"]) == (False, 43)


def test_a_change_of_settings_keeps_what_it_does_not_name(client: TestClient, library: FakeLibrary) -> None:
    change = {"schedule": "0 4 * * 1", "timezone": "Asia/Tokyo"}
    answer = client.patch("/api/v1/datasources/orchard", json={**change, "glob_patterns": ["a/**"]})
    assert answer.status_code == 200
    assert change.items() <= answer.json().items()
    again = client.patch("/api/v1/datasources/orchard", json={"schedule": "off"}).json()
    assert (again["schedule"], again["timezone"], again["globs"]) == ("off", None, ["a/**"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"schedule": "sometimes"}, 400),
        ({"schedule": "0 4 * * 1", "timezone": "Moon/Sea"}, 400),
        ({"colour": "red"}, 400),
        ({"glob_patterns": "a/**"}, 400),
        ([], 422),
        (None, 422),
    ],
)
def test_settings_that_cannot_be_change_nothing(
    client: TestClient, library: FakeLibrary, change: object, status: int
) -> None:
    before = dict(library.settings)
    answer = client.patch("/api/v1/datasources/orchard", json=change)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert library.settings == before


def test_a_schedule_is_told_before_it_is_set(client: TestClient) -> None:
    told = client.get("/api/v1/schedule", params={"schedule": "30 3 * * *", "timezone": "Europe/Berlin"}).json()
    times = [datetime.fromisoformat(time) for time in told["next"]]
    assert len(times) == 3
    assert times == sorted(times)
    assert {(time.hour, time.minute) for time in times} <= {(1, 30), (2, 30)}  # in UTC, summer and winter
    assert client.get("/api/v1/schedule", params={"schedule": "off"}).json()["next"] == []
    wrong = client.get("/api/v1/schedule", params={"schedule": "61 * * * *"})
    assert (wrong.status_code, wrong.json()["type"]) == (400, "urn:mirrorlake:settings-error")
