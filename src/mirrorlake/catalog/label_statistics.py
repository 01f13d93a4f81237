"""Count the annotations of chosen assets by size and place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrorlake.catalog.annotations import Chosen, count_by_class
from mirrorlake.catalog.statements import statement
from mirrorlake.model.labels import CentreMap, LabelStatistics, SizeCount
from mirrorlake.postgres.pool import Catalog, limit_time

AREAS = (0.0, 0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)  # at which bins begin
COLUMNS, ROWS = 20, 20
TIMEOUT_S = 60  # for each statement


def read_statistics(catalog: Catalog, chosen: Chosen) -> LabelStatistics:
    """The classes, sizes and places of the annotations of the chosen assets."""
    [(assets, annotated)] = _rows(catalog, chosen, "annotated_counts", ())
    classes = count_by_class(catalog, chosen)
    sizes = dict(_rows(catalog, chosen, "box_sizes", (list(AREAS),)))
    counts = [0] * (COLUMNS * ROWS)
    for column, row, count in _rows(catalog, chosen, "box_centres", (COLUMNS, ROWS)):
        counts[row * COLUMNS + column] = count
    return LabelStatistics(
        assets=assets,
        annotated=annotated,
        annotations=sum(one.annotations for one in classes),
        classes=tuple(classes),
        sizes=tuple(
            SizeCount(at_least=area, below=below, annotations=sizes.get(position, 0))
            for position, (area, below) in enumerate(zip(AREAS, (*AREAS[1:], None), strict=True), 1)
        ),
        centres=CentreMap(columns=COLUMNS, rows=ROWS, counts=tuple(counts)),
    )


def _rows(catalog: Catalog, chosen: Chosen, name: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    text, params = chosen
    query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement(name).query
    with catalog.read() as connection:
        limit_time(connection, TIMEOUT_S)
        return connection.execute(query, (*params, *values), prepare=False).fetchall()
