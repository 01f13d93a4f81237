"""The schema of exported assets: names, types and the fields that a caller may choose."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mirrorlake.core.errors import UsageError
from mirrorlake.model.asset_columns import ASSETS, DESCRIPTION, check_fields, metadata_key, schema_of
from mirrorlake.model.media import FACT_NAMES


def test_all_columns_are_exported_unless_fields_are_named() -> None:
    assert check_fields(None) == tuple(ASSETS.names)
    assert check_fields(["uri", "metadata.site"]) == ("uri", "metadata.site")


@pytest.mark.parametrize("fields", [[], ["uri", "uri"], ["Uri"], ["metadata."], ["facts."], [""], ["id"] * 300])
def test_other_fields_are_refused(fields: list[str]) -> None:
    with pytest.raises(UsageError):
        check_fields(fields)


def test_an_unknown_fact_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="lenz") as error:
        check_fields(["id", "facts.lenz"])
    assert error.value.fix == "Did you mean facts.lens?"


def test_every_fact_is_a_column() -> None:
    names = [f"facts.{name}" for name in sorted(FACT_NAMES)]
    assert schema_of(check_fields(names), {}).names == names


def test_a_metadata_key_is_a_column_of_its_own_type() -> None:
    made = schema_of(("id", "metadata.a.b"), {"a.b": pa.float64()})
    assert made.names == ["id", "metadata.a.b"]
    assert made.field(1).type == pa.float64()
    assert (made.metadata or {})[b"mirrorlake.schema"] == b"1"
    assert metadata_key("metadata") is None


def test_every_column_is_described() -> None:
    assert all((field.metadata or {})[DESCRIPTION].endswith(b".") for field in ASSETS)
