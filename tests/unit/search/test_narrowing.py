"""Few matches among many ids are found in order, in steps of a bounded size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.search.effort import LEAST_GROWTH, MOST_GROWTH, Step, first_part, following_step, next_step
from mirrorlake.search.filters import BLOCK_BITS, LEVEL_BITS
from mirrorlake.search.narrowing import Range, Ranges, first_matches
from mirrorlake.search.positions import find_position


@given(
    matches=st.sets(st.integers(0, 400 << BLOCK_BITS), max_size=150),
    need=st.integers(1, 60),
    most=st.integers(1, 30),
    descending=st.booleans(),
)
def test_the_first_matches_are_found_in_order(matches: set[int], need: int, most: int, *, descending: bool):
    read: list[int] = []

    def within(at: Range) -> list[int]:
        return [one for one in matches if one >> (BLOCK_BITS + LEVEL_BITS * at.level) == at.number]

    def some(at: Range, limit: int) -> list[int]:
        found = within(at)[:limit]
        read.append(len(found))
        return found

    def ordered(at: Range, limit: int) -> list[int]:
        assert at.level == 0
        return sorted(within(at), reverse=descending)[:limit]

    blocks = {one >> BLOCK_BITS for one in matches} | {7}
    found = first_matches(Ranges(blocks, descending=descending), need=need, most=most, some=some, ordered=ordered)
    assert found == sorted(matches, reverse=descending)[:need]
    assert max(read) <= most + 1


@given(blocks=st.sets(st.integers(0, 3_000), max_size=300), descending=st.booleans())
def test_ranges_cover_every_block_once_and_in_order(blocks: set[int], *, descending: bool):
    each = [
        block
        for at in Ranges(blocks, descending=descending).cover()
        for block in sorted(blocks, reverse=descending)
        if block >> (LEVEL_BITS * at.level) == at.number
    ]
    assert each == sorted(blocks, reverse=descending)


def test_ten_million_ids_are_covered_in_few_steps():
    blocks = range(10_000_000 >> BLOCK_BITS)
    assert len(list(Ranges(blocks, descending=True).cover())) <= 20


@given(
    counts=st.dictionaries(st.integers(0, 50), st.integers(1, 5), max_size=20),
    offset=st.integers(0, 110),
    descending=st.booleans(),
)
def test_a_position_is_in_the_block_that_has_it(counts: dict[int, int], offset: int, *, descending: bool):
    order = sorted(counts, reverse=descending)
    each = [(block, passed) for block in order for passed in range(counts[block])]
    found = find_position(list(counts.items()), offset, descending=descending)
    if offset >= len(each):
        assert found is None
        return
    assert found is not None
    block, passed = each[offset]
    edge = block << BLOCK_BITS if not descending else ((block + 1) << BLOCK_BITS) - 1
    assert (found.id, found.passed) == (edge, passed)


def test_frequent_matches_are_read_in_order_and_rare_ones_gathered():
    ten_million = 10_000_000
    assert next_step(found=40, walked=8_192, need=50, assets=ten_million) is Step.WALK_ON
    assert next_step(found=1, walked=8_192, need=50, assets=ten_million) is Step.GATHER
    assert next_step(found=0, walked=8_192, need=50, assets=ten_million) is Step.GATHER
    assert next_step(found=2, walked=8_192, need=50, assets=20_000) is Step.GATHER  # all matches of a small library


@given(taken=st.integers(1, 10_000), spent=st.floats(0, 100), left=st.floats(-100, 100))
def test_a_step_that_would_take_longer_than_is_left_is_not_made(taken: int, spent: float, left: float):
    following = following_step(taken, spent=spent, left=left)
    if following:
        assert taken <= following <= taken * MOST_GROWTH
        assert following / taken * spent <= max(left, 0) * (1 + 1e-9)
    else:
        assert left < spent * LEAST_GROWTH


def test_a_part_of_a_walk_decides_about_the_rest_where_it_would_have_some_matches():
    assert first_part(8_192, 50) == 1_024
    assert first_part(8_192, 24) == 1_024
    assert first_part(8_192, 23) == 8_192  # fewer than three matches in an eighth: none of them proves little
    assert first_part(8_192, 1) == 8_192
