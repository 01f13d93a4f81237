"""The bytes of an original are in memory by pieces, also where its server returns none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from mirrorlake.core.errors import ObjectTooLarge, RangesUnsupported
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import Datasource
from mirrorlake.services.originals import PIECE_BYTES, WHOLE_LIMIT, pieces_of


class Whole:
    """A store of one object, whose server ignores ranges."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def get_range(self, key: str, **_: object) -> None:
        raise RangesUnsupported(f"{key} can only be read as a whole.")

    def get(self, key: str, *, limit: int, **_: object) -> SimpleNamespace:
        if self._size > limit:
            raise ObjectTooLarge(f"{key} has more than {limit} bytes.")
        return SimpleNamespace(data=self._data)

    def close(self) -> None:
        """Nothing is open."""


def pieces(store: Whole, part: range) -> list[bytes]:
    stores = cast("SourceStores", lambda _source: SimpleNamespace(open_plain=lambda: store))
    info = ObjectInfo(key="a.txt", size=store._size, token="t")
    return list(pieces_of(stores, cast("Datasource", None), info, part))


def test_an_original_without_ranges_is_read_whole_up_to_a_limit() -> None:
    assert pieces(Whole(b"0123456789", 10), range(2, 6)) == [b"2345"]
    assert PIECE_BYTES < WHOLE_LIMIT < 1 << 27
    with pytest.raises(ObjectTooLarge):
        pieces(Whole(b"", WHOLE_LIMIT + 1), range(10))
