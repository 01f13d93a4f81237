"""The routes of datasources and runs show what the library holds."""

from __future__ import annotations

from fastapi.testclient import TestClient

from mirrorlake.model.runs import OutcomeKind


def test_datasources_come_with_their_newest_run(client: TestClient) -> None:
    rows = {row["name"]: row for row in client.get("/api/v1/datasources").json()}
    assert rows["orchard"]["uri"] == "s3://photos/2026/"
    assert rows["orchard"]["assets"] == 200
    assert rows["orchard"]["last_run"]["state"] == "running"
    assert rows["not run yet"]["last_run"] is None


def test_one_datasource_is_shown_as_in_the_list(client: TestClient) -> None:
    for row in client.get("/api/v1/datasources").json():
        assert client.get(f"/api/v1/datasources/{row['name']}").json() == row
    missing = client.get("/api/v1/datasources/none")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:mirrorlake:not-found")


def test_runs_come_newest_first_and_by_datasource(client: TestClient) -> None:
    assert [run["id"] for run in client.get("/api/v1/runs").json()] == [6, 5, 4, 3, 2, 1]
    some = client.get("/api/v1/runs", params={"datasource": "harbour cams", "limit": 1}).json()
    assert [run["id"] for run in some] == [4]
    older = client.get("/api/v1/runs", params={"before": 4, "limit": 2}).json()
    assert [run["id"] for run in older] == [3, 2]


def test_a_run_tells_counts_requests_and_its_error(client: TestClient) -> None:
    run = client.get("/api/v1/runs/3").json()
    assert run["counts"]["moved"] == 1
    assert run["requests"] == {"list": 25, "get": 17, "head": 2, "put": 0, "delete": 0}
    assert "s3:ListBucket" in client.get("/api/v1/runs/4").json()["error"]
    assert client.get("/api/v1/runs/99").status_code == 404
    assert client.get("/api/v1/runs/x").status_code == 404


def test_outcomes_can_be_paged_and_filtered(client: TestClient) -> None:
    everything = client.get("/api/v1/runs/3/outcomes").json()
    stretch = client.get("/api/v1/runs/3/outcomes", params={"limit": 4, "offset": 2}).json()
    assert stretch == everything[2:6]
    failed = client.get("/api/v1/runs/3/outcomes", params={"kind": "failed"}).json()
    assert failed
    assert failed == [row for row in everything if row["kind"] == OutcomeKind.FAILED]
    assert client.get("/api/v1/runs/3/outcomes", params={"kind": "odd"}).status_code == 422


def test_the_contract_is_served_with_readable_operation_names(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    names = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert names == {
        "searchAssets", "getAsset", "editAsset", "getThumbnail", "getOriginal", "listDatasources", "listRuns",
        "getDatasource", "getRun", "listOutcomes", "health", "restoreAsset", "explainKey", "previewDeletion",
        "previewPurge",
        "purgeTrash",
        "reapplyDatasource", "deleteDatasource", "confirmRun", "changeDatasource", "runDatasource",
        "previewSchedule", "listProjects", "addToProject", "removeFromProject", "beginPreview", "getPreview",
        "cancelRun", "retryRun", "signIn", "listActivity",
        "cancelJob", "checkThumbnails", "cleanThumbnails", "getJob", "listJobs", "makeThumbnails", "verify", "watchJob",
        "getEvents", "setEvents", "turnEventsOff", "sendEvents",
        "listWebhooks", "addWebhook", "getWebhook", "listDeliveries", "testWebhook", "deleteWebhook",
        "addConnection", "listConnections", "getConnection", "changeConnection", "deleteConnection", "createDatasource",
        "checkConnection", "checkDatasource", "getConnectionDocuments",
        "beginLocationPreview", "getLocationPreview", "listChanges",
        "listOntologies", "getOntology", "saveOntology", "deleteOntology", "getAnnotations", "replaceAnnotations",
        "countLabels",
    }  # fmt: skip
    assert all(path.startswith("/api/v1/") for path in document["paths"])
