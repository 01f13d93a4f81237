"""The JSON of the command line: the public nouns, some of them flattened into one document.

Names are those of the REST API unless this module changes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mirrorlake.mirror.report import Report
from mirrorlake.model.activity import Activity
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.backups import Backup, Restoration
from mirrorlake.model.datasource_changes import DatasourceChange
from mirrorlake.model.jobs import Job
from mirrorlake.model.runs import Outcome, Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.model.thumbnails import Cleaning, Lack, Making, ThumbnailCheck, Unmade
from mirrorlake.model.verification import DriftKind, Finding, Verification

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Document = dict[str, object]


def run_document(run: Run) -> Document:
    """A run; its counts are members of the document."""
    return _document(run, lift=("counts",), names={"id": "run"})


def report_document(report: Report) -> Document:
    """A report, in the shape of a run; `samples` only for a dry run with a plan."""
    drop = ("notes",) if report.samples is not None else ("notes", "samples")
    return _document(report, lift=("counts",), drop=drop)


def job_document(job: Job) -> Document:
    """A job, as in the REST API."""
    return _document(job, names={"id": "job"})


def activity_document(activity: Activity) -> Document:
    """A change, as in the REST API."""
    return _document(activity)


def asset_document(detail: AssetDetail) -> Document:
    """An asset as in a search result, and its details; `metadata_entries` holds who set each metadata key."""
    return _document(detail, lift=("asset",), names={"metadata": "metadata_entries"})


def outcome_document(outcome: Outcome) -> Document:
    """The outcome of one object."""
    return _document(outcome, names={"kind": "outcome", "asset_id": "asset"})


def datasource_document(source: DatasourceSummary) -> Document:
    """A datasource, with its last run in the shape of a run."""
    last = source.last_run
    return _document(source) | {"last_run": None if last is None else run_document(last)}


def change_document(change: DatasourceChange) -> Document:
    """A change of a datasource, as in the REST API."""
    return _document(change)


def finding_document(finding: Finding | Unmade) -> Document:
    """One disagreement of a verification, or one thumbnail that could not be made."""
    return _document(finding, names={"asset_id": "asset"})


def verification_document(verification: Verification) -> Document:
    """The summary of a verification; every kind of drift is a member."""
    return _document(verification, counted={"drift": _all(DriftKind, verification.drift)})


def thumbnails_document(result: ThumbnailCheck | Cleaning) -> Document:
    """The result of checking or cleaning thumbnails."""
    return _document(result)


def making_document(making: Making) -> Document:
    """The result of making thumbnails; every reason for a missing one is a member."""
    return _document(making, counted={"unmade": _all(Lack, making.unmade)})


def backup_document(made: Backup) -> Document:
    """The report of a backup."""
    return _document(made) | {"path": str(made.path)}


def restoration_document(done: Restoration) -> Document:
    """The report of a restored backup."""
    return _document(done)


def _all(kinds: type[StrEnum], counts: Mapping[Any, int]) -> Document:
    return {kind.value: counts.get(kind, 0) for kind in kinds}


def _document(
    noun: DataclassInstance,
    *,
    lift: Collection[str] = (),
    drop: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    counted: Mapping[str, Document] | None = None,
) -> Document:
    """The fields of a noun: `lift` names nouns whose own fields take their place, `counted` what replaces a mapping."""
    made: Document = {}
    for field in fields(noun):
        name, value = field.name, getattr(noun, field.name)
        if name in drop:
            continue
        if counted is not None and name in counted:
            made |= counted[name]
        elif name in lift:
            made |= _document(value)
        else:
            made[(names or {}).get(name, name)] = round(value, 3) if name == "seconds" else value
    return made
