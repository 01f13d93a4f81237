"""The objects of exported rows, for exports that need their bytes. Pure."""

from __future__ import annotations

from typing import Final, cast

from mirrorlake.model.objects import ObjectRef

Row = dict[str, object]
NEEDED: Final = ("id", "key", "uri", "datasource", "token", "version", "size")  # in every row, to read its bytes


def object_of(row: Row) -> ObjectRef:
    """The object of a row that has the columns NEEDED."""
    return ObjectRef(
        datasource=str(row["datasource"]),
        key=str(row["key"]),
        token=str(row["token"]),
        version=cast("str | None", row["version"]),
        size=cast("int", row["size"]),
    )
