"""Own functions over a real library: called for what happened, merged, retried, and never in a loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from tests.support.buckets import picture_no
from tests.support.hooks import receiver
from tests.support.photos import MEASURE, Photos

from mirrorlake.catalog import function_plans, jobs, ontologies, projects, queue, signing_secrets
from mirrorlake.catalog import functions as stored
from mirrorlake.connections.signatures import HEADER, is_signed
from mirrorlake.core.errors import (
    Conflict,
    NotFound,
    PermissionDenied,
    QueryError,
    RunCancelled,
    SettingsError,
    UsageError,
)
from mirrorlake.functions.answers import Answer, read_answer
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.progress import Reporter
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.edits import Edit
from mirrorlake.model.functions import CallState, FunctionEvent, NewFunction, Repeat
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import stream
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary

MEMBER = Context(actor=Actor(kind=ActorKind.MEMBER, name="eve"))
CREATED, UPDATED, REMOVED = FunctionEvent.CREATED, FunctionEvent.UPDATED, FunctionEvent.REMOVED

FLAKY = """
def check(asset):
    if asset.name.startswith("01"):
        raise ValueError("no measure for this one")
    return {"checked": True}
"""


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    return Photos(empty_catalog, tmp_path)


def test_a_function_is_called_once_for_each_asset_and_its_answer_is_merged(photos: Photos):
    photos.put(0, 1, 2)
    photos.mirror()
    photos.add("measure", MEASURE, CREATED, UPDATED)

    assert photos.work()

    assert photos.values("bytes_read") == [len(picture_no(number)) for number in range(3)]
    assert [sorted(asset.tags) for asset in stream(photos.catalog, "")] == [["created", "measured"]] * 3
    first = photos.ids()[0]
    [label] = photos.library.labels.of_asset(first)
    assert (label.class_name, label.source, label.by) == ("seen", "function", "function measure")
    history = {change.action: change for change in photos.library.assets.history(first)}
    assert set(history) == {"annotate", "bulk_edit"}
    assert {change.actor for change in history.values()} == {"function measure"}
    assert history["bulk_edit"].metadata["calls"].after == 1
    found = photos.library.functions.get("measure")
    assert (found.waiting, found.done, found.failed) == (0, 3, 0)
    done = photos.calls()
    assert photos.work()
    assert (photos.calls(), photos.values("calls")) == (done, [1, 1, 1])  # its own changes are no events for it


def test_only_what_changed_since_is_called_again(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE, CREATED, UPDATED)
    photos.add("other", MEASURE.replace("calls", "others"), CREATED, UPDATED)
    photos.work()
    before = photos.values("calls"), photos.values("others")
    assert before == ([1, 1], [1, 1])

    photos.put(2)
    photos.put(1, content=200)
    photos.library.assets.edit(photos.ids()[0], Edit(add_tags=("mine",)))
    photos.mirror()
    photos.work()

    assert (photos.values("calls"), photos.values("others")) == ([2, 2, 1], [2, 2, 1])
    assert photos.values("bytes_read")[1] == len(picture_no(201))


def test_once_means_until_it_succeeded(photos: Photos):
    photos.put(0)
    photos.mirror()
    function = NewFunction(name="m", source=MEASURE, entry="measure", events=(CREATED, UPDATED), repeat=Repeat.ONCE)
    photos.library.functions.add(function)
    photos.work()
    photos.library.assets.edit(photos.ids()[0], Edit(add_tags=("mine",)))
    photos.work()

    assert photos.values("calls") == [1]


def test_a_query_says_for_which_assets_also_after_they_are_there(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE, query="project:fox")
    photos.work()
    assert photos.values("calls") == [None, None]

    projects.add(photos.catalog, "fox", photos.ids()[:1])
    monkeypatch.setattr("mirrorlake.catalog.function_plans.SWEEP_S", 0.0)
    photos.work()

    assert photos.values("calls") == [1, None]


def test_updated_alone_leaves_what_is_there_already(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE, UPDATED)
    photos.work()
    assert photos.values("calls") == [None, None]

    photos.library.assets.edit(photos.ids()[1], Edit(add_tags=("mine",)))
    photos.work()
    assert photos.values("calls") == [None, 1]


def test_removed_and_restored_assets_are_events(photos: Photos):
    photos.put(*range(12))
    photos.mirror()
    photos.add("measure", MEASURE.replace("len(data)", "0").replace("asset.read()", "b''"), REMOVED, UPDATED)
    photos.work()
    (photos.folder / "03.png").unlink()
    photos.mirror()
    photos.work()
    [removed] = stream(photos.catalog, "state:trash")
    assert sorted(removed.tags) == ["measured", "removed"]

    photos.library.assets.restore(removed.id)
    photos.work()
    assert photos.library.assets.get(removed.id).asset.metadata["calls"] == 2


def test_a_failure_is_shown_retried_and_costs_its_asset_alone(photos: Photos):
    photos.put(0, 1, 2)
    photos.mirror()
    photos.add("check", FLAKY, attempts=2)
    photos.work()

    [failure] = photos.library.functions.failures("check")
    assert (failure.key, failure.state, failure.attempts) == ("01.png", CallState.WAITING, 1)
    assert "ValueError: no measure for this one (line 4" in failure.error
    assert photos.values("checked") == [True, None, True]
    with photos.catalog.write() as connection:
        connection.execute("UPDATE function_result SET not_before = now()")
    photos.work()
    [failure] = photos.library.functions.failures_of_asset(photos.ids()[1])
    assert (failure.state, failure.attempts, failure.next_attempt) == (CallState.FAILED, 2, None)

    photos.library.functions.replace_source("check", FLAKY.replace("01", "77"), "check")
    photos.library.functions.call("check", failed=True)
    photos.work()
    assert photos.values("checked") == [True, True, True]
    assert not photos.library.functions.failures("check")


def test_a_function_that_cannot_be_loaded_uses_up_no_attempts(photos: Photos):
    photos.put(0)
    photos.mirror()
    photos.add("broken", "import no_such_module\n\ndef measure(asset): ...")
    assert not photos.work()

    found = photos.library.functions.get("broken")
    assert "No module named 'no_such_module'" in (found.problem or "")
    assert (found.waiting, found.failed) == (1, 0)
    jobs_before = photos.calls()
    photos.work()
    assert photos.calls() == jobs_before  # not before some minutes

    photos.library.functions.replace_source("broken", MEASURE, "measure")
    photos.work()
    assert (photos.values("calls"), photos.library.functions.get("broken").problem) == ([1], None)


def test_a_value_that_postgresql_refuses_costs_its_asset_alone(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    def unchecked(data: bytes) -> Answer:
        name = orjson.loads(data)["metadata"]["seen"]
        return Answer(edit=Edit(metadata={"seen": "\0" if name.startswith("01") else name}))

    monkeypatch.setattr("mirrorlake.jobs.function_calls.read_answer", unchecked)
    photos.put(0, 1, 2)
    photos.mirror()
    photos.add("name", "def name(asset):\n    return {'seen': asset.name}\n")
    assert photos.work()

    assert photos.values("seen") == ["00.png", None, "02.png"]
    [failure] = photos.library.functions.failures("name")
    assert (failure.key, "cannot be stored" in failure.error) == ("01.png", True)


def test_a_mask_of_another_size_than_the_asset_is_refused(photos: Photos):
    photos.put(0)
    photos.mirror()
    ontologies.save(photos.catalog, "cuts", [LabelClass(name="cut", shape=Shape.MASK, colour="#000000")])
    mask = {"width": 1, "height": 1, "counts": "01"}
    label = f"Label(ontology='cuts', class_name='cut', shape='mask', geometry={mask})"
    photos.add("cut", f"from mirrorlake.functions import *\ndef cut(asset):\n    return Result(labels=[{label}])\n")
    photos.work()

    [failure] = photos.library.functions.failures("cut")
    assert "Annotation 1 (cut) is invalid: The mask has 1×1 pixels, but the image has" in failure.error
    assert photos.library.labels.of_asset(photos.ids()[0]) == []


def test_any_failure_of_a_job_lets_the_next_one_wait_longer_each_time(photos: Photos):
    photos.put(0)
    photos.mirror()
    with receiver() as hook:
        function = NewFunction(name="ask", url=hook.url, events=(CREATED,))
        photos.library.functions.add(function)
    signing_secrets.drop(photos.catalog, stored.secret_owner("ask"))
    waits: list[float] = []
    for _ in range(3):
        photos.work()
        with photos.catalog.write() as connection:
            row = connection.execute("SELECT extract(epoch FROM not_before - now())::float8 FROM function").fetchone()
            assert row is not None
            waits.append(row[0])
            connection.execute("UPDATE function SET not_before = now()")

    assert "no secret" in (photos.library.functions.get("ask").problem or "")
    assert photos.calls() == 3
    assert waits == sorted(waits)
    assert waits[2] > 2 * waits[0]


def test_a_webhook_without_a_secret_is_not_added(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise SettingsError("no master key")

    monkeypatch.setattr("mirrorlake.jobs.signing.seal_secret", refuse)
    with receiver() as hook, pytest.raises(SettingsError):
        photos.library.functions.add(NewFunction(name="ask", url=hook.url, events=(CREATED,)))
    assert stored.list_all(photos.catalog) == []


def test_a_sorted_query_finds_removed_assets(photos: Photos):
    photos.put(*range(12))
    photos.mirror()
    photos.add("tag", "def tag(asset):\n    return {'gone': True}\n", REMOVED, query="type:image sort:name")
    photos.work()
    (photos.folder / "03.png").unlink()
    photos.mirror()
    photos.work()

    [removed] = stream(photos.catalog, "state:trash")
    assert removed.metadata["gone"] is True


def test_an_asset_restored_before_its_first_call_is_called(photos: Photos):
    photos.put(*range(12))
    photos.mirror()
    photos.add("measure", MEASURE.replace("asset.read()", "b''"))
    function_plans.plan_changed(photos.catalog, select_ids)
    (photos.folder / "03.png").unlink()
    photos.mirror()
    photos.work()
    [removed] = stream(photos.catalog, "state:trash")
    assert "calls" not in removed.metadata
    photos.library.assets.restore(removed.id)
    photos.work()

    assert photos.library.assets.get(removed.id).asset.metadata["calls"] == 1


@pytest.mark.parametrize("change", ["pause", "replace", "delete"])
def test_a_job_at_work_ends_when_its_function_changes(photos: Photos, monkeypatch: pytest.MonkeyPatch, change: str):
    photos.put(0, 1, 2)
    photos.mirror()
    photos.add("measure", MEASURE)
    functions = photos.library.functions
    job = functions.call("measure")
    monkeypatch.setattr("mirrorlake.jobs.handlers.functions.BATCH", 1)
    lease = queue.claim(photos.catalog, [JobKind.FUNCTION])
    assert lease is not None
    changes: dict[str, Callable[[], object]] = {
        "pause": lambda: functions.pause("measure"),
        "replace": lambda: functions.replace_source("measure", MEASURE + "# new\n", "measure"),
        "delete": lambda: functions.delete("measure"),
    }

    def change_at_work(data: bytes) -> Answer:
        changes[change]()
        return read_answer(data)

    monkeypatch.setattr("mirrorlake.jobs.function_calls.read_answer", change_at_work)
    function_plans.plan_changed(photos.catalog, select_ids)
    context = JobContext(settings=photos.settings, catalog=photos.catalog, lease=lease, reporter=Reporter(lease))
    with lease:
        execute(context)

    done = jobs.show_job(photos.catalog, job.id)
    assert done.state is JobState.SUCCEEDED
    assert photos.values("calls") == [None if change == "delete" else 1, None, None]


def test_a_paused_function_is_not_called_by_request(photos: Photos):
    photos.add("measure", MEASURE)
    photos.library.functions.pause("measure")
    with pytest.raises(Conflict, match="is paused"):
        photos.library.functions.call("measure")
    with pytest.raises(Conflict, match="is paused"):
        photos.library.assets.reprocess("type:image", "function:measure")


def test_a_function_makes_room_for_other_jobs(photos: Photos, monkeypatch: pytest.MonkeyPatch):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE)
    photos.add("other", MEASURE.replace("calls", "others"))
    monkeypatch.setattr("mirrorlake.jobs.handlers.functions.BATCH", 1)
    monkeypatch.setattr("mirrorlake.jobs.handlers.functions.TURN_S", 0.0)
    photos.work()

    assert (photos.values("calls"), photos.values("others")) == ([1, 1], [1, 1])
    assert photos.calls() > 2


def test_a_pool_has_its_own_functions(photos: Photos):
    photos.put(0)
    photos.mirror()
    photos.add("measure", MEASURE, pool="private")
    photos.work()
    [waiting] = jobs.list_jobs(photos.catalog, limit=1, kind=JobKind.FUNCTION.value)
    assert waiting.state is JobState.QUEUED
    assert photos.values("calls") == [None]

    photos.work(pool="private")
    assert photos.values("calls") == [1]


@pytest.mark.parametrize("running", [False, True])
def test_a_cancelled_job_pauses_its_function_and_resuming_catches_up(photos: Photos, *, running: bool):
    photos.put(0)
    photos.mirror()
    photos.add("measure", MEASURE)
    job = photos.library.functions.call("measure")
    if running:
        lease = queue.claim(photos.catalog, [JobKind.FUNCTION])
        assert lease is not None
        photos.library.jobs.cancel(job.id)
        lease.mark_cancelled("ada")
        context = JobContext(settings=photos.settings, catalog=photos.catalog, lease=lease, reporter=Reporter(lease))
        with lease, pytest.raises(RunCancelled):
            execute(context)
    else:
        photos.library.jobs.cancel(job.id)
    photos.work()
    assert photos.library.functions.get("measure").paused
    assert photos.values("calls") == [None]

    photos.library.functions.resume("measure")
    photos.work()
    assert photos.values("calls") == [1]


def test_all_assets_of_a_query_are_called_again_by_request(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE)
    photos.work()

    job = photos.library.functions.call("measure", query="filename:00*")
    photos.work()

    assert photos.values("calls") == [2, 1]
    done = jobs.show_job(photos.catalog, job.id)
    assert (done.state, done.result) == (
        JobState.SUCCEEDED,
        {"function": "measure", "called": 1, "changed": 1, "failed": 0, "retried": 0},
    )


def test_what_a_function_changed_can_be_undone(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE)
    photos.work()
    [job] = jobs.list_jobs(photos.catalog, limit=1, kind=JobKind.FUNCTION.value)
    photos.library.assets.edit(photos.ids()[0], Edit(metadata={"calls": 9}))

    photos.library.jobs.undo(job.id)
    photos.work()

    assert (photos.values("calls"), photos.values("bytes_read")) == ([9, None], [None, None])
    assert [asset.tags for asset in stream(photos.catalog, "")] == [(), ()]


def test_a_webhook_is_asked_with_a_signature_and_its_response_is_merged(photos: Photos):
    photos.put(0, 1)
    (photos.folder / "00.json").write_text('{"area": 1e22}')  # which jsonb writes as an integer of 74 bits
    photos.mirror()
    with receiver() as hooks:
        hooks.body = b'{"metadata": {"colour": "red"}, "add_tags": ["asked"]}'
        hooks.answers = [500, 200]
        made = photos.library.functions.add(NewFunction(name="colours", url=hooks.url, query="filename:00*"))
        photos.work()
        assert [one.error for one in photos.library.functions.failures("colours")] == ["The server answered 500."]
        with photos.catalog.write() as connection:
            connection.execute("UPDATE function_result SET not_before = now()")
        photos.work()

    assert photos.values("colour") == ["red", None]
    _, headers, body = hooks.requests[-1]
    assert made.secret is not None
    assert is_signed(made.secret, body, headers[HEADER.lower()], int(time.time()))
    document = orjson.loads(body)
    assert (document["function"], document["event"], document["asset"]["key"]) == ("colours", "asset.created", "00.png")
    assert document["asset"]["metadata"] == {"area": 1e22}


def test_a_function_for_runs_gets_each_run_that_ends(photos: Photos, tmp_path: Path):
    log = tmp_path / "runs.txt"
    text = f"def note(run):\n    open({str(log)!r}, 'a').write(f'{{run.datasource}} {{run.counts.get(\"new\")}}\\n')\n"
    photos.mirror()
    photos.add("note", text, FunctionEvent.RUN_FINISHED)
    photos.put(0, 1)
    photos.mirror()
    photos.work()
    photos.work()

    assert log.read_text() == "photos 2\n"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "No Name"}, UsageError),
        ({"source": None}, UsageError),
        ({"entry": "other"}, UsageError),
        ({"source": "def measure("}, UsageError),
        ({"query": "width:>"}, QueryError),
        ({"events": ()}, UsageError),
        ({"events": (CREATED, FunctionEvent.RUN_FINISHED)}, UsageError),
        ({"timeout_s": 0}, UsageError),
        ({"pool": "-"}, UsageError),
        ({"source": None, "url": "http://169.254.169.254/"}, UsageError),
    ],
)
def test_what_cannot_be_a_function_is_refused(photos: Photos, change: dict[str, object], error: type[Exception]):
    values: dict[str, object] = {"name": "measure", "source": MEASURE, "entry": "measure"}
    with pytest.raises(error):
        photos.library.functions.add(NewFunction(**(values | change)))  # pyright: ignore[reportArgumentType]
    assert photos.library.functions.list() == []


def test_nobody_adds_code_over_the_network(photos: Photos):
    served = LocalLibrary(Resources(photos.settings, photos.catalog), MEMBER)
    with pytest.raises(PermissionDenied, match="on the library's own machine only"):
        served.functions.add(NewFunction(name="evil", source=MEASURE, entry="measure"))
    photos.add("measure", MEASURE)
    with pytest.raises(PermissionDenied):
        served.functions.replace_source("measure", MEASURE, "measure")
    with pytest.raises(Conflict, match="exists already"):
        photos.add("measure", MEASURE)
    photos.library.functions.delete("measure")
    for use in (served.functions.get, served.functions.pause, served.functions.delete, served.functions.failures):
        with pytest.raises(NotFound, match="No function"):
            use("measure")
    assert stored.list_all(photos.catalog) == []
