"""Selecting from a listing: what counts, what is skipped, what waits."""

import pytest
from tests.support.listings import Obj, listing, rows_of, taking
from tests.support.torture import torture_keys

from mirrorlake.core.errors import ListingBroken
from mirrorlake.select.stream import select


def chosen(bucket, *patterns: str, prefix="", cuts=()):
    selection = select(listing(bucket, cuts), taking(*patterns, prefix=prefix))
    return {row["key"]: row for row in rows_of(selection)}, selection


def test_listed_counts_every_object_and_selected_only_assets_that_match():
    names = ["p/a.jpg", "p/a.json", "p/b.png", "p/readme.txt", "p/folder/", "p/sub/c.jpg"]
    rows, selection = chosen(dict.fromkeys(names, Obj()), "*.jpg", "sub/**", prefix="p/")
    assert list(rows) == ["p/a.jpg", "p/sub/c.jpg"]
    assert (selection.listed, selection.selected) == (6, 2)


def test_sidecar_needs_no_pattern():
    rows, _ = chosen({"a.jpg": Obj(), "a.json": Obj(token="s", size=9)}, "*.jpg")
    assert rows["a.jpg"]["metadata_key"] == "a.json"
    assert rows["a.jpg"]["metadata_token"] == "s"
    assert rows["a.jpg"]["metadata_size"] == 9


def test_one_sidecar_serves_all_assets_of_its_name_on_both_sides_of_it():
    names = ["a.JPG", "a.avif", "a.b.jpg", "a.jpg", "a.json", "a.png", "b/a.jpg", "a-1.jpg", "a.jpg/x.jpg"]
    for cuts in ([], range(1, 9)):
        rows, _ = chosen(dict.fromkeys(names, Obj()), cuts=cuts)
        assert {key for key, row in rows.items() if row["metadata_key"] == "a.json"} == {
            "a.JPG",
            "a.avif",
            "a.jpg",
            "a.png",
        }
        assert {row["metadata_key"] for key, row in rows.items()} == {"a.json", None}


def test_lower_case_sidecar_wins_over_its_case_twins():
    rows, _ = chosen(dict.fromkeys(["a.JSON", "a.Json", "a.jpg", "a.json", "b.JSON", "b.jpg"], Obj()))
    assert rows["a.jpg"]["metadata_key"] == "a.json"
    assert rows["b.jpg"]["metadata_key"] == "b.JSON"


def test_objects_that_cannot_be_read_are_skipped_with_the_reason_and_counted():
    bucket = {
        "asleep.jpg": Obj(storage_class="DEEP_ARCHIVE"),
        "cold.jpg": Obj(storage_class="GLACIER"),
        "empty.jpg": Obj(size=0),
        "instant.jpg": Obj(storage_class="GLACIER_IR"),
        "plain.jpg": Obj(storage_class=None),
        "tiered.jpg": Obj(storage_class="INTELLIGENT_TIERING"),
    }
    rows, selection = chosen(bucket)
    assert {key: row["skip"] for key, row in rows.items()} == {
        "asleep.jpg": "storage class DEEP_ARCHIVE",
        "cold.jpg": "storage class GLACIER",
        "empty.jpg": "empty object",
        "instant.jpg": None,
        "plain.jpg": None,
        "tiered.jpg": None,
    }
    assert selection.selected == 6


def test_the_librarys_own_folder_is_not_even_counted_at_the_root_or_the_prefix():
    bucket = dict.fromkeys([".mirrorlake/v1/a.jpg", "p/.mirrorlake/b.jpg", "p/.mirrorlakes/c.jpg", "p/d.jpg"], Obj())
    rows, selection = chosen(bucket, prefix="p/")
    assert list(rows) == ["p/.mirrorlakes/c.jpg", "p/d.jpg"]
    assert selection.listed == 2


def test_torture_keys_come_through_byte_exact():
    bucket = {f"{key}.jpg": Obj() for key in torture_keys()}
    rows, selection = chosen(bucket, cuts=range(0, 500, 7))
    assert list(rows) == sorted(bucket, key=str.encode)
    assert selection.selected == len(bucket) == 500


def test_batches_out_of_order_are_refused():
    first, second = listing(dict.fromkeys(["a.jpg", "b.jpg"], Obj()), [1])
    with pytest.raises(ListingBroken, match=r"'a\.jpg' came after 'b\.jpg'"):
        list(select([second, first], taking()))


def test_selection_is_read_once():
    selection = select([], taking())
    assert list(selection) == []
    with pytest.raises(RuntimeError):
        list(selection)
