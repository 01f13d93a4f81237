"""Schedules: when a datasource is mirrored automatically, as text and as times.

Pure, except for reading the time zone database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.public import public_noun

HOURS_LIMIT = 8760  # of `Every`: a year
HOURS_A_DAY = 24
CRON_FIELDS = 5
CRON_CHARS = 200  # longer than any readable expression
FORMS = (
    'Write "off", "every: 6h", "every: 1d", or a cron expression of five fields such as "0 3 * * 1-5" (minute,'
    " hour, day of month, month, day of week)."
)
_EVERY = re.compile(r"every\b\s*:?\s*(?P<count>[0-9]{1,6})\s*(?P<unit>h|hours?|d|days?)", re.ASCII | re.IGNORECASE)
_SOME_TIME = datetime(2024, 1, 1, tzinfo=UTC)  # any time shows whether an expression can be parsed


@dataclass(frozen=True, slots=True)
class Off:
    """Only on request."""


@dataclass(frozen=True, slots=True)
class Every:
    """Every N hours, counted from when the schedule was set: passes in between do not shift it."""

    hours: int  # 1 to HOURS_LIMIT


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of a cron expression, on the wall clock of a time zone.

    When clocks are put forward, a fixed time that is skipped is due right after the change; when they are put back, a
    fixed time that occurs twice is due the first time. An expression whose minute or hour begins with `*` follows
    elapsed hours. Debian's cron does the same.
    """

    expression: str  # five fields
    timezone: str = "UTC"  # IANA name


Schedule: TypeAlias = Off | Every | Cron
OFF = Off()


@public_noun
class NextTimes:
    """When the runs of a schedule start."""

    schedule: str
    """As it is stored: `off`, `every: 6h`, or a cron expression."""
    timezone: str | None
    next: tuple[datetime, ...]
    """When runs start if the schedule is set now."""


def next_due(schedule: Schedule, *, anchor: datetime, after: datetime) -> datetime | None:
    """The first time after `after` at which a pass is due, in UTC; None if it is never due.

    `anchor` is when the schedule was set. Times before `after` that were missed count as one.
    """
    match schedule:
        case Off():
            return None
        case Every(hours):
            step = timedelta(hours=hours)
            return anchor.astimezone(UTC) + max((after - anchor) // step + 1, 1) * step
        case Cron(expression, timezone):
            # Fixed times are found by the wall clock alone, which shows an hour twice when it is put back.
            times = (found.astimezone(UTC) for found in CronSim(expression, after.astimezone(ZoneInfo(timezone))))
            return next((found for found in times if found > after), None)
        case _:
            assert_never(schedule)


def next_times(schedule: Schedule, now: datetime, *, count: int) -> list[datetime]:
    """The first times, in UTC, of a schedule that is set now."""
    times: list[datetime] = []
    while len(times) < count:
        due = next_due(schedule, anchor=now, after=times[-1] if times else now)
        if due is None:
            break
        times.append(due)
    return times


def schedule_from_text(text: str, timezone: str | None = None) -> Schedule:
    """Parse a schedule. `timezone` is the time zone of a cron expression; None is UTC.

    Raises SettingsError.
    """
    text = " ".join(text.split())
    schedule = _parse_interval(text) or _parse_cron(text, timezone)
    if timezone is not None and not isinstance(schedule, Cron):
        raise SettingsError(
            f"The schedule is {text!r}, which does not depend on a time zone, but timezone is {timezone!r}.",
            "Leave timezone out, or write a cron expression.",
        )
    return schedule


def schedule_to_text(schedule: Schedule) -> str:
    """The text that `schedule_from_text` parses, without the time zone."""
    match schedule:
        case Off():
            return "off"
        case Every(hours):
            return f"every: {hours}h"
        case Cron(expression):
            return expression
        case _:
            assert_never(schedule)


def timezone_of(schedule: Schedule) -> str | None:
    """The time zone of a schedule; None if it does not depend on one."""
    return schedule.timezone if isinstance(schedule, Cron) else None


def every_hours(hours: int) -> Schedule:
    """Every N hours; 0 is off. Raises SettingsError."""
    if not 0 <= hours <= HOURS_LIMIT:
        raise SettingsError(
            f"The schedule interval is {hours:,} hours.",
            f"Write 1 to {HOURS_LIMIT:,} hours, or turn the schedule off.",
            field="schedule",
        )
    return Every(hours) if hours else OFF


def _parse_interval(text: str) -> Schedule | None:
    if text.lower() == "off":
        return OFF
    every = _EVERY.fullmatch(text)
    if every is None:
        return None
    hours = int(every["count"]) * (HOURS_A_DAY if every["unit"].lower().startswith("d") else 1)
    if not hours:
        raise SettingsError(
            f"The schedule is {text!r}.", 'Write "off", or an interval of at least one hour.', field="schedule"
        )
    return every_hours(hours)


def _parse_cron(text: str, timezone: str | None) -> Schedule:
    fields = text.split()
    if len(fields) != CRON_FIELDS or len(text) > CRON_CHARS:
        raise SettingsError(f"The schedule is {_shorten(text)!r}.", FORMS, field="schedule")
    zone = timezone or "UTC"
    _check_zone(zone)
    try:
        comes = next(CronSim(text, _SOME_TIME), None) is not None
    except CronSimError as error:
        # CronSim raises the same error for an invalid day and for a day that no month of the expression has. In the
        # second case each of the two can be parsed separately.
        minute, hour, day, month, weekday = fields
        if not (_is_cron(f"{minute} {hour} {day} * {weekday}") and _is_cron(f"{minute} {hour} * {month} {weekday}")):
            raise SettingsError(
                f"The schedule {text!r} is not a valid cron expression: {str(error)[:1].lower()}{str(error)[1:]}.",
                FORMS,
                field="schedule",
            ) from error
        comes = False
    if not comes:
        raise SettingsError(
            f"The schedule {text!r} is never due: none of its months has such a day.",
            "Choose a day that the month has, or L for the last one.",
            field="schedule",
        )
    return Cron(text, zone)


def _is_cron(text: str) -> bool:
    try:
        CronSim(text, _SOME_TIME)
    except CronSimError:
        return False
    return True


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"Unknown time zone {_shorten(name)!r}.",
            'Write its name in the IANA database, such as "Europe/Berlin" or "UTC".',
            field="timezone",
        ) from error


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - what fits into a line of a message
