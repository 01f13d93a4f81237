"""Settings of splits, and what is said about their result."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import UsageError
from mirrorlake.model.splits import SplitCounts, SplitSettings
from mirrorlake.plan.splits import check_settings, explain_counts


@pytest.mark.parametrize(
    "settings",
    [
        SplitSettings(train=70, valid=20, test=11),
        SplitSettings(train=120, valid=-20, test=0),
        SplitSettings(train=100, valid=0, test=0, seed=-1),
        SplitSettings(train=100, valid=0, test=0, by="camera_id"),
        SplitSettings(train=100, valid=0, test=0, by="metadata."),
        SplitSettings(train=100, valid=0, test=0, by="metadata.a b"),
    ],
)
def test_invalid_settings_are_refused(settings: SplitSettings) -> None:
    with pytest.raises(UsageError):
        check_settings(settings)


def test_few_groups_are_explained() -> None:
    settings = SplitSettings(train=70, valid=20, test=10)
    assert explain_counts(settings, SplitCounts(train=72, valid=19, test=9)) == ()
    assert explain_counts(settings, SplitCounts(train=90, valid=10)) == (
        "train has 90% of the assets instead of 70%.",
        "valid has 10% of the assets instead of 20%.",
        "test is empty. Try another seed, or group by something with more values.",
    )
