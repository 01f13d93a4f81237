"""Read the dates of a whole page at once: `Sun, 01 Mar 2026 00:00:00 GMT`."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.core.dates import read_date
from mirrorlake.model.columns import TIME

_Numbers = npt.NDArray[np.int64]
_WIDTH = 29
_FORM = np.frombuffer(b"aaa, 00 aaa 0000 00:00:00 GMT", np.uint8)
_DIGITS, _LETTERS = ord("0") == _FORM, ord("a") == _FORM
_FIXED = (ord("0") != _FORM) & (ord("a") != _FORM)
_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CODES = np.array([int.from_bytes(name.encode(), "big") for name in _NAMES])
_ORDER = np.argsort(_CODES)
_FIRST_YEAR = 1900  # earlier ones have other rules: read_date knows them
_SECOND = 1_000_000  # microseconds


def http_dates(region: bytes, firsts: _Numbers, lasts: _Numbers) -> pa.Array[Any]:
    """The times of the texts between these places. An invalid date is null."""
    times = _usual(region, firsts, lasts)
    if times is None:
        texts = [region[first:last].decode() for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)]
        return pa.array([read_date(text) for text in texts], TIME)
    return cast("pa.Array[Any]", pa.array(times, pa.int64()).view(cast("Any", TIME)))


def _usual(region: bytes, firsts: _Numbers, lasts: _Numbers) -> _Numbers | None:
    """The microseconds since 1970, if all texts have the usual form."""
    if not len(firsts) or (lasts - firsts != _WIDTH).any():
        return None
    text = np.frombuffer(region, np.uint8)
    rows = np.lib.stride_tricks.sliding_window_view(text, _WIDTH)[firsts]
    numbers = rows[:, _DIGITS].astype(np.int64) - ord("0")
    codes = (rows[:, 8].astype(np.int64) << 16) | (rows[:, 9].astype(np.int64) << 8) | rows[:, 10]
    month = _ORDER[np.minimum(np.searchsorted(_CODES, codes, sorter=_ORDER), len(_CODES) - 1)]
    letters = rows[:, _LETTERS] | 0x20
    if (
        (rows[:, _FIXED] != _FORM[_FIXED]).any()
        or numbers.min() < 0
        or numbers.max() > 9  # noqa: PLR2004  digits
        or (_CODES[month] != codes).any()
        or letters.min() < ord("a")
        or letters.max() > ord("z")
    ):
        return None
    day = numbers[:, 0] * 10 + numbers[:, 1]
    year = numbers[:, 2] * 1000 + numbers[:, 3] * 100 + numbers[:, 4] * 10 + numbers[:, 5]
    hour, minute, second = (numbers[:, place] * 10 + numbers[:, place + 1] for place in (6, 8, 10))
    months = (year - 1970) * 12 + month
    begin = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    date = begin + day - 1
    possible = (
        (day > 0) & (date < following) & (hour < 24) & (minute < 60) & (second < 60) & (year >= _FIRST_YEAR)  # noqa: PLR2004
    )
    if not possible.all():
        return None
    return ((date * 24 + hour) * 3600 + minute * 60 + second) * _SECOND
