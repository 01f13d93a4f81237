"""People edit, buckets change: the command line, the server, and what each strategy leaves of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.support.cli import Cli


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    for name, colour in (("a", "red"), ("b", "green")):
        Image.new("RGB", (16, 12), colour).save(root / f"{name}.png")
    sidecar(root, "a", site="north", depth=2)
    return root


def sidecar(root: Path, name: str, **values: object) -> None:
    (root / f"{name}.json").write_text(json.dumps(values))


def strategy(folder: Path, name: str) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"updateMetadataStrategy": name}))
    return path


def asset(cli: Cli, name: str) -> Any:
    (found,) = cli.search(name)
    return found


@pytest.fixture
def server(cli: Cli) -> Iterator[tuple[Cli, str]]:
    """The same commands, asking a server of the same library."""
    process = cli.start("up", "--port", "0")
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"(http://\S+)/\?token=(\S+)", said)
    assert found, said
    address, token = found[1], found[2]
    try:
        yield cli.with_environ(MIRRORLAKE_URL=address, MIRRORLAKE_API_KEY=token), address
    finally:
        process.terminate()
        process.communicate(timeout=60)


def edit_and_find(cli: Cli, asset_id: str) -> None:
    shown = cli.run("metadata", "set", asset_id, "weight=95", "ok=true", 'lot="007"', "side=front", "--json")
    assert shown.code == 0, shown.err
    assert shown.json | {"function_failures": []} == cli.run("asset", "show", asset_id, "--json").json
    entries = {key: (entry["value"], entry["source"]) for key, entry in shown.json["metadata_entries"].items()}
    assert entries == {
        "site": ("north", "bucket"),
        "depth": (2, "bucket"),
        "weight": (95, "user"),
        "ok": (True, "user"),
        "lot": ("007", "user"),
        "side": ("front", "user"),
    }
    tagged = cli.run("tag", "add", asset_id, "night shift", "seen", "--json")
    assert tagged.json["tags"] == ["night shift", "seen"]
    for query in ('metadata.lot:"007"', "metadata.weight>90", 'tag:"night shift"', "metadata.ok:true"):
        assert [found["id"] for found in cli.search(query)] == [asset_id], query
    assert cli.run("tag", "remove", asset_id, "seen", "never", "--json").json["tags"] == ["night shift"]
    removed = cli.run("metadata", "remove", asset_id, "side", "depth", "never", "--json").json
    assert set(removed["metadata"]) == {"site", "weight", "ok", "lot"}
    assert cli.search("metadata.side:*") == []


def test_an_edit_is_shown_and_found_at_once(cli: Cli, photos: Path) -> None:
    cli.mirror(photos.as_uri())
    edit_and_find(cli, asset(cli, "a.png")["id"])


def test_a_server_edits_as_the_library_on_this_machine_does(cli: Cli, photos: Path, server: tuple[Cli, str]) -> None:
    remote, address = server
    cli.mirror(photos.as_uri())
    identity = asset(cli, "a.png")["id"]

    edit_and_find(remote, identity)

    assert cli.run("asset", "show", identity, "--json").json == remote.run("asset", "show", identity, "--json").json
    assert remote.run("runs", "list", "--json").lines == cli.run("runs", "list", "--json").lines
    assert remote.run("tag", "add", "424242", "t").code == 1
    key = {"authorization": f"Bearer {remote.environ['MIRRORLAKE_API_KEY']}"}
    url = f"{address}/api/v1/assets/{identity}"
    assert httpx.patch(url, json={"addTags": ["x"]}).status_code == 401
    assert httpx.patch(url, json={"addTags": ["x"]}, headers=key).json()["asset"]["tags"] == ["night shift", "x"]
    assert httpx.patch(url, json={"metadata": {"k": 1e308}}, headers=key).status_code == 200
    history = httpx.get(f"{url}/history", headers=key)
    assert history.json()[0]["metadata"]["k"] == {"before": None, "after": 1e308}
    for path in ("activity", "search/keys", "search/facets?keys=metadata.k"):
        answer = httpx.get(f"{address}/api/v1/{path}", headers=key)
        assert (answer.status_code, "e308" in answer.text or "e+308" in answer.text) == (200, True), path
    assert httpx.patch(url, json={"metadata": {"a b": 1}}, headers=key).status_code == 400


REFUSED = (
    (("metadata", "set", "ID", "k=null"), 2, "null"),
    (("metadata", "set", "ID", "k"), 2, "KEY=VALUE"),
    (("metadata", "set", "ID", "a b=1"), 2, "Invalid metadata key"),
    (("metadata", "set", "ID"), 2, "KEY=VALUE"),
    (("metadata", "remove", "ID", ""), 2, "Invalid metadata key"),
    (("tag", "add", "ID", "  "), 2, "Invalid tag"),
    (("tag", "add", "ID", "x" * 101), 2, "Invalid tag"),
    (("tag", "add", "424242", "t"), 1, "Asset 424242 does not exist"),
    (("metadata", "remove", "x", "k"), 1, "Asset x does not exist"),
    (("datasource", "reapply", "nobody"), 1, "does not exist"),
)


def test_what_cannot_be_is_refused_in_one_sentence_and_changes_nothing(cli: Cli, photos: Path) -> None:
    cli.mirror(photos.as_uri())
    before = asset(cli, "a.png")
    for words, code, sentence in REFUSED:
        result = cli.run(*(before["id"] if word == "ID" else word for word in words), "--json")
        assert (result.code, result.out) == (code, ""), words
        assert sentence in result.err
        assert "Traceback" not in result.err
    assert asset(cli, "a.png") == before


LEFT = {
    "mergeBucketWins": {"site": "east", "mine": 1, "new": True},
    "mergeUserWins": {"site": "west", "mine": 1, "new": True},
    "overwrite": {"site": "east", "new": True},
    "untilFirstChange": {"site": "west", "mine": 1, "depth": 2},
    "append": {"site": "west", "mine": 1, "depth": 2, "new": True},
}


@pytest.mark.parametrize("name", LEFT)
def test_a_changed_sidecar_leaves_what_the_strategy_says(cli: Cli, photos: Path, tmp_path: Path, name: str) -> None:
    settings = strategy(tmp_path, name)
    cli.mirror(photos.as_uri(), "--settings", settings)
    identity = asset(cli, "a.png")["id"]
    cli.run("metadata", "set", identity, "site=west", "mine=1")
    sidecar(photos, "a", site="east", new=True)

    report = cli.mirror(photos.as_uri())

    assert (report["metadata_changed"], report["unchanged"], report["requests"]["get"]) == (1, 1, 1)
    (found,) = cli.search("metadata.site:" + str(LEFT[name]["site"]))
    assert (found["id"], found["metadata"]) == (identity, LEFT[name])
    assert cli.mirror(photos.as_uri())["unchanged"] == 2


def test_a_changed_strategy_acts_when_it_is_reapplied(cli: Cli, photos: Path, tmp_path: Path) -> None:
    cli.mirror(photos.as_uri(), "--name", "mine")
    edited = asset(cli, "a.png")["id"]
    cli.run("metadata", "set", edited, "site=west", "mine=1")
    assert cli.mirror(photos.as_uri(), "--settings", strategy(tmp_path, "overwrite"))["unchanged"] == 2
    assert asset(cli, "a.png")["metadata"] == {"site": "west", "depth": 2, "mine": 1}

    report = cli.run("datasource", "reapply", "mine", "--json")

    assert report.code == 0, report.err
    told = {name: report.json[name] for name in ("state", "metadata_changed", "unchanged")}
    assert told == {"state": "succeeded", "metadata_changed": 1, "unchanged": 1}
    assert asset(cli, "a.png")["metadata"] == {"site": "north", "depth": 2}
    (outcome,) = cli.run("runs", "outcomes", report.json["run"], "--json").lines
    assert (outcome["key"], outcome["outcome"], outcome["asset"]) == ("a.png", "metadata_changed", edited)
    again = cli.run("datasource", "reapply", "mine", "--json").json
    assert (again["metadata_changed"], again["unchanged"]) == (0, 2)


def test_only_the_assets_whose_config_changed_are_merged_by_its_strategy(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    sidecar(photos, "b", site="south")
    cli.mirror(photos.as_uri(), "--name", "mine")
    for name in ("a.png", "b.png"):
        cli.run("metadata", "set", asset(cli, name)["id"], "site=west")
    two = tmp_path / "two.json"
    configs = [
        {"glob_patterns": ["a.*"], "settings": {"updateMetadataStrategy": "overwrite"}},
        {"glob_patterns": ["**"], "settings": {"updateMetadataStrategy": "mergeUserWins"}},
    ]
    two.write_text(json.dumps({"mirror_configs": configs}))
    cli.mirror(photos.as_uri(), "--settings", two)

    report = cli.run("datasource", "reapply", "mine", "--json").json

    assert (report["metadata_changed"], report["unchanged"]) == (1, 1)
    assert asset(cli, "a.png")["metadata"]["site"] == "north"
    assert asset(cli, "b.png")["metadata"]["site"] == "west"
