"""Several commands mirror one address at once: one datasource, one run, and no setting of a refused command."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support.buckets import Bucket, picture_no, stub_bucket
from tests.support.cli import Cli
from tests.support.s3stub import Answer, Request, S3Stub

PATIENCE_S = 120


@contextmanager
def listings_wait(stub: S3Stub) -> Generator[threading.Event]:
    """No page of a listing is answered inside; the event is set once one was asked for."""
    go_on, asked = threading.Event(), threading.Event()

    def wait(request: Request) -> Answer | None:
        if request.query.get("list-type") == "2":
            asked.set()
            go_on.wait(PATIENCE_S)
        return None

    stub.faults.append(wait)
    try:
        yield asked
    finally:
        go_on.set()
        stub.faults.remove(wait)


def activity(cli: Cli) -> list[tuple[Any, ...]]:
    """What was recorded after the creation of the datasource."""
    with psycopg.connect(cli.environ["MIRRORLAKE_DATABASE_URL"]) as session:
        return session.execute(
            "SELECT actor_kind, action, subject_kind, subject, details FROM activity"
            " WHERE action <> 'create' ORDER BY id"
        ).fetchall()


def stored(bucket: Bucket) -> dict[str, Any]:
    (found,) = bucket.cli.run("datasource", "list", "--json").lines
    return found


@pytest.mark.parametrize("named", [False, True])
def test_three_first_mirrors_of_one_address_make_one_datasource(stub: S3Stub, cli: Cli, *, named: bool) -> None:
    bucket = stub_bucket(stub, cli, *(("--name", "mine") if named else ()))
    bucket.put("a.png", picture_no(1))
    with listings_wait(stub) as asked:
        commands = [bucket.cli.start("mirror", *bucket.words()) for _ in range(3)]
        assert asked.wait(PATIENCE_S)
        ended: list[int] = []
        while len(ended) < 2:  # the winner cannot end before the others have been refused
            ended = [each for each, command in enumerate(commands) if command.poll() is not None]
            threading.Event().wait(0.05)
    results = [(command.communicate(timeout=PATIENCE_S), command.returncode) for command in commands]
    assert sorted(code for _, code in results) == [0, 1, 1]
    for place in ended:
        (_, err), _ = results[place]
        assert "has been working on datasource" in err
        assert "mirrorlake runs show" in err
    assert stored(bucket)["assets"] == 1


def test_a_mirror_that_is_refused_stores_none_of_its_flags(stub: S3Stub, cli: Cli, tmp_path: Path) -> None:
    bucket = stub_bucket(stub, cli)
    bucket.put("a.png", picture_no(1))
    bucket.mirror()
    before = stored(bucket)
    other = tmp_path / "other.json"
    other.write_text('{"schedule": "0 3 * * *", "listingOrdered": true}')
    with listings_wait(stub) as asked:
        running = bucket.cli.start("mirror", *bucket.words())
        assert asked.wait(PATIENCE_S)
        for flags in (("--glob", "x/**"), ("--settings", str(other)), ("--region", "eu-central-1")):
            refused = bucket.cli.run("mirror", *bucket.words(), *flags)
            assert refused.code == 1
            assert "has been working on datasource" in refused.err
        during = stored(bucket)
    running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0
    for which in ("globs", "schedule", "listing_ordered", "region"):
        assert during[which] == before[which]
        assert stored(bucket)[which] == before[which]
    assert activity(bucket.cli) == []


def test_settings_that_a_mirror_stores_are_recorded_with_who_stored_them(stub: S3Stub, cli: Cli) -> None:
    bucket = stub_bucket(stub, cli)
    bucket.put("a.png", picture_no(1))
    bucket.mirror()
    bucket.mirror()
    assert activity(bucket.cli) == []  # nothing of an existing datasource was changed

    bucket.mirror("--glob", "a*")
    bucket.mirror("--glob", "a*")
    ((kind, action, subject_kind, subject, details),) = activity(bucket.cli)
    assert (kind, action, subject_kind) == ("user", "change_settings", "datasource")
    assert subject == stored(bucket)["name"]
    assert "a*" not in str(details["before"])
    assert "a*" in str(details["after"])
    assert "access" not in details

    failed = bucket.cli.run("mirror", *bucket.words(), "--profile", "nobody-has-it")
    assert failed.code != 0
    assert len(activity(bucket.cli)) == 1
    stub.public.add(bucket.name)
    bucket.mirror("--anonymous")
    details = activity(bucket.cli)[-1][-1]
    assert (details["access"]["before"]["anonymous"], details["access"]["after"]["anonymous"]) == (False, True)
