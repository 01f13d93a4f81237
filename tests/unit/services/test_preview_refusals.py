"""What has no preview is remembered for a while, and only so much of it."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import NoPreview
from mirrorlake.services.preview_refusals import KEPT_S, MAX_KEPT, PreviewRefusals


def test_a_refusal_is_remembered_for_some_minutes() -> None:
    now = [100.0]
    refusals = PreviewRefusals(lambda: now[0])
    refusals.check("a")
    refusals.put("a", NoPreview("It is damaged.", "Repair it."))
    now[0] += KEPT_S - 1
    with pytest.raises(NoPreview, match="It is damaged") as raised:
        refusals.check("a")
    assert raised.value.fix == "Repair it."
    now[0] += 1
    refusals.check("a")


def test_the_oldest_refusals_are_forgotten_first() -> None:
    refusals = PreviewRefusals(lambda: 0.0)
    for number in range(MAX_KEPT + 1):
        refusals.put(str(number), NoPreview("No."))
    refusals.check("0")
    with pytest.raises(NoPreview):
        refusals.check("1")
