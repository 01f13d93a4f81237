"""Boxes of label files become the rows that a join of files and assets gives."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.catalog.label_rows import are_boxes, rows_of
from mirrorlake.labels.sidecars import ROWS

FILES = st.integers(0, 4)


def content(files: list[int], **values: str) -> pa.RecordBatch:
    row = {"image": None, "geometry": None, "attributes": None} | values
    sides = dict.fromkeys(("y", "width", "height"), 0.25)
    rows = [row | sides | {"file": each, "class_id": place % 3, "x": place / 8} for place, each in enumerate(files)]
    return pa.RecordBatch.from_pylist(rows, schema=ROWS)


@given(files=st.lists(FILES, max_size=8), numbers=st.lists(FILES, max_size=6))
def test_every_asset_of_a_file_gets_its_boxes_in_their_order(files: list[int], numbers: list[int]) -> None:
    assets = [(number, 10 + (7 * place) % 6) for place, number in enumerate(numbers)]  # each asset has one file
    schema = pa.schema([pa.field("number", pa.int32()), pa.field("asset_id", pa.int64())])
    targets = pa.Table.from_pylist([{"number": a, "asset_id": b} for a, b in assets], schema=schema)
    rows = rows_of(content(files), targets)
    expected = [
        (asset, place % 3, place / 8)
        for number, asset in sorted(assets, key=lambda each: each[1])
        for place, file in enumerate(files)
        if file == number
    ]
    found = rows.to_pylist()
    assert [(row["asset_id"], row["class_id"], row["x"]) for row in found] == expected
    assert {(row["y"], row["source"]) for row in found} <= {(0.25, "bucket")}


def test_only_boxes_without_attributes_of_files_about_one_image_are_rows() -> None:
    assert are_boxes(content([0, 1]))
    assert are_boxes(content([]))
    for values in ({"image": "a.jpg"}, {"geometry": "{}"}, {"attributes": "{}"}):
        assert not are_boxes(content([0], **values))
