"""The history of a datasource, and its status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mirrorlake.model.activity import Activity
from mirrorlake.model.datasource_changes import datasource_change
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, Hold, Run, RunState
from mirrorlake.model.sources import DatasourceStatus, status_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def changes(action: str, details: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    recorded = Activity(
        id=7, at=NOON, actor_kind="user", actor="ada", action=action, subject_kind="datasource", subject="x",
        details=details,
    )  # fmt: skip
    told = datasource_change(recorded)
    assert (told.id, told.at, told.actor, told.action) == (7, NOON, "ada", action)
    return [(one.setting, one.old, one.new) for one in told.changes]


def test_only_what_differs_is_told_with_its_old_and_new_value() -> None:
    before = {"title": "Harbour", "schedule": "every: 6h", "glob_patterns": ["*.jpg"]}
    after = {"title": "Harbour cams", "glob_patterns": ["*.jpg"], "exclude": ["tmp/**"]}
    details = {"before": before, "after": after, "connection": {"before": None, "after": "lake"}}
    assert changes("change_settings", details) == [
        ("title", "Harbour", "Harbour cams"),
        ("schedule", "every: 6h", None),
        ("exclude", None, ["tmp/**"]),
        ("connection", None, "lake"),
    ]


def test_a_setting_of_one_config_of_several_is_named_by_its_place() -> None:
    first = {"glob_patterns": ["a/**"], "settings": {"orphans": "keep"}}
    second = {"glob_patterns": ["b/**"]}
    changed = {"glob_patterns": ["a/**"], "settings": {"orphans": "trash"}}
    details = {"before": {"mirror_configs": [first, second]}, "after": {"mirror_configs": [changed, second]}}
    assert changes("change_settings", details) == [("mirror_configs[0].settings.orphans", "keep", "trash")]


def test_another_access_is_a_change_too_and_actions_without_settings_have_none() -> None:
    access = {"before": {"region": None, "endpoint": None}, "after": {"region": "eu-west-1", "endpoint": None}}
    same = {"title": "x"}
    assert changes("change_settings", {"before": same, "after": same, "access": access}) == [
        ("region", None, "eu-west-1")
    ]
    assert changes("create", {"uri": "s3://b/", "connection": None}) == [("uri", None, "s3://b/")]
    assert changes("force_run", {"run": 3}) == []


def run(state: RunState, **hold: Any) -> Run:
    held = Hold(reason="x", count=1, by_prefix={}, plan_hash="0", confirm="x", **hold) if hold else None
    return Run(
        id=1, datasource="x", trigger="mirror", state=state, started=NOON, finished=NOON, counts=Counts(),
        requests=Requests(), bytes_read=0, hold=held, error=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("last", "at_work", "paused", "status"),
    [
        (None, None, None, DatasourceStatus.NEW),
        (run(RunState.SUCCEEDED), None, None, DatasourceStatus.ACTIVE),
        (run(RunState.CANCELLED), None, None, DatasourceStatus.ACTIVE),
        (run(RunState.FAILED), None, None, DatasourceStatus.FAILED),
        (run(RunState.HELD, confirmed_by=None, superseded_by=None), None, None, DatasourceStatus.HELD),
        (run(RunState.HELD, confirmed_by=2, superseded_by=None), None, None, DatasourceStatus.ACTIVE),
        (run(RunState.FAILED), None, "no access", DatasourceStatus.BROKEN_CONNECTION),
        (run(RunState.QUEUED), RunState.QUEUED, None, DatasourceStatus.QUEUED),
        (run(RunState.QUEUED), RunState.QUEUED, "no access", DatasourceStatus.BROKEN_CONNECTION),
        (run(RunState.RUNNING), RunState.RUNNING, "no access", DatasourceStatus.RUNNING),
    ],
)
def test_the_status_is_the_first_that_applies(
    last: Run | None, at_work: RunState | None, paused: str | None, status: DatasourceStatus
) -> None:
    assert status_of(last, at_work, paused) is status
