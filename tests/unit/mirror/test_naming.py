"""What assets are called, config by config."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from mirrorlake.core.columnar import fields
from mirrorlake.mirror.naming import LONGEST_NAME, AssetNamer, last_segments
from mirrorlake.model.columns import PROCESSED
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.sources import MirrorConfig, NamingStrategy

CONFIGS = (
    MirrorConfig(),
    MirrorConfig(naming=NamingStrategy.FILE_NAME),
    MirrorConfig(naming=NamingStrategy.ETAG),
    MirrorConfig(naming=NamingStrategy.METADATA, naming_key="a.title"),
)
LONG = "ä" * (LONGEST_NAME // 2)  # as long as a name may be


def looked(**given: object) -> pa.RecordBatch:
    row = {"op": Op.NEW, "key": "x/y.jpg", "size": 1, "token": "tok", "metadata_differs": False, "warnings": ["odd"]}
    row |= {"result": ResultKind.PROCESSED, "config": 3} | given
    return pa.RecordBatch.from_pylist(
        [{field.name: row.get(field.name) for field in fields(PROCESSED)}], schema=PROCESSED
    )


def named(**given: object) -> tuple[str | None, list[str]]:
    rows, names = AssetNamer(CONFIGS).name_processed(looked(**given))
    return names.to_pylist()[0], rows.column("warnings").to_pylist()[0]


@pytest.mark.parametrize(("config", "name"), [(0, "x/y.jpg"), (1, "y.jpg"), (2, "tok")])
def test_plain_strategies_name_by_key_and_token(config: int, name: str) -> None:
    assert named(config=config) == (name, ["odd"])


@pytest.mark.parametrize(("token", "name"), [(LONG, LONG), (LONG + "x", "x/y.jpg")])
def test_a_token_that_no_index_can_hold_is_no_name(token: str, name: str) -> None:
    assert named(config=2, token=token) == (name, ["odd"])


@pytest.mark.parametrize(
    ("value", "name"),
    [("Dawn", "Dawn"), (7, "7"), (7.5, "7.5"), (True, "true"), ("a/b\n", "a/b\n"), (" ", " "), (LONG, LONG)],
)
def test_a_value_of_the_sidecar_names_as_text(value: object, name: str) -> None:
    given = {"metadata_key": "x/y.json", "metadata_token": "t", "metadata_values": json.dumps({"a.title": value})}
    assert named(**given) == (name, ["odd"])


@pytest.mark.parametrize(
    "metadata", ["{}", '{"a.title": ""}', '{"title": "other"}', None, json.dumps({"a.title": LONG + "x"})]
)
def test_a_missing_value_names_by_the_key_and_is_reported(metadata: str | None) -> None:
    name, warnings = named(metadata_values=metadata)
    assert name == "x/y.jpg"
    assert warnings[0] == "odd"
    assert "'a.title'" in warnings[1]


@pytest.mark.parametrize(
    "given",
    [
        {
            "op": Op.COMPANION,
            "result": ResultKind.COMPANIONS_ONLY,
            "metadata_key": "x/y.json",
            "metadata_token": "t",
        },  # a bad one
        {"op": Op.CHANGED, "metadata_token": "t"},  # not asked for
        {"op": Op.CHANGED, "result": ResultKind.FAILED},
    ],
)
def test_where_nothing_was_read_the_name_stays(given: dict[str, object]) -> None:
    assert named(**given) == (None, ["odd"])


def test_a_sidecar_that_left_takes_its_name_with_it() -> None:
    name, warnings = named(op=Op.COMPANION, result=ResultKind.COMPANIONS_ONLY, metadata_values=None)
    assert (name, len(warnings)) == ("x/y.jpg", 2)


def test_configs_name_their_own_objects_only() -> None:
    rows = pa.Table.from_batches([looked(config=place) for place in range(4)]).combine_chunks().to_batches()[0]
    _, names = AssetNamer(CONFIGS).name_processed(rows)
    assert names.to_pylist() == ["x/y.jpg", "y.jpg", "tok", "x/y.jpg"]


def test_the_last_part_of_a_key_may_hold_any_character() -> None:
    keys = pa.array(["a", "a/b.jpg", "/a\n/b\nc.jpg", "//é.jpg", "a\\b.jpg"])
    assert last_segments(keys).to_pylist() == ["a", "b.jpg", "b\nc.jpg", "é.jpg", "a\\b.jpg"]
