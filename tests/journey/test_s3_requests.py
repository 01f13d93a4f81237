"""Where requests go and what is told about them: redirects, secrets, and the server that the machine names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.support.buckets import Bucket, picture
from tests.support.cli import Result
from tests.support.rawserver import RawServer, response, sends
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, Answer, S3Stub

pytestmark = pytest.mark.long

CANARY = "canary1234567890"
BAD = {"newline": f"{CANARY}\n{CANARY}", "return": f"{CANARY}\rx", "blank": f"{CANARY} x", "control": f"{CANARY}\x01",
       "accent": f"{CANARY}\u00e9"}  # fmt: skip


@pytest.fixture
def metadata_service() -> Iterator[RawServer]:
    """A server that returns JSON to anyone, as the metadata service of a cloud does."""
    with RawServer(sends(response("200 OK", b'{"AccessKeyId": "stolen"}', ETag='"t"'))) as server:
        yield server


def rows(bucket: Bucket) -> str:
    """Every row of every table of the library, as text."""
    with psycopg.connect(bucket.cli.environ["MIRRORLAKE_DATABASE_URL"]) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 10
        shown = [
            connection.execute(sql.SQL("SELECT one::text FROM {} AS one").format(sql.Identifier(*table))).fetchall()
            for table in tables
        ]
    return json.dumps(shown, ensure_ascii=False)


def test_a_sidecar_that_redirects_never_becomes_metadata(
    stub: S3Stub, bucket: Bucket, metadata_service: RawServer
) -> None:
    bucket.put("a.png", picture())
    bucket.put("a.json", b'{"site": "hall"}')
    lead = Answer(302, headers={"Location": f"{metadata_service.endpoint}/latest/meta-data/iam/"})
    stub.faults.append(lambda request: lead if request.key.endswith(b".json") else None)
    report = bucket.mirror()
    outcomes = bucket.cli.run("runs", "outcomes", report["run"], "--json").lines
    assert any("Redirects are not followed" in str(one["reason"]) for one in outcomes), outcomes
    assert metadata_service.heads == []
    assert "stolen" not in rows(bucket)
    stub.faults.clear()
    bucket.mirror()
    assert [asset["metadata"] for asset in bucket.cli.search()] == [{"site": "hall"}]


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_no_credential_reaches_the_output_or_the_library(bucket: Bucket, variable: str) -> None:
    bucket.put("a.png", picture())
    bucket.mirror()  # so that the runs below belong to a datasource that is kept
    printed: list[Result] = []
    for value in BAD.values():
        cli = bucket.cli.with_environ(**{variable: value})
        report = bucket.fails(cli=cli)
        assert variable in report["error"]
        printed += [cli.run("runs", "list", "--json"), cli.run("mirror", *bucket.words(), "--dry-run")]
    assert not [one for one in printed if CANARY in one.out + one.err]
    assert CANARY not in rows(bucket)
    assert SECRET_KEY not in rows(bucket)


def test_blanks_around_a_session_token_do_no_harm(stub: S3Stub, bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    cli = bucket.cli.with_environ(AWS_SESSION_TOKEN=f"{CANARY}\n")
    assert cli.run("mirror", *bucket.words()).json["new"] == 1
    assert {request.headers.get("x-amz-security-token") for request in stub.requests} == {CANARY}
    assert CANARY not in rows(bucket)


def test_the_server_that_the_machine_names_is_used_and_told(stub: S3Stub, bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("a.png", picture())
    address = f"s3://{bucket.name}"
    named = bucket.cli.with_environ(AWS_ENDPOINT_URL_S3=stub.endpoint, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    report = named.mirror(address, "--jobs", "1")
    assert (report["new"], report["server"]) == (1, f"{stub.endpoint} (AWS_ENDPOINT_URL_S3)")
    assert named.run("mirror", address).out.count(f"Server: {stub.endpoint} (AWS_ENDPOINT_URL_S3).") == 1
    for words in (("datasource", "show", report["datasource"]), ("runs", "show", report["run"])):
        assert f"{stub.endpoint} (AWS_ENDPOINT_URL_S3)" in bucket.cli.run(*map(str, words)).out
    config = tmp_path / "config"
    config.write_text(f"[profile lake]\nservices = ours\n[services ours]\ns3 =\n  endpoint_url = {stub.endpoint}\n")
    profile = bucket.cli.with_environ(AWS_CONFIG_FILE=str(config), AWS_PROFILE="lake")
    assert profile.mirror(address)["server"] == f"{stub.endpoint} (endpoint_url of the services section ours)"


def test_the_endpoint_of_the_datasource_wins(stub: S3Stub, bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    elsewhere = bucket.cli.with_environ(AWS_ENDPOINT_URL_S3="http://127.0.0.1:1", AWS_ACCESS_KEY_ID=ACCESS_KEY)
    report = elsewhere.run("mirror", *bucket.words()).json
    assert (report["new"], report["server"]) == (1, f"{stub.endpoint} (set in mirrorlake)")
    assert elsewhere.run("mirror", *bucket.words(), "--dry-run").json["server"] == report["server"]


def test_a_folder_has_no_server(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(picture())
    assert bucket.cli.mirror((tmp_path / "photos").as_uri())["server"] is None
