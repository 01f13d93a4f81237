"""What every route has in common: only known names, no NUL, the right method, and pages that lead to the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

from mirrorlake.core.cursors import write_cursor

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
NAMES = {
    "{webhook_id}": "1",
    "{asset_id}": "1000",
    "{run_id}": "3",
    "{name}": "harbour cams",
    "{preview_id}": "x",
    "{job_id}": "6",
    "{key_id}": "1",
    "{session_id}": "1",
    "{search_id}": "1",
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method and address of each route."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            address = path
            for name, value in NAMES.items():
                address = address.replace(name, value)
            yield method, address, operation


def test_no_route_takes_a_parameter_that_it_does_not_have(client: TestClient, app: FastAPI, library: Library) -> None:
    before = library.content()
    for method, address, operation in operations(app):
        answer = client.request(method, address, params={"limits": "1"})
        assert answer.status_code == 422, (method, address)
        (error,) = (each for each in answer.json()["errors"] if each["where"] == "query.limits")
        known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        assert "limit" not in known or "Did you mean limit?" in error["message"], (method, address)
    assert library.content() == before


def test_no_parameter_of_one_value_is_taken_twice(client: TestClient, app: FastAPI, library: Library) -> None:
    before, tried = library.content(), 0
    for method, address, operation in operations(app):
        for parameter in operation.get("parameters", []):
            if parameter["in"] != "query":
                continue
            name, schema = parameter["name"], parameter["schema"]
            several = any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ())))
            answer = client.request(method, address, params=[(name, "1"), (name, "1")])
            named = answer.status_code == 422 and any(
                each["where"] == f"query.{name}" and "given 2 times" in each["message"]
                for each in answer.json()["errors"]
            )
            assert named != several, (method, address, name, answer.text)
            tried += 1
        answer = client.request(method, address, params=[("workspace", "default"), ("workspace", "default")])
        assert answer.status_code >= 400, (method, address)
    assert tried > 100
    assert library.content() == before


def test_an_unknown_field_of_a_body_is_named_with_the_nearest_one(client: TestClient) -> None:
    for address, body, message in (
        ("/api/v1/assets/1000", {"add_tag": ["x"]}, "Did you mean add_tags?"),
        ("/api/v1/assets/1000", {"removeMetadatas": ["x"]}, "Did you mean remove_metadata?"),
    ):
        answer = client.patch(address, json=body)
        assert answer.status_code == 422
        assert message in answer.json()["errors"][0]["message"]
    answer = client.post("/api/v1/runs/confirm", json={"planhash": "00"})
    assert "Did you mean plan_hash?" in answer.json()["detail"]


def test_names_of_other_products_are_taken_too(client: TestClient, library: Library) -> None:
    for change in ({"addTags": ["seen"]}, {"add_tags": ["seen"]}):
        assert "seen" in client.patch("/api/v1/assets/1000", json=change).json()["asset"]["tags"]


def test_no_route_fails_over_a_nul(client: TestClient, app: FastAPI) -> None:
    for method, address, operation in operations(app):
        for each in operation.get("parameters", []):
            if each["in"] == "query":
                assert client.request(method, f"{address}?{each['name']}=a%00b").status_code == 400, (method, address)
        for value in ("1000", "harbour%20cams", "harbour cams", "/3/", "/x"):
            if value in address:
                broken = address.replace(value, f"{value}%00", 1)
                assert client.request(method, broken).status_code in {400, 404}, (method, broken)


def test_a_wrong_method_is_answered_with_all_that_would_be_right(client: TestClient, app: FastAPI) -> None:
    allowed: dict[str, set[str]] = {"/": {"GET", "HEAD"}}
    for method, address, _ in operations(app):
        allowed.setdefault(address, set()).add(method.upper())
    for address, right in allowed.items():
        for method in METHODS - right:
            answer = client.request(method, address)
            assert (answer.status_code, answer.headers.get("allow")) == (405, ", ".join(sorted(right))), (
                method,
                address,
            )
            assert method == "HEAD" or answer.headers["content-type"] == "application/problem+json"
    assert client.post("/api/v1/nothing").status_code == 404


def test_a_name_may_hold_slashes_and_the_words_of_other_paths(client: TestClient, library: Library) -> None:
    for name in ("a/b", "run", "a/run", "explain/purge", "%2F", "/"):
        with psycopg.connect(library.settings.database_url or "") as session:
            session.execute("UPDATE datasource SET name = %s WHERE id = 4", (name,))
        address = f"/api/v1/datasources/{quote(name, safe='')}"
        assert client.get(address).json().get("name") == name
        assert client.patch(address, json={"schedule": "every: 2h"}).json().get("name") == name
        assert client.get(f"{address}/deletion").json().get("name", name) == name
        assert client.get(f"{address}/purge").status_code == 200
        added = client.post(f"/api/v1/projects/{quote(name, safe='')}/add", json={"assets": ["1000"]})
        assert added.status_code == 200, name
        assert name in {each["name"] for each in client.get("/api/v1/projects").json()}
        assert client.request("DELETE", f"{address}/run").status_code == 405
    with psycopg.connect(library.settings.database_url or "") as session:
        session.execute("UPDATE datasource SET name = 'a/b' WHERE id = 4")
    assert client.get("/api/v1/datasources/a/b/purge").status_code == 200  # as a proxy may pass it on


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sort:name",
        "sort:size sort:-id",
        "sort:-metadata.shift sort:metadata.place",
    ],
)
def test_pages_by_cursor_are_the_whole_in_its_order(client: TestClient, query: str) -> None:
    whole: list[str] = []
    for offset in range(0, 300, 100):
        page = client.get("/api/v1/assets", params={"query": query, "offset": offset}).json()
        whole += [asset["id"] for asset in page["items"]]
    found: list[str] = []
    params: dict[str, str | int] = {"query": query, "limit": 77}
    while True:
        page = client.get("/api/v1/assets", params=params).json()
        assert (page["total"], page["total_capped"], page["offset"]) == (300, False, len(found))
        found += [asset["id"] for asset in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert found == whole
    assert len(set(found)) == 300


def test_a_cursor_repeats_and_hides_nothing_when_assets_come_and_go(client: TestClient, library: Library) -> None:
    query = "sort:-updated"
    first = client.get("/api/v1/assets", params={"query": query, "limit": 100}).json()
    last = first["items"][-1]["id"]
    client.patch(f"/api/v1/assets/{last}", json={"add_tags": ["moved to the front"]})
    params = {"query": query, "limit": 500, "cursor": first["next_cursor"]}
    rest = [asset["id"] for asset in client.get("/api/v1/assets", params=params).json()["items"]]
    assert len(rest) == 200
    assert not {asset["id"] for asset in first["items"]} & set(rest)


@pytest.mark.parametrize(
    "cursor",
    ["x", "ü", "e30", write_cursor("runs", 3), write_cursor("runs", "x"), write_cursor("assets", [1, 2, 3, True])],
)
def test_a_cursor_of_another_list_is_refused(client: TestClient, cursor: str) -> None:
    for address in ("/api/v1/assets", "/api/v1/runs/3/outcomes"):
        answer = client.get(address, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:mirrorlake:usage-error")


@pytest.mark.parametrize("address", ["/api/v1/runs", "/api/v1/runs/3/outcomes", "/api/v1/runs/3/outcomes?kind=new"])
def test_lists_lead_to_their_next_page_by_link(client: TestClient, address: str) -> None:
    whole = client.get(address).json()
    path, _, query = address.partition("?")
    found: list[Any] = []
    url: str | None = f"{path}?{query}&limit=2"
    while url is not None:
        answer = client.get(url)
        found += answer.json()
        url = answer.links.get("next", {}).get("url")
        assert url is None or urlsplit(url).path == path
    assert found == whole
