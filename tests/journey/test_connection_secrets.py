"""Canaries: a secret in every field of every kind, searched for wherever anybody could read it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx
import psycopg
from tests.support.buckets import picture, stub_bucket
from tests.support.cli import Cli, Result
from tests.support.s3stub import ACCESS_KEY, S3Stub
from tests.support.served import serving

from mirrorlake.connections.kinds import KINDS
from mirrorlake.model.connections import ConnectionKind

PATIENCE_S = 60
SETTINGS: dict[str, str] = {
    "role_arn": "arn:aws:iam::123456789012:role/lake",
    "account": "lake",
    "tenant_id": "a-tenant",
    "client_id": "a-client",
    "bucket": "/data/photos",
}


class Canaries:
    """Makes secrets, remembers them, and looks for them."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def new(self) -> str:
        """A secret that every form accepts: letters and digits, as many as base64 needs."""
        self.made.append(f"canary{uuid.uuid4().hex}ab")
        return self.made[-1]

    def secrets(self, kind: ConnectionKind) -> dict[str, str]:
        """A secret in every field of a kind, in the form that the field needs."""
        return {name: self._form(kind, name, self.new()) for name in sorted(KINDS[kind].secrets)}

    def _form(self, kind: ConnectionKind, name: str, canary: str) -> str:
        match name:
            case "credentials_json" if kind is ConnectionKind.GCS_SERVICE_ACCOUNT:
                return json.dumps({"type": "service_account", "private_key": canary})
            case "credentials_json":
                return json.dumps({"type": "external_account", "credential_source": {"headers": {"x": canary}}})
            case "sas_token":
                return f"sv=2024&sig={canary}"
            case "proxy_login":
                return f"u:{canary}"
            case "connection_string":
                return f"AccountName=lake;AccountKey={canary}"
            case _:
                return canary

    def absent_from(self, text: str, where: str) -> None:
        for canary in self.made:
            assert canary not in text, where


def settings_of(kind: ConnectionKind, endpoint: str) -> dict[str, str]:
    given = {name: SETTINGS[name] for name in KINDS[kind].required if name in SETTINGS}
    return {**given, **({"endpoint": endpoint} if kind is ConnectionKind.S3 else {})}


def dump(cli: Cli) -> str:
    """Every row of every table, as a plain dump shows it."""
    with psycopg.connect(cli.environ["MIRRORLAKE_DATABASE_URL"]) as database:
        tables = database.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname <> 'information_schema'"
            " AND schemaname NOT LIKE 'pg\\_%'"
        ).fetchall()
        assert len(tables) > 10
        rows = [
            row[0]
            for (table,) in tables
            for row in database.execute(f"SELECT each::text FROM {table} AS each")  # noqa: S608
        ]
    return "\n".join(rows)


