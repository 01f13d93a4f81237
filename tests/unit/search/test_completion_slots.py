"""What is being written at a position of a query, however incomplete the query is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.search.completion import write_value
from mirrorlake.search.completion_slots import SlotKind, find_slot
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import Comparison, MetadataCompare, Text

# | is the position; [ and ] enclose what a suggestion replaces.
SLOTS = {
    "|": (SlotKind.WORD, "", ""),
    "ta|": (SlotKind.WORD, "ta", ""),
    "cat [ta|]": (SlotKind.WORD, "ta", ""),
    "cat | dog": (SlotKind.WORD, "", ""),
    "|cat": (SlotKind.WORD, "", ""),
    "(cat OR -[ta|])": (SlotKind.WORD, "ta", ""),
    "[metadata.|]": (SlotKind.KEY, "", "metadata"),
    "-[metadata.temp|]": (SlotKind.KEY, "temp", "metadata"),
    "[metadata.te|mp]>20": (SlotKind.KEY, "te", "metadata"),
    "[facts:is|]": (SlotKind.KEY, "is", "facts"),
    "metadata.site:[|]": (SlotKind.VALUE, "", "metadata.site"),
    "metadata.site:[ha|]": (SlotKind.VALUE, "ha", "metadata.site"),
    'metadata.site:["ha|] tag:x': (SlotKind.VALUE, "ha", "metadata.site"),
    'metadata.site:["hall| 3"] tag:x': (SlotKind.VALUE, "hall", "metadata.site"),
    'metadata.site:["hall \\"3|]': (SlotKind.VALUE, 'hall "3', "metadata.site"),
    'metadata.site:["hall 3"|]': (SlotKind.VALUE, "hall 3", "metadata.site"),
    "metadata.score:>=[8|]": (SlotKind.VALUE, "8", "metadata.score"),
    "(tag:[a|])": (SlotKind.VALUE, "a", "tag"),
    "TAG:[r|ed] x": (SlotKind.VALUE, "r", "tag"),
    "sort:[-me|]": (SlotKind.VALUE, "-me", "sort"),
    '"free te|xt"': (SlotKind.NOTHING, "", ""),
    "metadata.a b|": (SlotKind.WORD, "b", ""),
}  # fmt: skip


@pytest.mark.parametrize("marked", SLOTS)
def test_the_slot_at_a_position(marked: str) -> None:
    written = marked.replace("[", "").replace("]", "")
    position = written.index("|")
    slot = find_slot(written.replace("|", ""), position)
    assert (slot.kind, slot.prefix, slot.field) == SLOTS[marked]
    if "[" in marked:
        plain = marked.replace("|", "")
        assert (slot.start, slot.end) == (plain.index("["), plain.index("]") - 1)


@given(st.text(max_size=30), st.integers(0, 30))
def test_every_position_of_every_text_has_a_slot_around_it(query: str, position: int) -> None:
    position = min(position, len(query))
    slot = find_slot(query, position)
    assert 0 <= slot.start <= position <= slot.end <= len(query)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_value_is_written_so_that_the_query_finds_it(value: str) -> None:
    node = parse(f"metadata.key:{write_value(value)}").where
    assert isinstance(node, MetadataCompare)
    assert (node.key, node.comparison, node.literal.text) == ("key", Comparison.EQ, value)


@pytest.mark.parametrize("value", ["90", "true", "1.5", "a b", "2020..2021", ">5", "a*b", "", '"', "("])
def test_a_text_that_would_mean_something_else_is_quoted(value: str) -> None:
    assert write_value(value).startswith('"')
    node = parse(f"metadata.key:{write_value(value)}").where
    assert isinstance(node, MetadataCompare)
    assert node.literal == Text(value)


def test_plain_texts_and_dates_are_not_quoted() -> None:
    assert [write_value(one) for one in ("cam-7", "2026-01-31", "Ü")] == ["cam-7", "2026-01-31", "Ü"]
