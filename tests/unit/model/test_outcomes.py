"""The table of outcome kinds is whole, and what follows from it agrees with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import pyarrow as pa
import pytest

from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import SAMPLE_GROUPS, Counts, Op, OutcomeKind
from mirrorlake.plan.decide import planned_outcomes, summarise


def test_every_kind_has_its_count_in_the_order_of_the_table():
    kinds = [kind.value for kind in OutcomeKind]
    assert [one.name for one in fields(Counts)] == ["listed", "selected", *kinds, "label_problems"]


def test_names_of_counts_and_groups_are_those_that_scripts_rely_on():
    assert [kind.value for kind in OutcomeKind] == [
        "new", "changed", "metadata_changed", "labels_changed", "moved", "missing", "removed", "unchanged", "skipped",
        "rejected", "failed",
    ]  # fmt: skip
    assert SAMPLE_GROUPS == ("new", "changed", "metadata_changed", "labels_changed", "moved", "orphaned", "skipped")


@pytest.mark.parametrize("known", [None, KnownState.PRESENT])
@pytest.mark.parametrize("op", list(Op))
def test_a_change_of_a_plan_counts_under_one_kind_and_what_vanished_under_none(op: Op, known: KnownState | None):
    differs = {role.differs: op is Op.COMPANION for role in ROLES}  # the first role counts
    row = {"op": int(op), "key": "a.jpg", "size": 1, "token": "t", "known_state": known, **differs}
    batch = pa.RecordBatch.from_pylist([row], schema=CHANGES)
    counted = Counter({kind: int(mask.sum()) for kind, mask in planned_outcomes(batch).items()})
    assert counted.total() == (0 if op is Op.VANISHED else 1)
    assert summarise([batch]).counts == Counts(**{kind.value: number for kind, number in counted.items()})


def test_a_summary_names_what_happened_and_nothing_else():
    assert Counts(listed=9, selected=9, unchanged=9).summary() == ""
    assert Counts(new=1200, metadata_changed=1, unchanged=5).summary() == "1,200 new, 1 metadata changed"
    assert Counts(unchanged=5, label_problems=2).summary() == "2 label problems"


def test_only_what_brought_something_in_counts_as_imported():
    assert Counts(**{kind.value: 1 for kind in OutcomeKind}).imported == 4


def test_a_sentence_of_a_report_has_one_place_that_changes():
    for kind in OutcomeKind:
        if kind.row.report is not None:
            assert "{" not in kind.row.report.format(would_be="would be ")
