"""The pattern of ISO dates and times, for PostgreSQL and Python alike."""

from __future__ import annotations

from typing import LiteralString

# An ISO date or time that exists, so that the cast never fails. The last digits of the year identify leap years.
_DAY: LiteralString = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_LEAP_YEAR: LiteralString = r"[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00"
_CLOCK: LiteralString = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
_ZONE: LiteralString = r"Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]"
ISO_TIME: LiteralString = (
    "^(?!0000)(?:[0-9]{4}-(?:" + _DAY + ")|(?:" + _LEAP_YEAR + ")-02-29)(?:[T ]" + _CLOCK + "(?:" + _ZONE + ")?)?$"
)
# A month, as texts in metadata have it. In comparisons it is its first day.
ISO_MONTH: LiteralString = "^(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])$"
