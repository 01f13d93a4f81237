"""The health of a connection: what pauses, and what is typed wrong. `test_bucket_to_progress.py` has the green way."""

from __future__ import annotations

import json
from typing import Any

from tests.journey.test_connections import add, mirror
from tests.support.buckets import picture, weed_bucket
from tests.support.cli import Cli, Result
from tests.support.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed


def rows(result: Result) -> dict[str, Any]:
    return {row["check"]: row for row in result.json["checks"]}


def red(result: Result) -> set[str]:
    return {name for name, row in rows(result).items() if row["ok"] is False}


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
    added = cli.run("connection", "add", "x", *flags[:2])
    assert "connection documents x" in added.err + added.out  # its role is created after it
    assert cli.run("connection", "change", "x", *flags[2:]).code == 0
    nothing = cli.run("connection", "documents", "x", "--json")
    assert (nothing.code, "--bucket" in nothing.err) == (2, True)
