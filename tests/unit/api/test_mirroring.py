"""Having a datasource mirrored over HTTP: asked for by name, and by a schedule."""

from __future__ import annotations

from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from tests.support.made_library import picture
from tests.unit.api.conftest import Library
from tests.unit.api.waiting import executed

from mirrorlake.api.schemas.datasources import SETTINGS
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.select import settings
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request


def test_a_pass_that_is_asked_for_waits_as_a_run(client: TestClient, library: Library) -> None:
    answer = client.post("/api/v1/datasources/not run yet/run")
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["trigger"]) == ("queued", "manual")
    again = client.post("/api/v1/datasources/not run yet/run")
    assert (again.status_code, again.json()["type"]) == (409, "urn:mirrorlake:pass-running")
    assert client.post("/api/v1/datasources/none/run").status_code == 404


def test_who_asks_too_soon_hears_how_many_minutes_remain(client: TestClient, library: Library) -> None:
    folder = library.settings.home / "roofs"
    (folder / "new.jpg").write_bytes(picture(1, 32, 24, "JPEG"))
    asked = read_request(MirrorRequest(uri=folder.as_uri(), jobs=1))
    assert mirror(library.settings, asked, NullProgress()).counts.new == 1
    (folder / "new.jpg").unlink()

    answer = client.post("/api/v1/datasources/roof survey/run")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:mirrorlake:cooling-down")
    shown = {row["name"]: row for row in client.get("/api/v1/datasources").json()}["roof survey"]
    assert (shown["can_run"], shown["cooldown_minutes"]) == (False, answer.json()["minutes"])
    assert answer.json()["minutes"] in {59, 60}

    assert client.post("/api/v1/datasources/roof survey/run?force=maybe").status_code == 422
    forced = client.post("/api/v1/datasources/roof survey/run?force=true")
    assert (forced.status_code, forced.json()["state"]) == (202, "queued")
    job = client.get(f"/api/v1/jobs/{forced.json()['id']}").json()
    assert job["requested_by"] == "the holder of the access token"


def test_a_change_of_settings_keeps_what_it_does_not_name(client: TestClient, library: Library) -> None:
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
    client: TestClient, library: Library, change: object, status: int
) -> None:
    before = library.content()
    answer = client.patch("/api/v1/datasources/orchard", json=change)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert library.content() == before


def test_the_contract_knows_every_setting() -> None:
    assert set(SETTINGS) == {*settings._FLAT, "mirror_configs"}


def test_a_schedule_is_told_before_it_is_set(client: TestClient) -> None:
    told = client.get("/api/v1/schedule", params={"schedule": "30 3 * * *", "timezone": "Europe/Berlin"}).json()
    times = [datetime.fromisoformat(time) for time in told["next"]]
    assert len(times) == 3
    assert times == sorted(times)
    assert {(time.hour, time.minute) for time in times} <= {(1, 30), (2, 30)}  # in UTC, summer and winter
    assert client.get("/api/v1/schedule", params={"schedule": "off"}).json()["next"] == []
    wrong = client.get("/api/v1/schedule", params={"schedule": "61 * * * *"})
    assert (wrong.status_code, wrong.json()["type"]) == (400, "urn:mirrorlake:settings-error")


def test_a_preview_is_asked_for_until_it_has_ended(client: TestClient, library: Library) -> None:
    before = library.content()
    begun = client.post("/api/v1/datasources/harbour cams/preview")
    assert (begun.status_code, begun.json()["state"], begun.json()["samples"]) == (202, "running", None)
    told = executed(client, library, f"/api/v1/previews/{begun.json()['id']}")
    assert (told["state"], told["counts"]["changed"], told["would"]["get"]) == ("succeeded", 2, 2)
    assert told["samples"]["changed"][0]["old_key"] is None
    assert client.post("/api/v1/datasources/none/preview").status_code == 404
    assert client.get("/api/v1/previews/none").status_code == 404
    assert library.content() == before


def test_a_run_is_cancelled_until_it_is_over(client: TestClient, library: Library) -> None:
    assert client.post("/api/v1/runs/6/cancel").json()["state"] == "cancelled"
    assert client.get("/api/v1/runs/6").json()["error"].startswith("Dismissed by the holder of the access token")
    assert client.post("/api/v1/runs/6/cancel").status_code == 409
    assert client.post("/api/v1/runs/5/cancel").json()["state"] == "running"  # its process ends it
    assert client.post("/api/v1/runs/99/cancel").status_code == 404


def test_what_failed_is_tried_again_where_something_did(client: TestClient, library: Library) -> None:
    begun = client.post("/api/v1/runs/4/retry")
    assert (begun.status_code, begun.json()["trigger"]) == (202, "retry")
    assert executed(client, library, f"/api/v1/runs/{begun.json()['id']}")["state"] == "succeeded"
    assert client.post("/api/v1/runs/2/retry").status_code == 409
