"""The columns of exported assets, from their Arrow schema."""

from __future__ import annotations

import re

import pyarrow as pa
from tests.tools.reference.markdown import code, table

from mirrorlake.model.asset_columns import ANNOTATION, ASSETS, DESCRIPTION, FACT_COLUMN, fact_kind
from mirrorlake.model.media import FACT_TYPES


def asset_column_reference() -> str:
    """A row for each column of an asset."""
    return table(("Column", "Type", "Null", "Meaning"), [_row(field) for field in ASSETS])


def annotation_column_reference() -> str:
    """A row for each field of an annotation."""
    return table(("Field", "Type", "Null", "Meaning"), [_row(ANNOTATION.field(at)) for at in range(len(ANNOTATION))])


def fact_column_reference() -> str:
    """A row for each type of a fact."""
    kinds: dict[str, list[str]] = {}
    for name in sorted(FACT_TYPES):
        kinds.setdefault(_kind(fact_kind(name)), []).append(code(FACT_COLUMN + name))
    return table(("Type", "Columns"), [(code(kind), " ".join(names)) for kind, names in sorted(kinds.items())])


def _kind(kind: pa.DataType) -> str:
    return re.sub(r"list<\w+: ", "list<", str(kind))


def _row(field: pa.Field) -> tuple[str, ...]:
    kind = "list<annotation>" if field.name == "annotations" else _kind(field.type)
    return code(field.name), code(kind), "yes" if field.nullable else "no", (field.metadata or {})[DESCRIPTION].decode()
