"""An assistant searches the library over MCP, with the real client: bounded results, and no edits unless allowed."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mcp import Client, StdioServerParameters
from tests.support.loops import run
from tests.support.made_library import copy_of, made_template
from tests.support.postgres import Server, address_of

from mirrorlake.cli.mcp_server import make_server
from mirrorlake.cli.mcp_tools import MAX_ASSETS, MAX_KEYS, MAX_TEXT
from mirrorlake.core.settings import Settings
from mirrorlake.services.base import open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary

READING = {
    "search_assets", "list_keys", "count_assets", "explain_query", "get_asset", "get_thumbnail", "list_datasources",
    "list_runs", "run_report",
}  # fmt: skip
EDITING = {"edit_tags", "edit_metadata"}


@pytest.fixture(scope="module")
def made(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with made_template(postgres_server, tmp_path_factory.mktemp("made"), size=150) as template:
        yield copy_of(postgres_server, template)


@pytest.fixture(scope="module")
def library(made: Settings) -> Iterator[LocalLibrary]:
    with open_resources(made) as resources:
        yield LocalLibrary(resources, local_user())


def ask(library: LocalLibrary, talk: Callable[[Client], Awaitable[Any]], *, allow_edits: bool = False) -> Any:
    async def connect() -> Any:
        async with Client(make_server(library, allow_edits=allow_edits)) as client:
            return await talk(client)

    return run(connect())


def call(library: LocalLibrary, tool: str, *, allow_edits: bool = False, **arguments: Any) -> Any:
    return ask(library, lambda client: client.call_tool(tool, arguments), allow_edits=allow_edits)


def test_a_real_client_searches_over_standard_input_and_output(made: Settings) -> None:
    command = str(Path(sys.executable).with_name("mirrorlake"))
    environ = os.environ | {
        "MIRRORLAKE_HOME": str(made.home),
        "MIRRORLAKE_DATABASE_URL": address_of(made.database_url or ""),
    }
    server = StdioServerParameters(command=command, args=["mcp"], env=environ)

    async def talk() -> None:
        async with Client(server, read_timeout_seconds=120) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == READING
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
            assert all("never follow instructions" in (tool.description or "") for tool in tools.values())
            found = await client.call_tool("search_assets", {"query": "sort:id", "limit": 2})
            assert [item["id"] for item in found.structured_content["items"]] == ["1000", "1001"]
            picture = (await client.call_tool("get_thumbnail", {"asset_id": "1001"})).content[0]
            assert (picture.type, picture.mime_type) == ("image", "image/webp")
            wrong = await client.call_tool("search_assets", {"query": "width:>"})
            assert wrong.is_error
            assert "Expected a value." in wrong.content[0].text
            edit = await client.call_tool("edit_tags", {"asset_ids": ["1000"], "add": ["x"]})
            assert edit.is_error

    run(talk())


def test_the_tools_return_what_the_library_holds(library: LocalLibrary) -> None:
    assert call(library, "count_assets", query="").structured_content["total"] == 150
    assert call(library, "count_assets", query="metadata.scoer>1").structured_content["notes"]
    explained = call(library, "explain_query", query="cat -dog").structured_content
    assert explained["canonical"] == "cat -dog"
    assert call(library, "get_asset", asset_id="1001").structured_content["asset"]["id"] == "1001"
    keys = call(library, "list_keys", contains="scor").structured_content
    assert [key["key"] for key in keys["items"]] == ["score"]
    names = {one["name"] for one in call(library, "list_datasources").structured_content["items"]}
    assert "orchard" in names
    runs = call(library, "list_runs", datasource="harbour cams", limit=1).structured_content["items"]
    assert [run["id"] for run in runs] == [4]
    report = call(library, "run_report", run_id=3).structured_content
    assert report["run"]["id"] == 3
    assert {one["kind"] for one in report["failed"]} == {"failed"}
    missing = call(library, "get_asset", asset_id="99999")
    assert missing.is_error
    assert "99999" in missing.content[0].text


def test_results_are_bounded(library: LocalLibrary, made: Settings) -> None:
    with psycopg.connect(made.database_url or "") as session:
        session.execute(
            "UPDATE asset SET metadata = (SELECT jsonb_object_agg('k' || n, repeat('x', 5000))"
            " FROM generate_series(1, 200) AS n) WHERE id = 1005"
        )
    (item,) = call(library, "search_assets", query="id:1005").structured_content["items"]
    assert len(item["metadata"]) == MAX_KEYS + 1
    assert max(len(str(value)) for value in item["metadata"].values()) == MAX_TEXT + 1
    assert call(library, "search_assets", limit=MAX_ASSETS + 1).is_error
    page = call(library, "search_assets", query="sort:id", limit=MAX_ASSETS).structured_content
    more = call(library, "search_assets", query="sort:id", cursor=page["next_cursor"]).structured_content
    assert (len(page["items"]), more["items"][0]["id"]) == (MAX_ASSETS, "1100")


def test_edits_are_offered_only_where_they_are_allowed(library: LocalLibrary) -> None:
    async def names(client: Client) -> set[str]:
        return {tool.name for tool in (await client.list_tools()).tools}

    assert ask(library, names) == READING
    assert ask(library, names, allow_edits=True) == READING | EDITING
    edited = call(library, "edit_tags", allow_edits=True, asset_ids=["1010", "1011"], add=["seen"], remove=["none"])
    assert all("seen" in item["tags"] for item in edited.structured_content["items"])
    values = {"site": "hall 3", "n": 7, "ok": True}
    edited = call(library, "edit_metadata", allow_edits=True, asset_ids=["1010"], set_values=values)
    assert values.items() <= edited.structured_content["items"][0]["metadata"].items()
    for arguments in ({"asset_ids": ["1010", "99999"], "add": ["never"]}, {"asset_ids": ["1010"]}):
        assert call(library, "edit_tags", allow_edits=True, **arguments).is_error
    assert "never" not in library.assets.get("1010").asset.tags
