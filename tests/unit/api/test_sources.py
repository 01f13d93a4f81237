"""The routes of datasources and runs show what the library holds."""

from __future__ import annotations

from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

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
        "search", "searchByPicture", "listDuplicates", "explainQuery", "watchJobs",
        "searchAssets", "getAsset", "editAsset", "getThumbnail", "getAssetPreview", "getOriginal",
        "getAssetPage", "listDatasources",
        "listRuns",
        "getDatasource", "getRun", "listOutcomes", "health", "getReadiness", "getMetrics",
        "examineServer", "restoreAsset", "explainKey",
        "findClassNames",
        "previewDeletion",
        "previewPurge",
        "purgeTrash",
        "listKeys", "getKey", "recountKeys", "completeQuery", "getFacets", "getStorage",
        "reapplyDatasource", "deleteDatasource", "confirmRun", "changeDatasource", "runDatasource",
        "previewSchedule", "listProjects", "addToProject", "removeFromProject", "beginPreview", "getPreview",
        "cancelRun", "retryRun", "signIn", "listActivity",
        "signOut", "signInWithPassword", "acceptInvitation", "getSignInOptions", "getIdentity", "changePassword",
        "getAbout", "listWaitingUploads",
        "listMembers", "addMember", "changeMember", "removeMember", "inviteMember",
        "listApiKeys", "createApiKey", "revokeApiKey", "listSessions", "endSession",
        "cancelJob", "checkThumbnails", "cleanThumbnails", "getJob", "listJobs", "makeThumbnails", "verify", "watchJob",
        "getEvents", "setEvents", "turnEventsOff", "sendEvents",
        "listWebhooks", "addWebhook", "getWebhook", "listDeliveries", "testWebhook", "deleteWebhook",
        "reprocessAssets",
        "listFunctions", "addFunction", "getFunction", "listFunctionFailures", "callFunction", "pauseFunction",
        "resumeFunction", "deleteFunction", "getFunctionFailures",
        "addConnection", "listConnections", "getConnection", "changeConnection", "deleteConnection", "createDatasource",
        "checkConnection", "checkDatasource", "getConnectionDocuments",
        "showMasterKeys", "rotateMasterKey",
        "beginLocationPreview", "beginChangePreview", "getLocationPreview", "listChanges",
        "listOntologies", "getOntology", "saveOntology", "deleteOntology", "getAnnotations", "replaceAnnotations",
        "listWorkspaces", "createWorkspace", "getWorkspace", "changeWorkspace", "deleteWorkspace",
        "listSearchIndexes", "maintainSearchIndexes", "showLikeness", "changeLikeness", "updateLikeness",
        "countLabels", "getLabelStatistics", "uploadLabels", "importLabels", "exportLabels", "downloadLabelExport",
        "exportAssets", "downloadExport", "streamAssets",
        "editAssets", "previewEdit", "getAssetHistory", "undoJob", "restoreAssets", "previewRestoration", "uploadFiles",
        "trashAssets", "previewTrash",
        "listSavedSearches", "saveSearch", "changeSavedSearch", "deleteSavedSearch",
        "getUpload",
        "listFolders", "getProject", "createProject", "changeProject", "deleteProject", "splitProject", "assignSplit",
        "changeSnapshot", "deleteSnapshot", "listFrozenAssets", "getFrozenOriginal", "listGoneAssets",
            "compareSnapshots", "restoreSnapshot",
        "listSnapshots", "createSnapshot", "getSnapshot",
    }  # fmt: skip
    assert all(path.startswith("/api/v1/") for path in document["paths"])


def test_an_error_of_a_connection_names_the_field_that_a_form_marks(client: TestClient) -> None:
    keys = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "s" * 40}
    wrong: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "endpoint": ({"endpoint": "ftp://nowhere"}, keys),
        "region": ({"endpoint": "https://store.example.org", "region": "no region"}, keys),
        "secret_access_key": ({"endpoint": "https://store.example.org"}, {"access_key_id": "AKIAIOSFODNN7EXAMPLE"}),
        "preset": ({"preset": "nowhere"}, keys),
        "account": ({"preset": "r2"}, keys),
    }
    for field, (settings, secrets) in wrong.items():
        body = {"name": "archive", "kind": "s3", "settings": settings, "secrets": secrets}
        answer = client.post("/api/v1/connections", json=body)
        assert (answer.status_code, answer.json()["field"]) == (400, field), answer.json()


def test_an_error_of_a_setting_names_it(client: TestClient) -> None:
    for setting, value in (("schedule", "sometimes"), ("metadataSidecarSuffix", "x" * 255), ("title", "a\nb")):
        answer = client.post("/api/v1/location-previews", json={"uri": "s3://photos", "settings": {setting: value}})
        assert (answer.status_code, answer.json()["field"]) == (400, setting), answer.json()


def test_about_shows_what_the_operator_allows(client: TestClient, library: Library) -> None:
    about = client.get("/api/v1/about").json()
    assert about["database"] == "external"
    assert about["origin"] == library.settings.origin
    assert about["local_folders"] == [str(root) for root in library.settings.local_roots]
    assert about["version"]