def in_files(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


def test_no_secret_of_any_kind_can_be_read_anywhere(cli: Cli, stub: S3Stub, tmp_path: Path) -> None:
    canaries = Canaries()
    bucket = stub_bucket(stub, cli)
    bucket.put("a.png", picture())
    with serving(cli.with_environ(MIRRORLAKE_ALLOW_ADDRESSES="private"), tmp_path / "nobody") as server:
        headers = {"authorization": f"Bearer {server.token}"}
        with httpx.Client(base_url=f"{server.address}/api/v1", headers=headers, timeout=PATIENCE_S) as api:
            for kind in ConnectionKind:
                if kind is ConnectionKind.LOCAL:
                    continue  # it has no secrets
                body = {"name": kind.value, "kind": kind.value, "settings": settings_of(kind, stub.endpoint)}
                answers = [api.post("/connections", json={**body, "secrets": canaries.secrets(kind)})]
                assert answers[0].status_code == 201, answers[0].text
                behind = {
                    "settings": {"proxy": f"http://u:{canaries.new()}@127.0.0.1:9"},
                    "secrets": canaries.secrets(kind),
                }
                behind["secrets"].pop("proxy_login")  # it is in the address
                answers.append(api.patch(f"/connections/{kind.value}", json=behind))
                assert answers[1].status_code == (400 if KINDS[kind].sends_identity else 200), answers[1].text
                plain = {"settings": {"proxy": None}, "secrets": canaries.secrets(kind)}
                answers.append(api.patch(f"/connections/{kind.value}", json=plain))
                assert answers[2].status_code == 200, answers[2].text
                answers += _misused(api, kind, canaries)
                for answer in answers:
                    canaries.absent_from(answer.text + str(answer.headers), f"{answer.request.url}: {answer.text}")
            for path in ("/connections", "/activity?limit=500", "/datasources", "/jobs", "/openapi.json"):
                canaries.absent_from(api.get(path).text, path)
            _fail_a_run(api, stub, bucket.name, canaries)
        for words in (["connection", "list"], ["connection", "show", "s3"], ["jobs", "list"], ["runs", "list"]):
            for each in (server.remote, cli):
                result = each.run(*words, "--json")
                assert result.code == 0, result.err
                canaries.absent_from(result.out + result.err, " ".join(words))
        _on_the_command_line(cli, stub, bucket.name, canaries)
        server.process.terminate()
        _, log = server.process.communicate(timeout=PATIENCE_S)
    canaries.absent_from(log, "the log of the server")
    canaries.absent_from(dump(cli), "the database")
    canaries.absent_from(in_files(cli.home), "the data folder")
    assert len(canaries.made) > 50


def _misused(api: httpx.Client, kind: ConnectionKind, canaries: Canaries) -> list[httpx.Response]:
    """Requests that are refused, with secrets in every wrong place."""
    secrets = {name: canaries.new() for name in ("access_key_id", "account_key", "nothing")}
    bodies: list[Any] = [
        {"name": "other", "kind": kind.value, "settings": {}, "secrets": secrets},
        {"name": "other", "kind": "nothing", "secrets": secrets},
        {"name": "other", "kind": kind.value, "secrets": {name: [value] for name, value in secrets.items()}},
        {"name": "other", "kind": kind.value, "settings": {"endpoint": f"https://u:{canaries.new()}@h"}},
        {"name": "other", "kind": kind.value, "settings": {"proxy": f"http://{canaries.new()}@h"}},
    ]
    answers = [api.post("/connections", json=body) for body in bodies]
    assert all(answer.status_code in (400, 422) for answer in answers), [answer.text for answer in answers]
    return answers


def _fail_a_run(api: httpx.Client, stub: S3Stub, bucket: str, canaries: Canaries) -> None:
    """A worker, a preview and a check with a wrong secret, whose answers repeat what they were sent."""
    body = {"uri": f"s3://{bucket}", "name": "canary", "connection": "s3"}
    assert api.post("/datasources", json=body).status_code == 201
    for words in ("/datasources/canary/run", "/datasources/canary/preview", "/verify"):
        answer = api.post(words)
        assert answer.status_code == 202, answer.text
        canaries.absent_from(answer.text, words)
    for job in api.get("/jobs", params={"limit": 100}).json():
        watched: Any = {}
        while watched.get("state") not in ("succeeded", "failed", "cancelled", "held"):
            answer = api.get(f"/jobs/{job['id']}", params={"since": watched.get("version", 0), "wait_s": 20})
            watched = answer.json()
            canaries.absent_from(answer.text, "a job")
    assert any("authorization" in request.headers for request in stub.requests)
    canaries.absent_from(api.get("/datasources/canary/explain", params={"key": "a.png"}).text, "explain")


def _on_the_command_line(cli: Cli, stub: S3Stub, bucket: str, canaries: Canaries) -> None:
    results: list[Result] = []
    flags = ["--kind", "s3", "--endpoint", stub.endpoint, "--access-key-id", ACCESS_KEY, "--secret-access-key"]
    results.append(cli.run("connection", "add", "typed", *flags, canaries.new()))
    assert results[0].code == 0
    results.append(cli.run("mirror", f"s3://{bucket}", "--connection", "typed", "--name", "typed", "--json"))
    assert results[1].code == 1
    results.append(cli.run("mirror", f"s3://{bucket}", "--connection", "typed", "--name", "t2", "--dry-run", "--json"))
    results.append(
        cli.run("connection", "add", "x", "--kind", "gcs-service-account", "--credentials-json", canaries.new())
    )
    results.append(cli.run("connection", "change", "typed", "--account-key", canaries.new()))
    assert [result.code for result in results[3:]] == [2, 2]
    for result in results:
        canaries.absent_from(result.out + result.err, "the command line")
