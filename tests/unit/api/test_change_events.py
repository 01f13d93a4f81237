"""The changes of a stream: what is new among the newest activity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from mirrorlake.api.change_events import NEWEST, Changes, changes_between
from mirrorlake.model.activity import Activity


def activity(number: int, kind: str = "asset", *, refused: bool = False) -> Activity:
    return Activity(
        id=number,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        actor_kind="user",
        actor="ada",
        action="edit",
        subject_kind=kind,
        subject=f"{kind} {number}",
        details={"set": {"secret": "value"}},
        refused=refused,
    )


def newest(numbers: Iterable[int]) -> list[Activity]:
    return [activity(number) for number in sorted(numbers, reverse=True)]


def test_only_what_is_not_known_is_new_also_if_it_became_visible_late() -> None:
    assert changes_between({1, 2, 4}, newest([1, 2, 4])) is None
    late = changes_between({1, 2, 4}, newest([1, 2, 3, 4]))
    assert late == Changes(subjects=("asset",), assets=("asset 3",), more=False)


def test_an_asset_is_named_once_and_other_things_only_by_their_kind() -> None:
    found = [activity(3, "project"), activity(2), activity(2)]
    assert changes_between(set(), found) == Changes(subjects=("asset", "project"), assets=("asset 2",), more=False)


def test_what_was_refused_changed_nothing() -> None:
    assert changes_between(set(), [activity(1, "permission", refused=True)]) is None


def test_more_records_than_are_compared_may_have_changed_more() -> None:
    many = newest(range(100, 100 + NEWEST))
    overflown, known = changes_between({1}, many), changes_between({100}, many)
    assert overflown is not None
    assert overflown.more
    assert known is not None
    assert not known.more
