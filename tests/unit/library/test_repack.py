"""When packs of thumbnails need a cleanup that nobody asked for."""

from __future__ import annotations

import pytest

from mirrorlake.catalog.thumbnail_packs import StoredPack
from mirrorlake.library.repack import MIN_SAVED_PACKS, Upkeep, is_worthwhile
from mirrorlake.processing.packs import CHECK_BYTES, PACK_THUMBNAILS, index_bytes

UPKEEP = Upkeep(min_dead_share=0.2, most_packs=10)
IMAGE = 10_000  # bytes


def pack(number: int, *, written: int = PACK_THUMBNAILS, used: int = PACK_THUMBNAILS) -> StoredPack:
    size = index_bytes(written) + written * (CHECK_BYTES + IMAGE)
    return StoredPack(
        id=number,
        name=bytes([number % 256]) * 32,
        thumbnails=written,
        size=size,
        age_s=1e6,
        used=used,
        used_bytes=used * IMAGE,
    )


@pytest.mark.parametrize(
    ("packs", "removable", "worth"),
    [
        ([], 0, False),
        ([pack(1)], 0, False),
        ([pack(1), pack(2, used=PACK_THUMBNAILS // 2)], 0, True),  # a quarter
        ([*map(pack, range(4)), pack(9, used=PACK_THUMBNAILS // 2)], 0, False),  # a tenth
        ([*map(pack, range(4)), pack(9, used=PACK_THUMBNAILS // 2)], PACK_THUMBNAILS * IMAGE, True),
        ([pack(1, used=0)], 0, True),
    ],
)
def test_a_share_of_dead_space_makes_a_cleanup_worth_the_while(
    packs: list[StoredPack], removable: int, *, worth: bool
) -> None:
    assert is_worthwhile(packs, removable, UPKEEP) is worth


def test_many_small_packs_make_it_too() -> None:
    small = [pack(number, written=5, used=5) for number in range(MIN_SAVED_PACKS + 1)]
    assert is_worthwhile(small, 0, UPKEEP)
    assert not is_worthwhile(small[1:], 0, UPKEEP)
