"""From bucket details to a green check: documents, health and what pauses, over the command line and the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.journey.test_connections import add, mirror
from tests.support.buckets import picture, weed_bucket
from tests.support.cli import Cli, Result
from tests.support.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed
from tests.support.served import serving

ORIGIN = "https://lake.example.org"
PRINCIPAL = "arn:aws:iam::111122223333:role/mirrorlake"


def rows(result: Result) -> dict[str, Any]:
    return {row["check"]: row for row in result.json["checks"]}


def red(result: Result) -> set[str]:
    return {name for name, row in rows(result).items() if row["ok"] is False}


def test_from_bucket_details_to_a_green_check(cli: Cli, weed: Seaweed, tmp_path: Path) -> None:
    cli = cli.with_environ(MIRRORLAKE_ORIGIN=ORIGIN, MIRRORLAKE_AWS_PRINCIPAL=PRINCIPAL)
    bucket = weed_bucket(weed, cli)
    bucket.put("site-a/cat.png", picture())
    scope = ["--bucket", bucket.name, "--prefix", "site-a/"]
    assert add(cli, "lake", weed.endpoint, ACCESS_KEY, SECRET_KEY, *scope).code == 0
    made = cli.run("connection", "documents", "lake", "--json")
    assert made.code == 0, made.err
    assert {"external_id", "principal", "iam_policy", "trust_policy", "cors"} <= made.json.keys()
    assert cli.run("connection", "show", "lake", "--json").json["external_id"] == made.json["external_id"]
    weed.client().put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": made.json["cors"]})
    checked = cli.run("connection", "check", "lake", "--json")
    assert (checked.code, checked.json["ok"], red(checked)) == (0, True, set()), checked.out
    assert {"check", "ok", "message", "fix"} <= checked.json["checks"][0].keys()
    assert cli.run("connection", "show", "lake", "--json").json["health"] == checked.json
    assert mirror(cli, f"s3://{bucket.name}/site-a", "--connection", "lake").json["new"] == 1
    (source,) = cli.run("datasource", "list", "--json").lines
    with serving(cli, tmp_path / "nobody", "--no-worker") as server:  # REST and the SDK
        again = server.remote.run("connection", "check", "lake", "--json")
        assert (again.code, red(again)) == (0, set())
        assert server.remote.run("connection", "documents", "lake", "--json").json == made.json
        of_source = server.remote.run("datasource", "check", source["name"], "--json")
        assert rows(of_source)["read a match"]["key"] == "site-a/cat.png"
    assert SECRET_KEY not in "".join(each.out + each.err for each in (made, checked, again, of_source))


def test_a_broken_connection_pauses_its_schedules_until_it_is_repaired(cli: Cli, weed: Seaweed) -> None:
    bucket = weed_bucket(weed, cli)
    bucket.put("cat.png", picture())
    assert add(cli, "lake", weed.endpoint, ACCESS_KEY, SECRET_KEY, "--bucket", bucket.name).code == 0
    name = mirror(cli, f"s3://{bucket.name}", "--connection", "lake").json["datasource"]
    assert cli.run("datasource", "schedule", name, "every: 1h").code == 0
    wrong = cli.run("connection", "change", "lake", "--secret-access-key", "-", given="wrong-canary")
    assert wrong.code == 0, wrong.err
    worked = cli.run("worker", "--once", "--jobs", "1")  # never checked and scheduled: the check is due
    assert "lake is due for a check" in worked.err + worked.out
    shown = cli.run("datasource", "show", name, "--json").json
    assert "secret access key" in shown["paused"]
    checked = cli.run("connection", "check", "lake", "--json")
    assert (checked.code, red(checked)) == (1, {"authenticate"})
    assert "canary" not in checked.out + checked.err + json.dumps(shown)
    assert cli.run("connection", "change", "lake", "--secret-access-key", "-", given=SECRET_KEY).code == 0
    assert cli.run("datasource", "show", name, "--json").json["paused"] is None


def test_what_is_typed_wrong_is_refused_with_what_to_write(cli: Cli) -> None:
    flags = ["--kind", "aws-role", "--role-arn", "arn:aws:iam::111122223333:role/lake"]
    refused = cli.run("connection", "add", "x", *flags, "--bucket", "s3://photos/site-a")
    assert refused.code == 2
    assert "--bucket 'photos' --prefix 'site-a/'" in refused.err
    assert cli.run("connection", "add", "x", *flags, "--region", "eu-west-1a").code == 2
    assert cli.run("connection", "add", "x", *flags).code == 0
    nothing = cli.run("connection", "documents", "x", "--json")
    assert (nothing.code, "--bucket" in nothing.err) == (2, True)
