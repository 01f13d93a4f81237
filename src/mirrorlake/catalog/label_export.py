"""Stream assets with their annotations, in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from psycopg.rows import TupleRow

from mirrorlake.catalog.annotations import Chosen, geometry_document
from mirrorlake.catalog.statements import statement
from mirrorlake.labels.documents import geometry_from_json
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.model.labels import Shape
from mirrorlake.model.objects import ObjectRef
from mirrorlake.model.sources import Location
from mirrorlake.model.splits import SPLITS
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import stored_location

_FETCHED = 5_000  # rows in memory
_OF_IMAGE = 7  # first columns of a row of `labelled_images`


def labelled_images(catalog: Catalog, ontology: str, chosen: Chosen, project: str | None) -> Iterator[ImageLabels]:
    """The chosen assets with their labels in one ontology and their splits in a project, all of one moment.

    Memory use is constant.
    """
    text, params = chosen
    query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement("labelled_images").query
    with catalog.snapshot() as connection, connection.cursor("labels") as cursor:
        cursor.itersize = _FETCHED
        cursor.execute(query, (*params, ontology, project))
        locations: dict[str, Location] = {}
        for (_, key, datasource, uri, width, height, split), rows in groupby(cursor, key=lambda row: row[:_OF_IMAGE]):
            location = locations.setdefault(uri, stored_location(uri))
            labels = tuple(_label(row) for row in rows if row[_OF_IMAGE] is not None)
            yield ImageLabels(
                path=key,
                datasource=datasource,
                uri=location.object_uri(key),
                width=width,
                height=height,
                labels=labels,
                split=None if split is None else SPLITS[split],
            )


def exported_images(catalog: Catalog, chosen: Chosen) -> Iterator[ObjectRef]:
    """The objects of the chosen assets. Memory use is constant."""
    text, params = chosen
    query = b"WITH chosen AS MATERIALIZED (" + text + b") " + statement("exported_images").query
    with catalog.snapshot() as connection, connection.cursor("images") as cursor:
        cursor.execute(query, params)
        for key, datasource, token, version, size in cursor:
            yield ObjectRef(key=key, datasource=datasource, token=token, version=version, size=size)


def _label(row: TupleRow) -> Label:
    name, shape, x, y, width, height, geometry, attributes = row[_OF_IMAGE:]
    document = geometry_document(Shape(shape), (x, y, width, height), geometry)
    return Label(class_name=name, geometry=geometry_from_json(Shape(shape), document), attributes=attributes)
