"""The lease: one pass at a time, taken over at once from a process that is gone."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.locks import until_somebody_waits

from mirrorlake.catalog import datasources, leases, runs
from mirrorlake.catalog.leases import INTERRUPTED
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import LeaseLost, NotFound, PassRunning
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.model.sources import Access, Datasource, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog


@pytest.fixture
def source(empty_catalog: Catalog) -> Datasource:
    return new_source(empty_catalog, "b")


def new_source(catalog: Catalog, bucket: str) -> Datasource:
    location = Location(provider=Provider.S3, container=bucket)
    return datasources.create(catalog, name=None, location=location, access=Access(), settings=MirrorSettings())


def end(lease: Lease, state: RunState = RunState.SUCCEEDED) -> None:
    runs.finish(lease, state=state, counts=Counts(new=2), requests=Requests(list=1, get=2), bytes_read=3, error=None)


def test_a_finished_run_tells_its_counts(empty_catalog: Catalog, source: Datasource):
    lease = runs.begin(empty_catalog, source.id, "mirror")
    assert runs.show_run(empty_catalog, lease.run_id).state is RunState.RUNNING

    end(lease)

    run = runs.show_run(empty_catalog, lease.run_id)
    assert (run.state, run.datasource, run.trigger) == (RunState.SUCCEEDED, "b", "mirror")
    assert (run.counts, run.requests, run.bytes_read) == (Counts(new=2), Requests(list=1, get=2), 3)
    assert run.finished is not None
    assert run.finished >= run.started


def test_a_run_that_is_just_ending_is_still_at_work_for_everybody_else(empty_catalog: Catalog, source: Datasource):
    lease = runs.begin(empty_catalog, source.id, "mirror")
    with ThreadPoolExecutor(1) as thread:
        with empty_catalog.write() as connection:
            connection.execute("SELECT FROM run WHERE id = %s FOR UPDATE", (lease.run_id,))
            ending = thread.submit(end, lease)
            until_somebody_waits(empty_catalog)
            assert runs.show_run(empty_catalog, lease.run_id).state is RunState.RUNNING
            with pytest.raises(PassRunning):
                runs.begin(empty_catalog, source.id, "mirror")
        ending.result()
    assert runs.show_run(empty_catalog, lease.run_id).state is RunState.SUCCEEDED


def test_a_second_pass_is_refused_and_names_the_first(empty_catalog: Catalog, source: Datasource):
    with runs.begin(empty_catalog, source.id, "mirror") as lease:
        with pytest.raises(
            PassRunning, match=rf"Run {lease.run_id} has been working on datasource b since 20\d\d-.* UTC"
        ):
            runs.begin(empty_catalog, source.id, "mirror")
        other = runs.begin(empty_catalog, new_source(empty_catalog, "other").id, "mirror")
        end(other)
        end(lease)

    end(runs.begin(empty_catalog, source.id, "mirror"))


def test_of_many_passes_that_begin_together_one_wins(empty_catalog: Catalog, source: Datasource):
    def attempt(_: int) -> Lease | PassRunning:
        try:
            return runs.begin(empty_catalog, source.id, "mirror")
        except PassRunning as refused:
            return refused

    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(attempt, range(6)))

    winners = [result for result in results if isinstance(result, Lease)]
    assert len(winners) == 1
    end(winners[0])
    assert len(runs.list_runs(empty_catalog, limit=10)) == 1


def test_a_killed_pass_is_taken_over_at_once_and_its_run_is_marked(empty_catalog: Catalog, source: Datasource):
    code = "import sys; from mirrorlake.catalog import runs; from mirrorlake.postgres.pool import Catalog\n"
    code += "lease = runs.begin(Catalog(sys.argv[1]), int(sys.argv[2]), 'mirror'); print(lease.run_id, flush=True)\n"
    code += "sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, empty_catalog.conninfo, str(source.id)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        left = int(holder.stdout.readline())
        with pytest.raises(PassRunning):
            runs.begin(empty_catalog, source.id, "mirror")
        holder.kill()

    lease = runs.begin(empty_catalog, source.id, "mirror")

    interrupted = runs.show_run(empty_catalog, left)
    assert interrupted.state is RunState.FAILED
    assert interrupted.error is not None
    assert interrupted.error.startswith("interrupted: ")
    assert interrupted.finished is not None
    end(lease)


def test_a_run_whose_process_is_gone_is_not_shown_as_running(empty_catalog: Catalog, source: Datasource):
    lease = runs.begin(empty_catalog, source.id, "mirror")
    lease.close()  # as if the process had died: nobody finished the run

    shown = threading.Event()
    for _ in range(100):
        if runs.show_run(empty_catalog, lease.run_id).state is RunState.FAILED:
            shown.set()
            break
        threading.Event().wait(0.05)

    assert shown.is_set()
    assert runs.list_runs(empty_catalog, limit=1)[0].error == INTERRUPTED


def test_an_expired_lease_is_taken_over_and_its_holder_notices(
    empty_catalog: Catalog, source: Datasource, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.05)
    first = runs.begin(empty_catalog, source.id, "mirror")
    # Stop the heart, as a suspended machine does, until somebody else has the lease.
    first._ended.set()
    first._heart.join()
    with empty_catalog.write() as connection:
        connection.execute("UPDATE lease SET expires = now() - interval '1 second'")

    second = runs.begin(empty_catalog, source.id, "mirror")

    assert not first._renew()
    with pytest.raises(LeaseLost):
        end(first)
    assert runs.show_run(empty_catalog, second.run_id).state is RunState.RUNNING
    end(second)


def test_the_heartbeat_renews_the_lease_and_writes_how_far_the_run_is(
    empty_catalog: Catalog, source: Datasource, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.02)
    lease = runs.begin(empty_catalog, source.id, "mirror")
    lease.report_counts(Counts(listed=5), Requests(list=1), 7)

    for _ in range(200):
        run = runs.show_run(empty_catalog, lease.run_id)
        if run.counts.listed:
            break
        threading.Event().wait(0.05)

    assert (run.counts, run.requests, run.bytes_read) == (Counts(listed=5), Requests(list=1), 7)
    assert not lease.lost
    end(lease)


def test_the_heart_goes_on_in_a_new_session_when_the_old_one_is_cut(
    empty_catalog: Catalog, source: Datasource, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.02)
    lease = runs.begin(empty_catalog, source.id, "mirror")
    with empty_catalog.write() as connection:
        connection.execute("SELECT pg_terminate_backend(backend_pid) FROM lease")
    lease.report_counts(Counts(listed=9), Requests(), 0)

    for _ in range(200):
        if runs.show_run(empty_catalog, lease.run_id).counts.listed == 9:
            break
        threading.Event().wait(0.05)

    assert runs.show_run(empty_catalog, lease.run_id).state is RunState.RUNNING
    with pytest.raises(PassRunning):
        runs.begin(empty_catalog, source.id, "mirror")
    end(lease)


def test_runs_are_listed_newest_first_and_by_datasource(empty_catalog: Catalog, source: Datasource):
    other = new_source(empty_catalog, "other")
    made = []
    for datasource in (source, other, source):
        lease = runs.begin(empty_catalog, datasource.id, "mirror")
        end(lease)
        made.append(lease.run_id)

    assert [run.id for run in runs.list_runs(empty_catalog, limit=2)] == [made[2], made[1]]
    assert [run.id for run in runs.list_runs(empty_catalog, limit=9, datasource="b")] == [made[2], made[0]]
    assert [run.id for run in runs.list_runs(empty_catalog, limit=9, before=made[2])] == [made[1], made[0]]
    succeeded, failed = (
        runs.list_runs(empty_catalog, limit=9, state=state) for state in (RunState.SUCCEEDED, RunState.FAILED)
    )
    assert ([run.id for run in succeeded], failed) == ([made[2], made[1], made[0]], [])
    list_summaries = datasources.list_summaries(empty_catalog)
    assert [(one.name, one.last_run.id if one.last_run else None) for one in list_summaries] == [
        ("b", made[2]),
        ("other", made[1]),
    ]


def test_what_does_not_exist_is_not_found(empty_catalog: Catalog):
    with pytest.raises(NotFound, match="Run 77 does not exist"):
        runs.show_run(empty_catalog, 77)
    with pytest.raises(NotFound, match="Run 77 does not exist"):
        runs.outcomes(empty_catalog, 77, limit=1)
    with pytest.raises(NotFound, match="Datasource x does not exist"):
        runs.list_runs(empty_catalog, limit=1, datasource="x")
    with pytest.raises(NotFound, match="Datasource 77 does not exist"):
        runs.begin(empty_catalog, 77, "mirror")
