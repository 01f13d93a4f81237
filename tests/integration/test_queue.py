"""The queue and the schedules in a real database: each due pass once, one pass at a time, nothing lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from tests.support.commits import commit_rows, processed_row
from tests.support.datasources import store

from mirrorlake.catalog import datasources, deletion, queue, runs, schedules
from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.catalog.leases import INTERRUPTED, LEASE_S
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import CoolingDown, LeaseLost, NotFound, PassRunning
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, Run, RunState, Trigger
from mirrorlake.model.schedule import OFF, Cron, Every, Schedule
from mirrorlake.model.sources import Access, Datasource, DatasourceSummary, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.s3.access import S3Access

HOUR = timedelta(hours=1)


def new_source(catalog: Catalog, name: str, schedule: Schedule = OFF) -> Datasource:
    location = Location(provider=Provider.S3, container=name)
    settings = MirrorSettings(schedule=schedule)
    return datasources.create(catalog, name=name, location=location, access=Access(), settings=settings)


def summary(catalog: Catalog, name: str) -> DatasourceSummary:
    return next(one for one in datasources.list_summaries(catalog) if one.name == name)


def due(catalog: Catalog, name: str) -> datetime:
    found = summary(catalog, name).next_due
    assert found is not None
    return found


def queued(catalog: Catalog, name: str) -> list[Run]:
    return [run for run in runs.list_runs(catalog, limit=99, datasource=name) if run.state is RunState.QUEUED]


def end(lease: Lease, state: RunState = RunState.SUCCEEDED, **counts: int) -> None:
    runs.finish(lease, state=state, counts=Counts(**counts), requests=Requests(), bytes_read=0)


def begun(catalog: Catalog) -> Lease:
    lease = queue.claim(catalog)
    assert isinstance(lease, Lease)
    return lease


def age_lease(catalog: Catalog, seconds: float) -> None:
    """As if so much time had passed since the last heartbeat."""
    with catalog.write() as connection:
        connection.execute("UPDATE lease SET expires = expires - make_interval(secs => %s)", (seconds,))


def test_a_schedule_comes_with_its_datasource_and_only_another_one_begins_anew(empty_catalog: Catalog):
    source = new_source(empty_catalog, "a", Every(6))
    first = due(empty_catalog, "a")
    assert timedelta() < first - schedules.database_time(empty_catalog) <= 6 * HOUR

    same = store(empty_catalog, replace(source, access=S3Access(region="eu-west-1")))
    assert due(empty_catalog, "a") == first
    assert same.settings.schedule == Every(6)

    daily = replace(source, settings=MirrorSettings(schedule=Cron("30 3 * * *", "Asia/Kolkata")))
    store(empty_catalog, daily)
    assert (due(empty_catalog, "a").hour, due(empty_catalog, "a").minute) == (22, 0)
    store(empty_catalog, replace(source, settings=MirrorSettings()))
    assert summary(empty_catalog, "a").next_due is None


def test_a_day_without_a_worker_is_one_pass_and_the_next_keeps_the_beat(empty_catalog: Catalog):
    new_source(empty_catalog, "a", Every(1))
    new_source(empty_catalog, "never")
    first = due(empty_catalog, "a")
    assert schedules.enqueue_due(empty_catalog, first - timedelta(seconds=1)) == []

    [found] = schedules.enqueue_due(empty_catalog, first + 24.5 * HOUR)

    assert [run.id for run in queued(empty_catalog, "a")] == [found.run_id]
    assert due(empty_catalog, "a") == found.next_due == first + 25 * HOUR
    # Another one falls due while the first still waits: one pass serves for both.
    [again] = schedules.enqueue_due(empty_catalog, first + 25 * HOUR)
    assert again.run_id is None
    assert len(queued(empty_catalog, "a")) == 1


def test_of_many_workers_that_look_together_each_schedule_is_seen_by_one(empty_catalog: Catalog):
    names = [f"d{number:02}" for number in range(30)]
    for name in names:
        new_source(empty_catalog, name, Every(2))
    later = schedules.database_time(empty_catalog) + 3 * HOUR

    with ThreadPoolExecutor(6) as threads:
        seen = list(threads.map(lambda _: schedules.enqueue_due(empty_catalog, later), range(6)))

    assert sorted(one.datasource for some in seen for one in some) == names
    assert all(len(queued(empty_catalog, name)) == 1 for name in names)


def test_of_many_workers_that_claim_together_each_run_begins_once(empty_catalog: Catalog):
    wanted = [queue.request(empty_catalog, new_source(empty_catalog, f"d{number}").name) for number in range(8)]

    def work(_: int) -> list[int]:
        done: list[int] = []
        while (lease := queue.claim(empty_catalog)) is not None or queue_waits(empty_catalog):
            if lease is not None:
                done.append(lease.run_id)
                end(lease)
        return done

    with ThreadPoolExecutor(4) as threads:
        done = [run for some in threads.map(work, range(4)) for run in some]

    assert sorted(done) == sorted(wanted)
    assert {run.state for run in runs.list_runs(empty_catalog, limit=99)} == {RunState.SUCCEEDED}


def queue_waits(catalog: Catalog) -> bool:
    return any(run.state is RunState.QUEUED for run in runs.list_runs(catalog, limit=99))


def test_a_queued_run_waits_while_a_pass_of_its_datasource_is_at_work(empty_catalog: Catalog):
    source = new_source(empty_catalog, "a", Every(1))
    with runs.begin(empty_catalog, source.id, Trigger.MIRROR) as foreground:
        [found] = schedules.enqueue_due(empty_catalog, due(empty_catalog, "a"))
        assert queue.claim(empty_catalog) is None
        other = queue.request(empty_catalog, new_source(empty_catalog, "b").name)
        lease = begun(empty_catalog)
        assert lease.run_id == other
        end(lease)
        end(foreground)

    lease = begun(empty_catalog)
    assert lease.run_id == found.run_id
    run = runs.show_run(empty_catalog, lease.run_id)
    assert (run.state, run.trigger) == (RunState.RUNNING, "schedule")
    with pytest.raises(PassRunning):
        runs.begin(empty_catalog, source.id, Trigger.MIRROR)
    end(lease)
    assert queue.claim(empty_catalog) is None


def test_a_person_is_refused_while_a_run_waits_or_works_and_while_it_cools_down(empty_catalog: Catalog):
    source = new_source(empty_catalog, "a", Every(1))
    beat = due(empty_catalog, "a")
    run_id = queue.request(empty_catalog, "a")
    assert not summary(empty_catalog, "a").can_run
    with pytest.raises(PassRunning, match=f"Run {run_id} .* queued"):
        queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    with pytest.raises(PassRunning, match=f"Run {run_id} .* is running"):
        queue.request(empty_catalog, "a")
    end(lease, new=1)

    with pytest.raises(CoolingDown, match=f"Run {run_id} .* in 60 minutes"):
        queue.request(empty_catalog, "a")
    found = summary(empty_catalog, "a")
    assert (found.can_run, found.cooldown_minutes) == (False, 60)

    # A schedule does not ask, nor does `mirrorlake mirror`; what a person did has not moved the schedule.
    assert found.next_due == beat
    assert schedules.enqueue_due(empty_catalog, beat)[0].run_id is not None
    end(begun(empty_catalog))
    end(runs.begin(empty_catalog, source.id, Trigger.MIRROR), new=1)
    with empty_catalog.write() as connection:
        connection.execute("UPDATE job SET finished = finished - interval '59 minutes'")
    with pytest.raises(CoolingDown, match="in 1 minute\\."):
        queue.request(empty_catalog, "a")
    end(runs.begin(empty_catalog, source.id, Trigger.REAPPLY), metadata_changed=5)  # no pass: brings nothing in
    with empty_catalog.write() as connection:
        connection.execute("UPDATE job SET finished = finished - interval '1 minute' WHERE kind <> 'reapply'")
    assert summary(empty_catalog, "a").can_run
    queue.request(empty_catalog, "a")


def test_of_many_people_who_ask_together_one_is_heard(empty_catalog: Catalog):
    new_source(empty_catalog, "a")

    def ask(_: int) -> bool:
        try:
            queue.request(empty_catalog, "a")
        except PassRunning:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(12))) == 1


def test_a_run_whose_worker_died_waits_again_but_not_for_ever(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    left = queue.request(empty_catalog, "a")
    for attempt in count(1):
        begun(empty_catalog).close()  # as if its process had died
        # It may be back in a moment, as after a restart of the database: nobody hurries to take over.
        assert queue.requeue_interrupted(empty_catalog) == []
        age_lease(empty_catalog, LEASE_S + 1)  # so long that it does not matter when the server sees the session gone
        [gone] = queue.requeue_interrupted(empty_catalog)
        assert gone.run_id == left
        assert runs.show_run(empty_catalog, left).error == INTERRUPTED
        if gone.again is None:
            assert attempt == queue.ATTEMPTS
            break
        left = gone.again
    assert queue.claim(empty_catalog) is None
    assert queue.requeue_interrupted(empty_catalog) == []


def test_a_run_whose_worker_died_keeps_the_counts_of_what_it_had_committed(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    left = queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    commit_rows(lease, processed_row("a.jpg"), processed_row("b.jpg"))
    lease.close()  # as if its process had died before its first heartbeat
    age_lease(empty_catalog, LEASE_S + 1)
    [gone] = queue.requeue_interrupted(empty_catalog)
    assert runs.show_run(empty_catalog, left).counts == Counts(new=2)
    assert runs.show_run(empty_catalog, gone.again or 0).counts == Counts()


def test_a_run_whose_worker_died_waits_again_once_its_last_commit_has_ended(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    left = queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    commit_rows(lease, processed_row("a.jpg"))
    lease.close()  # as if its process had died while the server was committing another batch
    age_lease(empty_catalog, LEASE_S + 1)
    with empty_catalog.session() as last:
        last.autocommit = False
        last.execute("SELECT FROM lease WHERE lock = %s FOR SHARE", (lease.lock,))
        last.execute("INSERT INTO outcome (run_id, key, kind) VALUES (%s, 'b.jpg', 'new')", (left,))
        assert queue.requeue_interrupted(empty_catalog) == []
        last.commit()
    [gone] = queue.requeue_interrupted(empty_catalog)
    assert (gone.run_id, runs.show_run(empty_catalog, left).counts) == (left, Counts(new=2))


def test_a_foreground_pass_that_died_is_nobodys_to_take_over(empty_catalog: Catalog):
    source = new_source(empty_catalog, "a")
    runs.begin(empty_catalog, source.id, Trigger.MANUAL).close()
    age_lease(empty_catalog, 100)
    assert queue.requeue_interrupted(empty_catalog) == []


def delete_but_keep_its_asset(catalog: Catalog, source: Datasource) -> None:
    """An asset keeps the datasource from going altogether."""
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation,"
            " digest, placeholder) VALUES (%s, 'k', 'k', 't', 1, 'image', 'image/png', 1, 1, 1, '', '')",
            (source.id,),
        )
    deletion.delete(catalog, source, deletion.preview_deletion(catalog, source).acknowledge)


def test_a_run_whose_worker_died_does_not_wait_again_for_a_datasource_deleted_since(empty_catalog: Catalog):
    source = new_source(empty_catalog, "a")
    left = queue.request(empty_catalog, "a")
    begun(empty_catalog).close()  # as if its process had died
    age_lease(empty_catalog, LEASE_S + 1)
    delete_but_keep_its_asset(empty_catalog, source)

    [gone] = queue.requeue_interrupted(empty_catalog)

    assert (gone.run_id, gone.again) == (left, None)
    assert [run.state for run in runs.list_runs(empty_catalog, limit=9)] == [RunState.FAILED]
    assert not queue_waits(empty_catalog)


def test_what_waits_for_a_deleted_datasource_never_begins(empty_catalog: Catalog):
    source = new_source(empty_catalog, "a", Every(1))
    beat = due(empty_catalog, "a")
    run_id = queue.request(empty_catalog, "a")
    delete_but_keep_its_asset(empty_catalog, source)

    assert queue.claim(empty_catalog) is None
    assert runs.show_run(empty_catalog, run_id).state is RunState.CANCELLED
    assert schedules.enqueue_due(empty_catalog, beat) == []
    with pytest.raises(NotFound):
        queue.request(empty_catalog, "a")


def test_what_was_cancelled_is_not_claimed_nor_taken_over(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    request_cancel(empty_catalog, queue.request(empty_catalog, "a"), "me")
    assert queue.claim(empty_catalog) is None

    queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    request_cancel(empty_catalog, lease.run_id, "me")
    lease.close()  # as if its process had died before it heard
    age_lease(empty_catalog, LEASE_S + 1)  # so long that it does not matter when the server sees the session gone
    [gone] = queue.requeue_interrupted(empty_catalog)
    assert gone.again is None
    assert queue.claim(empty_catalog) is None


def put_back(lease: Lease) -> str:
    return queue.put_back(lease, runs.Live(counts=Counts(new=3), requests=Requests(get=3), bytes_read=9))


def test_the_run_of_a_worker_that_is_stopped_goes_on_as_often_as_it_takes(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    run_id = queue.request(empty_catalog, "a")
    for _ in range(queue.ATTEMPTS + 1):
        assert put_back(begun(empty_catalog)) == f"{queue.STOPPED}; run {run_id + 1} continues from there."
        ended = runs.show_run(empty_catalog, run_id)
        assert (ended.state, ended.counts.new, ended.bytes_read) == (RunState.CANCELLED, 3, 9)
        assert [(run.id, run.trigger) for run in queued(empty_catalog, "a")] == [(run_id + 1, "manual")]
        run_id += 1


def test_of_a_stopped_worker_whose_schedule_is_due_again_one_run_waits(empty_catalog: Catalog):
    new_source(empty_catalog, "a", Every(1))
    queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    [due_again] = schedules.enqueue_due(empty_catalog, due(empty_catalog, "a"))

    assert f"run {due_again.run_id} continues" in put_back(lease)

    assert [run.id for run in queued(empty_catalog, "a")] == [due_again.run_id]


def test_what_a_person_cancelled_does_not_come_back_with_the_next_worker(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    run_id = queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    request_cancel(empty_catalog, run_id, "Ada")

    assert put_back(lease) == f"Run {run_id} was cancelled by Ada."

    assert not queue_waits(empty_catalog)
    assert queue.claim(empty_catalog) is None


def test_a_worker_that_is_stopped_just_after_the_end_of_its_run_puts_nothing_back(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    end(lease)

    assert put_back(lease) == "It had already ended: succeeded."

    assert not queue_waits(empty_catalog)


def test_a_stopped_worker_that_had_lost_its_run_puts_nothing_back(empty_catalog: Catalog):
    new_source(empty_catalog, "a")
    queue.request(empty_catalog, "a")
    lease = begun(empty_catalog)
    age_lease(empty_catalog, LEASE_S + 1)
    [gone] = queue.requeue_interrupted(empty_catalog)
    other = begun(empty_catalog)
    assert other.run_id == gone.again

    with pytest.raises(LeaseLost):
        put_back(lease)

    assert not queue_waits(empty_catalog)
    end(other)


def test_a_datasource_that_names_a_pool_is_mirrored_by_its_workers_alone(empty_catalog: Catalog) -> None:
    source = new_source(empty_catalog, "private")
    store(empty_catalog, replace(source, settings=replace(source.settings, pool="lab")))
    asked = queue.request(empty_catalog, "private")
    assert queue.claim(empty_catalog) is None
    waiting = queued(empty_catalog, "private")[0].waiting
    assert waiting is not None
    assert "--pool lab" in waiting.reason
    lease = queue.claim(empty_catalog, pool="lab")
    assert isinstance(lease, Lease)
    assert lease.run_id == asked
    end(lease)
