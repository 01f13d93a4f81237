"""Every kind of job has one handler, and its arguments and result survive JSON."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from datetime import UTC, datetime

import msgspec
import pytest

from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers.confirm import ConfirmArgs
from mirrorlake.jobs.handlers.purge import PurgeArgs
from mirrorlake.jobs.handlers.thumbnails import CleanArgs
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.jobs.registry import HANDLERS, QUICK_KINDS
from mirrorlake.library.label_export import LabelExportOptions
from mirrorlake.library.label_import import LabelImportOptions
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import RUN_KINDS, JobKind
from mirrorlake.model.previews import Sample
from mirrorlake.model.runs import Counts, Hold, RunState


def test_every_kind_of_job_has_a_handler_of_its_own():
    assert set(HANDLERS) == set(JobKind)
    assert all(handler.kind is kind for kind, handler in HANDLERS.items())


def test_runs_hold_the_lock_of_their_datasource_and_are_kept_for_good_unless_they_are_very_many():
    for kind in RUN_KINDS:
        assert HANDLERS[kind].lock(7) == "datasource:7"
        assert (HANDLERS[kind].kept_days is None) == (kind is not JobKind.EVENTS)


def test_a_pass_is_nothing_that_a_worker_does_beside_another_job():
    assert JobKind.MIRROR not in QUICK_KINDS
    assert JobKind.PREVIEW in QUICK_KINDS


def test_a_person_is_served_before_a_schedule():
    waited_for = RUN_KINDS - {JobKind.MIRROR, JobKind.EVENTS}  # nobody waits for events
    assert all(HANDLERS[kind].priority > HANDLERS[JobKind.MIRROR].priority for kind in waited_for)


@pytest.mark.parametrize(
    "args",
    [
        ConfirmArgs(run=3),
        PurgeArgs(before=datetime(2026, 11, 28, 13, 7, 1, 5, tzinfo=UTC)),
        VerifyArgs(sample=None),
        CleanArgs(hours=1, acknowledged=9),
        LabelImportOptions(path="a.zip", format="coco", ontology="site", classes={"dog": ""}, dry_run=True),
        LabelExportOptions(query="cat", format="csv", path="a.csv"),
    ],
)
def test_arguments_come_back_as_they_were(args: object):
    stored = json.loads(json.dumps(msgspec.to_builtins(args)))
    assert msgspec.convert(stored, type(args)) == args


def test_arguments_of_an_older_version_take_the_defaults_of_what_is_new():
    for handler in HANDLERS.values():
        optional = all(one.default is not MISSING or one.default_factory is not MISSING for one in fields(handler.args))
        if optional:
            assert isinstance(msgspec.convert({}, handler.args), handler.args)


def test_a_report_comes_back_as_it_was():
    report = Report(
        run=None,
        datasource="d",
        state=RunState.SUCCEEDED,
        counts=Counts(new=3),
        hold=Hold(reason="many", count=2, by_prefix={"a/": 2}, plan_hash="0" * 64),
        samples={"new": (Sample(key="a", reason="it is new"),)},
    )
    stored = json.loads(json.dumps(msgspec.to_builtins(report)))
    assert msgspec.convert(stored, Report) == report


def test_a_job_takes_no_arguments_of_another_kind():
    with pytest.raises(TypeError, match="takes VerifyArgs"):
        new_job(JobKind.VERIFY, ConfirmArgs(run=1))
