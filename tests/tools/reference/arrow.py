"""The columns of exported assets, from their Arrow schema."""

from __future__ import annotations

import pyarrow as pa
from tests.tools.reference.markdown import code, table

from mirrorlake.model.asset_columns import ANNOTATION, ASSETS, DESCRIPTION


def asset_column_reference() -> str:
    """A row for each column of an asset."""
    return table(("Column", "Type", "Null", "Meaning"), [_row(field) for field in ASSETS])


def annotation_column_reference() -> str:
    """A row for each field of an annotation."""
    return table(("Field", "Type", "Null", "Meaning"), [_row(ANNOTATION.field(at)) for at in range(len(ANNOTATION))])


def _row(field: pa.Field) -> tuple[str, ...]:
    kind = "list<annotation>" if field.name == "annotations" else str(field.type).replace("list<element: ", "list<")
    kind = kind.replace("list<item: ", "list<")
    return code(field.name), code(kind), "yes" if field.nullable else "no", (field.metadata or {})[DESCRIPTION].decode()
