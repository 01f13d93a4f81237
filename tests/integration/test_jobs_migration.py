"""A library of the schema before jobs migrates by itself: queued, interrupted, held and scheduled runs go on."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from tests.support.postgres import Server

from mirrorlake.catalog import datasources, jobs, queue, runs, schedules
from mirrorlake.catalog.leases import INTERRUPTED
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.migrate import all_migrations, migrate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services import removal

NAMES = ("queued", "interrupted", "held", "foreground")


@pytest.fixture
def former(postgres_server: Server) -> str:
    """A database of the schema before jobs, without a row."""
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as session:
        session.execute("DROP DATABASE IF EXISTS before_jobs")
        session.execute("CREATE DATABASE before_jobs TEMPLATE template0")
    conninfo = make_conninfo(postgres_server.conninfo, dbname="before_jobs")
    with psycopg.connect(conninfo, autocommit=True) as session:
        session.execute(
            "CREATE TABLE schema_version"
            " (version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
        )
        for one in all_migrations():
            if one.name == "jobs":
                break
            session.execute(one.sql.encode())
            session.execute("INSERT INTO schema_version (version, name) VALUES (%s, %s)", (one.version, one.name))
    return conninfo


def fill(session: psycopg.Connection, folder: Path) -> dict[str, int]:
    """A datasource for each case, with runs as the former version wrote them; the last run of each."""
    made: dict[str, int] = {}
    for number, name in enumerate(NAMES, 1):
        (folder / name).mkdir()
        (folder / name / "root").touch()
        session.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES (%s, %s, %s, %s)",
            (name, (folder / name).as_uri(), Jsonb({}), Jsonb({"orphans": "trash"})),
        )
        session.execute(
            "INSERT INTO schedule (datasource_id, said, anchor, next_due)"
            " VALUES (%s, 'every: 6h', now(), now() + interval '6 hours')",
            (number,),
        )
        session.execute(
            "INSERT INTO run (datasource_id, trigger, state, started, finished, counts)"
            " VALUES (%s, 'mirror', 'succeeded', now() - interval '2 days', now() - interval '1 day', %s)",
            (number, Jsonb({"listed": 5, "new": 5})),
        )
    facts = (folder / "held").stat()
    insert = (
        "INSERT INTO run (datasource_id, trigger, state, attempt, started, finished, counts, error, cancel_requested)"
        " VALUES (%s, %s, %s, %s, now() - interval '1 hour', %s, %s, %s, NULL) RETURNING id"
    )

    def run(source: int, trigger: str, state: str, attempt: int | None, **more: object) -> int:
        row = session.execute(
            insert, (source, trigger, state, attempt, more.get("finished"), Jsonb({"listed": 7}), more.get("error"))
        ).fetchone()
        assert row is not None
        return int(row[0])

    made["queued"] = run(1, "schedule", "queued", 1)
    made["interrupted"] = run(2, "manual", "running", 1)
    made["held"] = run(3, "mirror", "held", None, finished="now")
    made["foreground"] = run(4, "reapply", "running", None)
    lease = (
        "INSERT INTO lease (datasource_id, run_id, holder, backend_pid, backend_start, expires)"
        " VALUES (%s, %s, gen_random_uuid(), 1, now(), now() - interval '1 minute')"
    )
    session.execute(lease, (2, made["interrupted"]))
    session.execute(lease, (4, made["foreground"]))
    asset = session.execute(
        "INSERT INTO asset (datasource_id, key, name, token, size, media_type, width, height, orientation, digest,"
        " placeholder, edited, metadata, provenance) VALUES (3, 'a.png', 'a.png', 't', 1, 'image/png', 1, 1, 1, '', '',"
        ' true, \'{"site": "hall"}\', \'{"site": ["user", "2026-11-01T00:00:00+00:00"]}\') RETURNING id'
    ).fetchone()
    assert asset is not None
    session.execute(
        "INSERT INTO object (datasource_id, state, size, asset_id, key, token) VALUES (3, 0, 1, %s, 'a.png', 't')",
        asset,
    )
    session.execute(
        "INSERT INTO outcome (run_id, key, kind, reason, held) VALUES (%s, 'a.png', 'missing', 'held', true)",
        (made["held"],),
    )
    session.execute(
        "INSERT INTO hold (run_id, reason, count, by_prefix, plan_hash, root) VALUES (%s, 'many', 1, %s, %s, %s)",
        (made["held"], Jsonb({"": 1}), "0" * 64, f"{facts.st_dev}:{facts.st_ino}"),
    )
    session.execute("INSERT INTO held_removal (run_id, key) VALUES (%s, 'a.png')", (made["held"],))
    # Numbers of runs whose datasource was deleted are not given again.
    session.execute("SELECT nextval('run_id_seq'), nextval('run_id_seq')")
    return made


def test_a_library_of_the_schema_before_jobs_goes_on_by_itself(former: str, tmp_path: Path):
    with psycopg.connect(former) as session:
        made = fill(session, tmp_path)
        before = session.execute("SELECT id, datasource_id, trigger, state, started, counts FROM run").fetchall()

    migrate(former, address="here")

    with Catalog(former) as catalog:
        # Every run has its number, its state and its counts; each is a job.
        found = {run.id: run for run in runs.list_runs(catalog, limit=99)}
        assert len(found) == len(before)
        for run_id, source, trigger, state, started, counts in before:
            run = found[run_id]
            assert (run.trigger, run.started, run.counts.listed) == (trigger, started, counts["listed"])
            assert run.datasource == NAMES[source - 1]
            assert run.state == ("failed" if state == "running" else state)
        assert found[made["interrupted"]].error == INTERRUPTED
        kinds = {job.id: job.kind for job in jobs.list_jobs(catalog, limit=99)}
        assert kinds[made["foreground"]] == JobKind.REAPPLY
        assert {kinds[made[name]] for name in ("queued", "interrupted", "held")} == {JobKind.MIRROR}

        # The queued one waits, the interrupted one is taken up, the one in the foreground is nobody's to take up.
        [gone] = queue.requeue_interrupted(catalog)
        assert (gone.run_id, gone.datasource) == (made["interrupted"], "interrupted")
        assert gone.again is not None
        assert gone.again > max(found) + 2
        settings = Settings(home=tmp_path / "home", database_url=former)
        told = list[str]()
        assert Worker(settings, catalog, jobs=1, log=told.append, stop=Stop()).drain(), told
        assert runs.show_run(catalog, made["queued"]).state is RunState.SUCCEEDED
        assert runs.show_run(catalog, gone.again).state is RunState.SUCCEEDED

        # What was held can be confirmed still, and what people did stands.
        held = runs.show_run(catalog, made["held"])
        assert held.hold is not None
        report = removal.confirm_held(settings, catalog, run_id=held.id, plan_hash="0" * 64, requested_by="Ada")
        assert (report.state, report.counts.removed) == (JobState.SUCCEEDED, 1)
        runs.begin(catalog, 4, "mirror").close()
        assert runs.show_run(catalog, made["foreground"]).error == INTERRUPTED

        # Schedules go on.
        due = {one.name: one.next_due for one in datasources.list_summaries(catalog)}
        assert all(due[name] is not None for name in NAMES)
        later = max(each for each in due.values() if each is not None)
        assert len(schedules.enqueue_due(catalog, later)) == len(NAMES)
