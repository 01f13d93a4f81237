"""Ontologies and annotations over HTTP and through the SDK."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

from mirrorlake.client.connection import Connection
from mirrorlake.client.labels import LabelClient, OntologyClient
from mirrorlake.core.errors import Conflict
from mirrorlake.model.labels import Box, LabelClass, NewAnnotation, Shape

ONTOLOGY = "/api/v1/ontologies/site"
ANNOTATIONS = "/api/v1/assets/1001/annotations"
CLASS = {"name": "forklift", "shape": "box", "colour": "#1e90ff", "external_ids": {"YOLO": "0"}}
AREA = {"name": "area", "shape": "polygon", "colour": "#1e90ff"}
CUT = {"name": "cut", "shape": "mask", "colour": "#1e90ff"}
TOUCHING = [[0, 0], [0.25, 0.25], [0.5, 0.5], [0.5, 0], [0.25, 0.25], [0, 0.6]]
BOX = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}


AREA_OF = {"class_name": "area", "shape": "polygon"}
CUT_OF = {"class_name": "cut", "shape": "mask"}


def body(**given: Any) -> dict[str, Any]:
    row = {"class_name": "forklift", "shape": "box", "geometry": BOX} | given
    return {"ontology": "site", "annotations": [row]}


def test_an_ontology_is_saved_in_versions_and_deleted_when_unused(client: TestClient, library: Library) -> None:
    made = client.put(ONTOLOGY, json={"classes": [CLASS], "version": 0}).json()
    assert (made["version"], made["classes"][0]["external_ids"]) == (1, {"YOLO": "0"})
    assert client.get("/api/v1/ontologies").json() == [made]
    assert client.put(ONTOLOGY, json={"classes": [CLASS], "version": 7}).status_code == 409
    assert client.put(ONTOLOGY, json={"classes": [], "version": 1}).json()["version"] == 2
    assert client.get(ONTOLOGY, params={"version": 1}).json() == made
    assert client.put(ONTOLOGY, json={"classes": [CLASS], "version": 2}).json()["version"] == 3
    assert client.put(ANNOTATIONS, json=body()).status_code == 200
    assert client.delete(ONTOLOGY).status_code == 409
    assert client.put(ANNOTATIONS, json={"ontology": "site", "annotations": []}).json() == []
    assert client.delete(ONTOLOGY).status_code == 204
    assert client.get(ONTOLOGY).status_code == 404


def test_annotations_are_replaced_listed_counted_and_found(client: TestClient, library: Library) -> None:
    client.put(ONTOLOGY, json={"classes": [CLASS]})
    (made,) = client.put(ANNOTATIONS, json=body(attributes={"hidden": True, "score": 0.5})).json()
    assert (made["geometry"], made["attributes"], made["source"]) == (BOX, {"hidden": True, "score": 0.5}, "user")
    assert client.get(ANNOTATIONS).json() == [made]
    (count,) = client.get("/api/v1/labels/stats", params={"query": "class:forklift"}).json()
    assert (count["class_name"], count["annotations"], count["assets"]) == ("forklift", 1, 1)
    assert [one["id"] for one in client.get("/api/v1/assets", params={"query": "class:forklift"}).json()["items"]] == [
        "1001"
    ]


@pytest.mark.parametrize(
    ("given", "status", "part"),
    [
        ({"geometry": BOX | {"x": 0.9}}, 400, "outside the image"),
        ({"geometry": {"x": 1}}, 400, "expected are x, y, width, height"),
        (AREA_OF | {"geometry": {"rings": [[[0, 0], [1, 1], [1, 0], [0, 0.9]]]}}, 400, "crosses itself"),
        (AREA_OF | {"geometry": {"rings": [TOUCHING]}}, 400, "touches itself at 0.25, 0.25"),
        (CUT_OF | {"geometry": {"width": 10, "height": 10, "counts": "0T3"}}, 400, "The mask has 10×10 pixels, but"),
        ({"shape": "keypoints", "geometry": {"points": [[0, 0, 1.5]]}}, 400, "whole numbers"),
        ({"class_name": "crate"}, 400, "no class 'crate'"),
        ({"shape": "circle"}, 422, "shape"),
        ({"label": "x"}, 422, "label"),
    ],
)
def test_an_invalid_annotation_is_refused_with_the_reason(
    client: TestClient, library: Library, given: dict[str, Any], status: int, part: str
) -> None:
    client.put(ONTOLOGY, json={"classes": [CLASS, AREA, CUT]})
    answer = client.put(ANNOTATIONS, json=body(**given))
    assert answer.status_code == status
    assert part in answer.text
    assert client.get(ANNOTATIONS).json() == []


def test_the_sdk_has_the_same_nouns(client: TestClient, library: Library) -> None:
    connection = _connected(client)
    ontologies, labels = OntologyClient(connection), LabelClient(connection)
    classes = [LabelClass(name="forklift", shape=Shape.BOX, colour="#1e90ff")]
    made = ontologies.save("site", classes, version=0)
    assert made.classes == tuple(classes)
    assert ontologies.get("site") == made == ontologies.list()[0]
    (annotation,) = labels.replace(
        "1001", "site", [NewAnnotation(class_name="forklift", geometry=Box(0.1, 0.1, 0.5, 0.5))]
    )
    assert list(labels.of_asset("1001")) == [annotation]
    assert [one.annotations for one in labels.stats()] == [1]
    statistics = labels.statistics("class:forklift")
    assert (statistics.annotations, sum(statistics.centres.counts), len(statistics.classes)) == (1, 1, 1)
    with pytest.raises(Conflict, match="used by 1 annotation of 1 asset"):
        ontologies.delete("site")


def _connected(client: TestClient) -> Any:
    connection = Connection("http://127.0.0.1:8000", client.headers["authorization"].removeprefix("Bearer "))
    connection._http.close()
    connection._http = client
    client.base_url = client.base_url.join("/api/v1/")
    return connection


def test_a_polygon_that_came_crossing_itself_does_not_lock_the_others(client: TestClient, library: Library) -> None:
    """Imports keep such polygons, as many sets of data have them; people draw none."""
    client.put(ONTOLOGY, json={"classes": [CLASS | {"name": "road", "shape": "polygon"}]})
    good = {"class_name": "road", "shape": "polygon", "geometry": {"rings": [[[0, 0], [1, 0], [1, 1]]]}}
    bad = good | {"geometry": {"rings": [[[0, 0], [1, 1], [1, 0], [0, 0.9]]]}}
    client.put(ANNOTATIONS, json={"ontology": "site", "annotations": [good]})
    with library.resources.catalog.write() as connection:
        connection.execute(
            b"INSERT INTO annotation (asset_id, class_id, geometry, source, by)"
            b" SELECT asset_id, class_id, %s, source, by FROM annotation",
            [json.dumps(bad["geometry"])],
        )
    assert len(client.get(ANNOTATIONS).json()) == 2
    moved = good | {"geometry": {"rings": [[[0, 0], [0.5, 0], [0.5, 0.5]]]}}
    kept = client.put(ANNOTATIONS, json={"ontology": "site", "annotations": [bad, moved]})
    assert kept.status_code == 200, kept.text
    refused = client.put(ANNOTATIONS, json={"ontology": "site", "annotations": [bad, bad, moved]})
    assert "Annotation 2 (road) is invalid: The polygon crosses itself." in refused.text
