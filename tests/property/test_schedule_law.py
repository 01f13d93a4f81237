"""The laws of schedules: the next time is the first that fits, whatever clocks and passes in between do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from mirrorlake.model.schedule import OFF, Cron, Every, next_due

# Clocks that jump at two in the night, at midnight, by half an hour, and not at all.
ZONES = st.sampled_from(["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - given one
BERLIN_FORWARD = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before 2:00 becomes 3:00
BERLIN_BACK = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # ten minutes before 3:00 becomes 2:00
MINUTE = timedelta(minutes=1)


def next_fixed(minutes: set[int], hours: set[int], zone: ZoneInfo, after: datetime) -> datetime:
    """The next of fixed times a day, found by looking at every one of some days around."""
    first = after.astimezone(zone).date()
    found: list[datetime] = []
    for day in range(-1, 4):
        for hour in hours:
            for minute in minutes:
                wall = datetime.combine(first + timedelta(days=day), time(hour, minute))
                while wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
                    wall += MINUTE  # left out when clocks are put forward
                found.append(wall.replace(tzinfo=zone).astimezone(UTC))
    return min(moment for moment in found if moment > after)


@given(st.sets(st.integers(0, 59), min_size=1, max_size=4), st.sets(st.integers(0, 23), min_size=1), ZONES, MOMENTS)
@example({15, 45}, {2}, "Europe/Berlin", BERLIN_FORWARD)
@example({15, 45}, {2}, "Europe/Berlin", BERLIN_BACK)
@example({45}, {2}, "Europe/Berlin", BERLIN_BACK + timedelta(minutes=30))  # in the hour that comes twice
@example({30}, {0}, "America/Santiago", datetime(2026, 9, 6, 3, 50, tzinfo=UTC))
def test_fixed_times_fall_due_once_a_day_whatever_clocks_do(minutes, hours, zone, after):
    listed = [",".join(map(str, sorted(part))) for part in (minutes, hours)]
    schedule = Cron(f"{listed[0]} {listed[1]} * * *", zone)
    assert next_due(schedule, anchor=after, after=after) == next_fixed(minutes, hours, ZoneInfo(zone), after)


@given(st.integers(1, 59), ZONES, MOMENTS)
@example(30, "Europe/Berlin", BERLIN_BACK)
@example(30, "Australia/Lord_Howe", datetime(2026, 4, 4, 14, 59, tzinfo=UTC))
def test_times_of_every_hour_follow_the_hours_that_pass(step, zone, after):
    due = next_due(Cron(f"*/{step} * * * *", zone), anchor=after, after=after)
    expected = after.replace(second=0, microsecond=0) + MINUTE
    while expected.astimezone(ZoneInfo(zone)).minute % step:
        expected += MINUTE
    assert due == expected


@given(st.integers(0, 23), st.integers(0, 59), ZONES, MOMENTS)
def test_a_daily_time_falls_due_on_every_day_of_the_calendar(hour, minute, zone, after):
    schedule, days, due = Cron(f"{minute} {hour} * * *", zone), list[date](), after
    for _ in range(370):
        due = next_due(schedule, anchor=after, after=due) or after
        days.append(due.astimezone(ZoneInfo(zone)).date())
    assert days == [days[0] + timedelta(days=number) for number in range(370)]


@given(st.integers(1, 500), MOMENTS, MOMENTS)
def test_every_so_many_hours_counts_from_when_it_was_set(hours, anchor, after):
    due = next_due(Every(hours), anchor=anchor, after=after)
    step = timedelta(hours=hours)
    assert due is not None
    assert due > max(after, anchor)
    assert (due - anchor) % step == timedelta()
    assert due - step <= max(after, anchor)


@given(MOMENTS)
def test_off_is_never(moment):
    assert next_due(OFF, anchor=moment, after=moment) is None
