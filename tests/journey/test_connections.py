"""A connection, stored once: everything that opens a bucket of its datasources uses it, and nothing else."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from tests.support.buckets import Bucket, picture, stub_bucket, weed_bucket
from tests.support.cli import Cli, Result
from tests.support.gcsstub import GcsStub
from tests.support.gcstokens import TokenStub
from tests.support.s3quirks import as_google
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, Answer, Request, S3Stub, error
from tests.support.seaweed import ACCESS_KEY as WEED_KEY
from tests.support.seaweed import READER_KEY, READER_SECRET, Seaweed
from tests.support.seaweed import SECRET_KEY as WEED_SECRET
from tests.support.served import serving

pytestmark = pytest.mark.long


def add(cli: Cli, name: str, endpoint: str, key: str, secret: str, *words: str) -> Result:
    flags = ["--endpoint", endpoint, "--access-key-id", key, "--secret-access-key", "-"]
    return cli.run("connection", "add", name, "--kind", "s3", *flags, *words, "--json", given=secret)


def mirror(cli: Cli, uri: str, *words: str) -> Result:
    return cli.run("mirror", uri, *words, "--jobs", "1", "--json")


def deletable(cli: Cli, datasource: str) -> None:
    found = cli.run("datasource", "delete", datasource, "--json").json
    assert cli.run("datasource", "delete", datasource, "--acknowledge", str(found["acknowledge"])).code == 0


def test_a_connection_to_a_real_server_is_all_that_a_mirror_needs(cli: Cli, weed: Seaweed, tmp_path: Path) -> None:
    bucket = weed_bucket(weed, cli)  # its own command has the keys in the environment; ours has none
    bucket.put("site-a/cat.png", picture())
    added = add(cli, "lake", weed.endpoint, WEED_KEY, WEED_SECRET)
    assert added.code == 0, added.err
    assert added.json["secrets"] == ["access_key_id", "secret_access_key"]
    assert len(added.json["external_id"]) > 30
    report = mirror(cli, f"s3://{bucket.name}", "--connection", "lake")
    assert (report.code, report.json["new"]) == (0, 1), report.err
    name = report.json["datasource"]
    assert cli.run("datasource", "show", name, "--json").json["connection"] == "lake"
    assert mirror(cli, f"s3://{bucket.name}").json["unchanged"] == 1  # remembered, and found by its server
    bucket.put("site-a/dog.png", picture((1, 2, 3)))
    assert cli.run("datasource", "run", name, "--force", "--json").json["new"] == 1
    assert cli.run("datasource", "preview", name, "--json").json["unchanged"] == 2
    assert cli.run("datasource", "explain", name, "site-a/cat.png", "--json").json["object"] == "exists"
    assert cli.run("verify", "--json").code == 0
    refused = cli.run("connection", "delete", "lake")
    assert (refused.code, name in refused.err) == (1, True)
    with serving(cli, tmp_path / "nobody") as server:  # the worker, the originals and the SDK
        shown = server.remote.run("connection", "show", "lake", "--json")
        assert WEED_SECRET not in shown.out
        assert server.remote.run("datasource", "run", name, "--force", "--json").json["unchanged"] == 2


def test_a_wrong_secret_is_named_by_the_server_and_never_shown(cli: Cli, stub: S3Stub) -> None:
    bucket = stub_bucket(stub, cli)
    bucket.put("a.png", picture())
    secret = f"canary-{uuid.uuid4().hex}"
    assert add(cli, "wrong", stub.endpoint, ACCESS_KEY, secret).code == 0
    assert stub.connections == 0
    failed = mirror(cli, f"s3://{bucket.name}", "--connection", "wrong")
    assert failed.code == 1
    assert "The secret access key does not fit the access key id." in failed.json["error"]
    assert secret not in failed.out + failed.err
    fixed = cli.run("connection", "change", "wrong", "--secret-access-key", "-", given=SECRET_KEY)
    assert fixed.code == 0, fixed.err
    assert mirror(cli, f"s3://{bucket.name}", "--connection", "wrong").json["new"] == 1
    assert add(cli, "other", stub.endpoint, ACCESS_KEY, secret).code == 0
    again = mirror(cli, f"s3://{bucket.name}", "--connection", "other")  # with which nothing can be listed
    assert again.json["error"].endswith(
        "The previous connection options for " + again.json["datasource"] + " were kept."
    )
    assert mirror(cli, f"s3://{bucket.name}").json["unchanged"] == 1


def test_a_datasource_never_falls_back_to_the_keys_of_the_machine(cli: Cli, weed: Seaweed) -> None:
    bucket = weed_bucket(weed, cli)
    bucket.put("a.png", picture())
    assert add(cli, "reader", weed.endpoint, READER_KEY, READER_SECRET).code == 0
    failed = mirror(bucket.cli, f"s3://{bucket.name}", "--connection", "reader")  # the environment would be admitted
    assert failed.code == 1
    assert "may not list" in failed.json["error"]


def test_connections_of_one_server_never_share_a_session(cli: Cli, stub: S3Stub) -> None:
    stub.secrets["SECONDKEY"] = "second+secret"
    buckets = [stub_bucket(stub, cli), stub_bucket(stub, cli)]
    for bucket, key, secret in zip(buckets, (ACCESS_KEY, "SECONDKEY"), (SECRET_KEY, "second+secret"), strict=True):
        bucket.put("a.png", picture())
        assert add(cli, f"of-{key.lower()}", stub.endpoint, key, secret).code == 0
        stub.requests.clear()
        report = mirror(cli, f"s3://{bucket.name}", "--connection", f"of-{key.lower()}")
        assert report.json["new"] == 1, report.err
        assert {_key_of(request) for request in stub.requests} == {key}


def _key_of(request: Request) -> str:
    return request.headers["authorization"].partition("Credential=")[2].partition("/")[0]


@pytest.mark.parametrize(
    "flags", [["--anonymous"], ["--profile", "x"], ["--endpoint", "http://127.0.0.1:9"]], ids=lambda flags: flags[0]
)
def test_what_a_connection_decides_cannot_be_given_beside_it(cli: Cli, stub: S3Stub, flags: list[str]) -> None:
    bucket = stub_bucket(stub, cli)
    bucket.put("a.png", picture())
    assert add(cli, "stub", stub.endpoint, ACCESS_KEY, SECRET_KEY).code == 0
    assert mirror(cli, f"s3://{bucket.name}", "--connection", "stub", *flags).code == 2
    name = mirror(cli, f"s3://{bucket.name}", "--connection", "stub").json["datasource"]
    later = mirror(cli, f"s3://{bucket.name}", "--name", name, *flags)
    assert later.code == 2
    assert "--connection" in later.err


def test_a_moved_server_is_followed_and_a_connection_is_deleted_with_its_last_datasource(
    cli: Cli, bucket: Bucket
) -> None:
    bucket.put("a.png", picture())
    assert add(cli, "moves", "http://127.0.0.1:9", ACCESS_KEY, SECRET_KEY).code == 0
    created = cli.run("datasource", "create", f"s3://{bucket.name}", "--connection", "moves", "--json")
    assert created.code == 0, created.err
    name: Any = created.json["name"]
    assert cli.run("connection", "change", "moves", "--endpoint", bucket.endpoint).code == 0
    assert cli.run("datasource", "show", name, "--json").json["endpoint"] == bucket.endpoint
    assert cli.run("datasource", "run", name, "--json").json["new"] == 1
    assert cli.run("connection", "delete", "moves").code == 1
    deletable(cli, name)
    left = cli.run("connection", "show", "moves", "--json").json["datasources"]
    assert cli.run("connection", "delete", "moves").code == (1 if left else 0)


def test_a_secret_on_the_command_line_is_warned_of_and_a_reference_is_not(cli: Cli) -> None:
    flags = ["--kind", "s3", "--endpoint", "http://127.0.0.1:9", "--access-key-id", "KEY", "--secret-access-key"]
    warned = cli.run("connection", "add", "plain", *flags, "canary+secret")
    assert "--secret-access-key on the command line is visible" in warned.err
    assert "canary" not in warned.err
    quiet = cli.run("connection", "add", "referred", *flags, "env:LAKE_SECRET", "--json")
    assert (quiet.code, quiet.err) == (0, "")
    assert quiet.json["references"] == {"secret_access_key": "env:LAKE_SECRET"}


def test_a_reference_is_read_at_each_use(cli: Cli, bucket: Bucket) -> None:
    bucket.put("a.png", picture())
    assert add(cli, "referred", bucket.endpoint, ACCESS_KEY, "env:LAKE_SECRET").code == 0
    missing = mirror(cli, f"s3://{bucket.name}", "--connection", "referred")
    assert missing.code != 0
    assert "LAKE_SECRET is not set" in missing.err
    known = cli.with_environ(LAKE_SECRET=SECRET_KEY)
    assert mirror(known, f"s3://{bucket.name}", "--connection", "referred").json["new"] == 1


def test_retries_confirmations_restores_and_purges_use_the_connection_too(cli: Cli, stub: S3Stub) -> None:
    bucket = stub_bucket(stub, cli)
    for number in range(12):
        bucket.put(f"a/{number}.png", picture((number, 0, 0)))
    assert add(cli, "stub", stub.endpoint, ACCESS_KEY, SECRET_KEY).code == 0

    def unreadable(request: Request) -> Answer | None:
        return error(403, "AccessDenied") if request.method == "GET" and request.key == b"a/11.png" else None

    stub.faults.append(unreadable)
    first = mirror(cli, f"s3://{bucket.name}", "--connection", "stub").json
    assert (first["new"], first["failed"]) == (11, 1)
    stub.faults.remove(unreadable)
    assert cli.run("runs", "retry", str(first["run"]), "--json").json["new"] == 1
    for number in range(1, 12):
        bucket.delete(f"a/{number}.png")
    held = mirror(cli, f"s3://{bucket.name}")
    assert (held.code, held.json["hold"]["count"]) == (1, 11)
    confirmed = cli.run("runs", "confirm", str(held.json["run"]), "--json")
    assert (confirmed.code, confirmed.json["removed"]) == (0, 11), confirmed.err
    bucket.put("a/1.png", picture((1, 0, 0)))
    back = next(asset for asset in cli.search("state:trash") if asset["key"] == "a/1.png")
    assert cli.run("asset", "restore", back["id"], "--json").json["state"] in ("present", "missing")
    for thumbnail in (cli.home / "library" / "thumbnails").rglob("*.pack"):
        thumbnail.unlink()
    made = cli.run("thumbnails", "make", "--json")
    assert made.code in (0, 1), made.err
    name = first["datasource"]
    purged = cli.run("datasource", "purge", name, "--days", "0", "--acknowledge", "10", "--json")
    assert (purged.code, purged.json["removed"]) == (0, 10), purged.err
    assert {_key_of(request) for request in stub.requests} == {ACCESS_KEY}


def test_a_service_account_of_google_is_a_connection_like_any_other(cli: Cli) -> None:
    with GcsStub() as google, TokenStub() as tokens:
        google.put("photos", "site-a/cat.png", picture())
        google.tokens = {f"ya29.issued-{number}" for number in range(50)}
        flags = ["--kind", "gcs-service-account", "--endpoint", google.endpoint, "--credentials-json", "-", "--json"]
        added = cli.run("connection", "add", "google", *flags, given=json.dumps(tokens.key_file()))
        assert (added.code, added.json["secrets"]) == (0, ["credentials_json"]), added.err
        first = mirror(cli, "gs://photos/site-a", "--connection", "google")
        assert (first.code, first.json["new"]) == (0, 1), first.err
        again = mirror(cli, "gs://photos/site-a")
        assert (again.json["unchanged"], again.json["requests"]["get"]) == (1, 0)
        shown = cli.run("connection", "show", "google", "--json")
        for output in (added, first, again, shown):
            assert "PRIVATE KEY" not in output.out + output.err
            assert "ya29" not in output.out + output.err


def test_hmac_keys_of_google_are_a_connection_too(cli: Cli) -> None:
    with S3Stub(region="auto") as server:
        server.quirks = (as_google,)
        server.put("photos", "cat.png", picture())
        flags = ["--endpoint", server.endpoint, "--access-key-id", ACCESS_KEY, "--secret-access-key", "-"]
        added = cli.run("connection", "add", "hmac", "--kind", "gcs-hmac", *flags, given=SECRET_KEY)
        assert added.code == 0, added.err
        first = mirror(cli, "gs://photos", "--connection", "hmac")
        assert (first.code, first.json["new"]) == (0, 1), first.err
        assert mirror(cli, "gs://photos").json["unchanged"] == 1
