"""What people write as a schedule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.schedule import (
    HOURS_LIMIT,
    OFF,
    Cron,
    Every,
    every_hours,
    schedule_from_text,
    schedule_to_text,
)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("off", OFF),
        (" Off ", OFF),
        ("every: 6h", Every(6)),
        ("every 6 hours", Every(6)),
        ("EVERY:1H", Every(1)),
        ("every: 24h", Every(24)),
        ("every: 1d", Every(24)),
        ("every 2 days", Every(48)),
        ("0 3 * * *", Cron("0 3 * * *", "UTC")),
        ("*/15  8-18 * jan-mar,12  MON-fri", Cron("*/15 8-18 * jan-mar,12 MON-fri", "UTC")),
        ("0 0 L * *", Cron("0 0 L * *", "UTC")),
        ("0 0 29 2 *", Cron("0 0 29 2 *", "UTC")),
        ("0 0 31 2 mon", Cron("0 0 31 2 mon", "UTC")),  # where both days are given, one of them is enough
    ],
)
def test_schedule_means_what_it_says(text, schedule):
    assert schedule_from_text(text) == schedule
    assert schedule_from_text(schedule_to_text(schedule)) == schedule


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "every: 6h"),
        ("hourly", "every: 6h"),
        ("@daily", "five fields"),
        ("every: 0h", "at least one hour"),
        ("every: 30m", "every: 6h"),
        ("every: 8761h", "1 to 8,760"),
        ("every: 400d", "1 to 8,760"),
        ("0 3 * *", "five fields"),
        ("0 0 3 * * *", "five fields"),  # with seconds: nothing looks that often
        ("60 3 * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 32 2 *", "not a valid cron expression: bad day-of-month"),
        ("0 0 30 2 *", "never due"),
        ("0 0 31 2 *", "never due"),
        ("0 0 31 4,jun,9-9,11 *", "never due"),
        ("0 0 31 13 *", "not a valid cron expression: bad month"),
        ("0 0 * * noday", "bad day-of-week"),
        ("0 0 * * 1" + " " * 9 + "," * 300, "five fields"),
    ],
)
def test_wrong_schedule_is_refused_with_what_to_write(text, word):
    with pytest.raises(SettingsError, match=word) as caught:
        schedule_from_text(text)
    assert caught.value.fix


@given(st.text(alphabet="0123456789*/,-#LWMON every:hd\x00é", max_size=30) | st.text(max_size=30), st.text(max_size=9))
def test_any_text_is_a_schedule_or_refused(text, zone):
    for timezone in (None, zone):
        try:
            schedule = schedule_from_text(text, timezone)
        except SettingsError:
            continue
        assert schedule_from_text(schedule_to_text(schedule), timezone) == schedule


def test_hours_of_a_year_are_the_most():
    assert every_hours(HOURS_LIMIT) == Every(HOURS_LIMIT)
    with pytest.raises(SettingsError):
        every_hours(HOURS_LIMIT + 1)
