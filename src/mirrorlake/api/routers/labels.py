"""Routes of ontologies, of the annotations of assets, and of their numbers by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mirrorlake.api.routers.assets import AssetId
from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.labels import VERSION_LIMIT, AnnotationsBody, OntologyBody
from mirrorlake.labels.ontology import NAME_LIMIT
from mirrorlake.model.labels import Annotation, ClassCount, Ontology

OntologyName = Annotated[str, Path(max_length=4 * NAME_LIMIT, description="Name of the ontology.")]


def show_all(library: Bound) -> Sequence[Ontology]:
    """List all ontologies with their classes."""
    return library.ontologies.list()


def get(
    library: Bound,
    name: OntologyName,
    version: Annotated[
        int | None, Query(ge=1, le=VERSION_LIMIT, description="An earlier version; the latest if omitted.")
    ] = None,
) -> Ontology:
    """Get an ontology."""
    return library.ontologies.get(name, version=version)


def save(library: Bound, name: OntologyName, body: OntologyBody) -> Ontology:
    """Create an ontology, or replace its classes. A class with annotations can neither be left out nor reshaped."""
    return library.ontologies.save(name, body.as_classes(), version=body.version)


def delete(library: Bound, name: OntologyName) -> Response:
    """Delete an ontology without annotations."""
    library.ontologies.delete(name)
    return Response(status_code=204)


def list_annotations(library: Bound, asset_id: AssetId) -> Sequence[Annotation]:
    """List the annotations of an asset."""
    return library.labels.of_asset(asset_id)


def replace(library: Bound, asset_id: AssetId, body: AnnotationsBody) -> Sequence[Annotation]:
    """Replace the annotations of an asset in one ontology. Equal ones keep who made them. Returns all annotations."""
    return library.labels.replace(asset_id, body.ontology, body.as_annotations())


def stats(
    library: Bound,
    query: Annotated[
        str, Query(max_length=8192, description="Query in the search language; empty matches everything.")
    ] = "",
) -> Sequence[ClassCount]:
    """Count the annotations of the matching assets by class."""
    return library.labels.stats(query)


def label_routes() -> APIRouter:
    """The routes under /ontologies, /assets/ID/annotations and /labels."""
    router = APIRouter(tags=["labels"])
    add_route(router, "GET", "/ontologies", show_all, operation="listOntologies")
    add_route(router, "GET", "/ontologies/{name}", get, operation="getOntology")
    add_route(router, "PUT", "/ontologies/{name}", save, operation="saveOntology")
    add_route(
        router,
        "DELETE",
        "/ontologies/{name}",
        delete,
        operation="deleteOntology",
        status=204,
        response_class=Response,
    )
    add_route(router, "GET", "/assets/{asset_id}/annotations", list_annotations, operation="getAnnotations")
    add_route(router, "PUT", "/assets/{asset_id}/annotations", replace, operation="replaceAnnotations")
    add_route(router, "GET", "/labels/stats", stats, operation="countLabels")
    return router
