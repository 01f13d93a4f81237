"""When a key expires, as people write it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mirrorlake.cli.commands.apikey import days_until
from mirrorlake.core.errors import UsageError


@pytest.mark.parametrize(("text", "days"), [("90d", 90), ("12w", 84), ("1y", 365), (" 3d ", 3)])
def test_a_duration_is_a_number_of_days(text: str, days: int) -> None:
    assert days_until(text) == days


def test_a_date_is_the_number_of_days_until_then() -> None:
    today = datetime.now(UTC).date()
    assert days_until(f"{today + timedelta(days=40)}") in (39, 40)  # 39 if the day has just ended
    for past in (today, today - timedelta(days=1)):
        with pytest.raises(UsageError, match="not in the future"):
            days_until(past.isoformat())


@pytest.mark.parametrize("text", ["", "soon", "90", "2027-02-30", "31.1.2027", "2027-01-31T10:00"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        days_until(text)
    assert "2027-01-31" in caught.value.fix
