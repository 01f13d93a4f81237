"""Read the settings that decide when a datasource is mirrored. Pure."""

from __future__ import annotations

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.schedule import Schedule, every_hours, schedule_from_text, schedule_to_text
from mirrorlake.select.json_reader import Json, quote, read_text


def read_schedule(wide: dict[str, Json]) -> Schedule:
    """The schedule that `schedule`, `timezone` and `runScheduledEvery` give. Raises SettingsError."""
    written, timezone = read_text(wide, "schedule"), read_text(wide, "timezone")
    hours = wide.get("runScheduledEvery")
    if hours is not None and (isinstance(hours, bool) or not isinstance(hours, int)):
        raise SettingsError(f"runScheduledEvery is {quote(hours)}.", "It can be a number of hours; 0 means never.")
    regular = None if hours is None else every_hours(hours)
    if regular is not None and written is None and timezone is None:
        return regular
    schedule = schedule_from_text(written or "off", timezone)
    if regular not in (None, schedule):
        raise SettingsError(
            f"runScheduledEvery is {quote(hours)}, but schedule is {quote(written)}.",
            f'Keep one of them; "schedule": {quote(schedule_to_text(regular))} is equivalent to the first.',
        )
    return schedule
