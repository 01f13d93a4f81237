"""The whole way of a new user: bucket details, documents, health, preview, a datasource and its first run.

It follows the wizard that other products show in a browser, on the command line and over the API: against a server with
signatures (SeaweedFS), by a role of an STS that enforces trust policies (ministack), and on Azure and Google Cloud.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.journey.test_connection_health import red, rows
from tests.journey.test_connections import add
from tests.support import azurite
from tests.support.azurite import Azurite
from tests.support.buckets import picture, weed_bucket
from tests.support.cli import Cli, Result
from tests.support.fakegcs import FakeGcs
from tests.support.gcstokens import TokenStub
from tests.support.ministack_server import Ministack
from tests.support.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed
from tests.support.served import serving

ORIGIN = "https://lake.example.org"


@pytest.fixture(scope="module")
def aws() -> Iterator[Ministack]:
    with Ministack() as server:
        yield server


def succeeded(result: Result) -> Any:
    assert result.code == 0, result.err
    return result.json


def test_keys_of_a_signing_server_over_command_line_and_api(cli: Cli, weed: Seaweed, tmp_path: Path) -> None:
    cli = cli.with_environ(MIRRORLAKE_ORIGIN=ORIGIN)
    bucket = weed_bucket(weed, cli)
    for name in ("site-a/cat.png", "site-a/dog.png", "site-b/cat.png"):
        bucket.put(name, picture())
    for name in ("site-a/cat.json", "site-a/lost.json", "site-a/readme.txt"):
        bucket.put(name, b'{"site": "a"}')

    # Bucket details, and the rule to apply at the bucket.
    scope = ["--bucket", bucket.name, "--prefix", "site-a/"]
    added = add(cli, "lake", weed.endpoint, ACCESS_KEY, SECRET_KEY, *scope)
    assert added.code == 0, added.err
    made = succeeded(cli.run("connection", "documents", "lake", "--json"))
    assert {"external_id", "principal", "iam_policy", "trust_policy", "cors"} <= made.keys()
    weed.client().put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": made["cors"]})
    checked = cli.run("connection", "check", "lake", "--json")
    assert (checked.code, checked.json["ok"], red(checked)) == (0, True, set()), checked.out
    assert {"check", "ok", "message", "fix"} <= checked.json["checks"][0].keys()
    shown = succeeded(cli.run("connection", "show", "lake", "--json"))
    assert (shown["external_id"], shown["health"]) == (made["external_id"], checked.json)

    # Preview: on the command line, then over the API with the progress of its job.
    uri = f"s3://{bucket.name}/site-a"
    words = ["datasource", "preview", uri, "--connection", "lake", "--glob", "c*.png", "--json"]
    here = succeeded(cli.run(*words))
    assert (here["listed"], here["selected"], here["complete"]) == (5, 1, True)
    assert [one["key"] for one in here["samples"]] == ["site-a/cat.png"]
    left = {one["kind"]: [sample["key"] for sample in one["samples"]] for one in here["left_out"]}
    assert left == {"no_pattern": ["site-a/dog.png"], "unsupported": ["site-a/readme.txt"]}
    assert (here["sidecars"]["paired"], here["sidecars"]["samples"]) == (1, ["site-a/lost.json"])
    assert here["estimate"]["requests"]["get"] == 2  # the picture and its sidecar
    assert here["estimate"]["cost"] is None  # nobody knows what this server charges
    assert cli.run("datasource", "list", "--json").lines == []

    with serving(cli, tmp_path / "nobody") as server:
        assert succeeded(server.remote.run("connection", "documents", "lake", "--json")) == made
        assert red(server.remote.run("connection", "check", "lake", "--json")) == set()
        there = succeeded(server.remote.run(*words))
        assert {name: value for name, value in there.items() if name not in {"seconds", "estimate"}} == {
            name: value for name, value in here.items() if name not in {"seconds", "estimate"}
        }
        with httpx.Client(base_url=f"{server.address}/api/v1", timeout=60) as client:
            client.headers["authorization"] = f"Bearer {server.token}"
            wanted = {"uri": uri, "connection": "lake", "settings": {"glob_patterns": ["c*.png"]}}
            begun = client.post("/location-previews", json=wanted)
            assert (begun.status_code, begun.json()["state"]) == (202, "running")
            job = watched(client, begun.json()["id"])
            assert (job["kind"], job["state"], job["result"]["selected"]) == ("location_preview", "succeeded", 1)
            assert job["args"]["uri"] == f"{uri}/"

            changes = created_and_changed(client, wanted, bucket.name)
        told = server.remote.run("datasource", "history", "cats", "--json").lines
        refused = server.remote.run("datasource", "change", "cats", "--no-connection")
        assert (refused.code, "needs a connection" in refused.err) == (2, True)
        assert [one["id"] for one in told] == [one["id"] for one in changes]
        of_source = server.remote.run("datasource", "check", "cats", "--json")
        assert rows(of_source)["read a match"]["key"] == "site-a/cat.png"
    # Who may choose addresses may let the credentials of the machine go there.
    assert succeeded(cli.run("datasource", "change", "cats", "--no-connection", "--json"))["connection"] is None
    assert succeeded(cli.run("datasource", "change", "cats", "--connection", "lake", "--json"))["connection"] == "lake"
    assert SECRET_KEY not in json.dumps([made, here, there, job, changes]) + checked.out + of_source.out + of_source.err


def created_and_changed(client: httpx.Client, wanted: dict[str, object], bucket: str) -> Any:
    """Create and run at once, look on until it has ended, and change what can be changed. Returns the history."""
    created = client.post("/datasources", json={**wanted, "name": "cats", "run": True})
    assert created.status_code == 201, created.text
    assert created.json()["status"] in {"queued", "running"}
    run = watched(client, created.json()["last_run"]["id"])
    assert (run["state"], run["result"]["counts"]["new"]) == ("succeeded", 1)
    (listed,) = client.get("/datasources").json()
    assert (listed["status"], listed["connection"], listed["provider"]) == ("active", "lake", "s3")
    assert (listed["container"], listed["prefix"], listed["assets"]) == (bucket, "site-a/", 1)
    refused = client.patch("/datasources/cats", json={"uri": "s3://other"})
    assert (refused.status_code, "cannot be changed" in refused.json()["detail"]) == (400, True)
    assert client.patch("/datasources/cats", json={"title": "Cats"}).json()["title"] == "Cats"
    left = client.patch("/datasources/cats", json={"connection": None, "title": "Not stored"})
    assert (left.status_code, "needs a connection" in left.json()["detail"]) == (400, True)
    changes = client.get("/datasources/cats/history").json()
    assert [one["action"] for one in changes] == ["change_settings", "create"]
    assert changes[0]["changes"] == [{"setting": "title", "old": None, "new": "Cats"}]
    return changes


def watched(client: httpx.Client, number: object) -> Any:
    """The job once it has ended, by waiting for each of its versions."""
    job = client.get(f"/jobs/{number}").json()
    while job["state"] in {"queued", "running"}:
        job = client.get(f"/jobs/{number}", params={"since": job["version"], "wait_s": 20}).json()
    return job


def test_a_role_by_its_documents(cli: Cli, aws: Ministack) -> None:
    arn, key, secret = aws.user("mirrorlake")
    cli = cli.with_environ(MIRRORLAKE_AWS_PRINCIPAL=arn)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="acme-photos")
    s3.put_object(Bucket="acme-photos", Key="site-a/cat.png", Body=picture())
    role = "arn:aws:iam::000000000000:role/acme-read"
    flags = ["--endpoint", aws.endpoint, "--sts-endpoint", aws.endpoint, "--access-key-id", key]
    flags += ["--bucket", "acme-photos", "--prefix", "site-a/", "--region", "us-east-1"]
    words = ["connection", "add", "acme", "--kind", "aws-role", "--role-arn", role, *flags]
    added = cli.run(*words, "--secret-access-key", "-", "--json", given=secret)
    assert added.code == 0, added.err
    before = cli.run("connection", "check", "acme", "--json")  # nobody has created the role yet
    assert (before.code, red(before)) == (1, {"authenticate"})

    made = succeeded(cli.run("connection", "documents", "acme", "--json"))
    assert made["principal"] == arn
    assert aws.role("acme-read", made["trust_policy"]) == role
    policy = json.dumps(made["iam_policy"])
    aws.client("iam").put_role_policy(RoleName="acme-read", PolicyName="read", PolicyDocument=policy)
    checked = cli.run("connection", "check", "acme", "--json")
    assert all(rows(checked)[name]["ok"] for name in ("authenticate", "external id", "list", "get")), checked.out

    uri = "s3://acme-photos/site-a"
    preview = succeeded(cli.run("datasource", "preview", uri, "--connection", "acme", "--json"))
    assert (preview["selected"], preview["connection"]) == (1, "acme")
    report = cli.run("datasource", "create", uri, "--connection", "acme", "--name", "acme", "--run", "--json")
    assert (report.code, report.json["new"]) == (0, 1), report.err
    (listed,) = cli.run("datasource", "list", "--json").lines
    assert (listed["status"], listed["assets"], listed["last_run"]["state"]) == ("active", 1, "succeeded")
    for result in (added, checked, report):
        assert secret not in result.out + result.err


def test_a_container_of_azure(cli: Cli, azure: Azurite) -> None:
    place = azure.container()
    place.put("site-a/cat.png", picture())
    place.put("site-a/cat.json", b'{"site": "a"}')
    flags = ["--kind", "azure-key", "--endpoint", azure.endpoint, "--account", azurite.ACCOUNT, "--account-key", "-"]
    added = cli.run("connection", "add", "blobs", *flags, "--bucket", place.location.container.partition("/")[2],
                    given=azurite.KEY)  # fmt: skip
    assert added.code == 0, added.err
    previewed_and_run(cli, f"az://{place.location.container}/site-a", "blobs")


def test_a_bucket_of_google(cli: Cli, fake_gcs: FakeGcs) -> None:
    fake_gcs.create_bucket("from-details")
    fake_gcs.put("from-details", "site-a/cat.png", picture())
    fake_gcs.put("from-details", "site-a/cat.json", b'{"site": "a"}')
    with TokenStub() as tokens:
        flags = ["--kind", "gcs-service-account", "--endpoint", fake_gcs.endpoint, "--credentials-json", "-"]
        words = ["connection", "add", "google", *flags, "--bucket", "from-details"]
        added = cli.run(*words, given=json.dumps(tokens.key_file()))
        assert added.code == 0, added.err
        previewed_and_run(cli, "gs://from-details/site-a", "google")


def previewed_and_run(cli: Cli, uri: str, connection: str) -> None:
    """Check, preview, create later, then run."""
    checked = cli.run("connection", "check", connection, "--json")
    assert all(rows(checked)[name]["ok"] for name in ("authenticate", "list", "head", "get")), checked.out
    preview = succeeded(cli.run("datasource", "preview", uri, "--connection", connection, "--json"))
    assert (preview["selected"], preview["sidecars"]["paired"], preview["complete"]) == (1, 1, True)
    assert preview["estimate"]["cost"] is None  # an emulator is not the cloud
    created = succeeded(cli.run("datasource", "create", uri, "--connection", connection, "--name", "x", "--json"))
    assert (created["status"], created["last_run"]) == ("new", None)
    report = succeeded(cli.run("datasource", "run", "x", "--json"))
    assert (report["new"], report["requests"]["get"]) == (1, preview["estimate"]["requests"]["get"])
    table = cli.run("datasource", "list").out.splitlines()
    assert table[0].split("  ")[0] == "name"
    assert "active" in table[1]
