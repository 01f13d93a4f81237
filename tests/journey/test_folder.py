"""A folder becomes a library: the road from end to end, as a person walks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.support.cli import Cli


def picture(path: Path, colour: str, size: tuple[int, int] = (64, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    picture(root / "a.jpg", "red")
    picture(root / "b.png", "green", (1000, 500))
    picture(root / "field" / "c d+e%.webp", "blue")
    picture(root / "field" / "ü.bmp", "yellow")
    (root / "a.json").write_text(json.dumps({"site": "hall 3", "capture": {"temperature": 72.5}, "night": False}))
    (root / "notes.txt").write_text("not a picture")
    return root


def names(cli: Cli, query: str = "") -> list[str]:
    return sorted(asset["name"] for asset in cli.search(query))


def test_a_first_pass_finds_everything_new_and_a_second_one_nothing(cli: Cli, photos: Path) -> None:
    first = cli.mirror(photos.as_uri())
    assert (first["state"], first["listed"], first["selected"], first["new"]) == ("succeeded", 6, 4, 4)
    assert first["requests"]["get"] == 5  # four pictures and one sidecar
    second = cli.mirror(photos.as_uri())
    assert (second["selected"], second["new"], second["unchanged"]) == (4, 0, 4)
    assert second["requests"]["get"] == 0
    assert second["bytes_read"] == 0
    assert names(cli) == ["a.jpg", "b.png", "field/c d+e%.webp", "field/ü.bmp"]


def test_only_what_changed_is_handled_and_identity_is_kept(cli: Cli, photos: Path) -> None:
    cli.mirror(photos.as_uri())
    before = {asset["name"]: asset["id"] for asset in cli.search()}

    picture(photos / "a.jpg", "black", (80, 60))
    (photos / "b.png").rename(photos / "renamed.png")
    (photos / "field" / "ü.bmp").unlink()
    report = cli.mirror(photos.as_uri())

    told = {name: report[name] for name in ("new", "changed", "moved", "removed", "unchanged", "metadata_changed")}
    assert told == {"new": 0, "changed": 1, "moved": 1, "removed": 1, "unchanged": 1, "metadata_changed": 0}
    after = {asset["name"]: asset for asset in cli.search()}
    assert after["a.jpg"]["id"] == before["a.jpg"]
    assert after["a.jpg"]["width"] == 80
    assert after["renamed.png"]["id"] == before["b.png"]
    assert "field/ü.bmp" not in after
    assert names(cli, "state:trash") == ["field/ü.bmp"]


def test_a_changed_sidecar_is_read_without_its_image(cli: Cli, photos: Path) -> None:
    cli.mirror(photos.as_uri())
    assert names(cli, 'metadata.site:"hall 3"') == ["a.jpg"]
    assert names(cli, "metadata.capture.temperature>70") == ["a.jpg"]
    (photos / "a.json").write_text(json.dumps({"site": "hall 4"}))
    report = cli.mirror(photos.as_uri())
    assert (report["metadata_changed"], report["unchanged"], report["requests"]["get"]) == (1, 3, 1)
    assert names(cli, 'metadata.site:"hall 4"') == ["a.jpg"]
    assert names(cli, "metadata.capture.temperature:*") == []
    (photos / "a.json").unlink()
    report = cli.mirror(photos.as_uri())
    assert (report["metadata_changed"], report["requests"]["get"]) == (1, 0)
    assert names(cli, "metadata.site:*") == []


def test_a_broken_picture_costs_itself_alone_and_is_not_read_twice(cli: Cli, photos: Path) -> None:
    whole = picture(photos / "big.jpg", "purple", (900, 700)).read_bytes()
    (photos / "big.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "lying.jpg").write_text("<html>no picture</html>")
    (photos / "empty.png").write_bytes(b"")
    first = cli.mirror(photos.as_uri())
    assert (first["new"], first["failed"], first["skipped"]) == (4, 2, 1)
    reasons = {line["key"]: line for line in cli.run("runs", "outcomes", first["run"], "--json").lines}
    assert reasons["big.jpg"]["outcome"] == "failed"
    assert reasons["lying.jpg"]["stage"] == "identify"
    assert "empty" in reasons["empty.png"]["reason"]

    second = cli.mirror(photos.as_uri())
    assert (second["failed"], second["skipped"], second["unchanged"], second["requests"]["get"]) == (0, 3, 4, 0)

    (photos / "big.jpg").write_bytes(whole)
    assert cli.mirror(photos.as_uri())["requests"]["get"] == 1
    assert "big.jpg" in names(cli)


def test_a_dry_run_tells_and_stores_nothing(cli: Cli, photos: Path) -> None:
    told = cli.mirror(photos.as_uri(), "--dry-run")
    assert (told["run"], told["new"], told["would"]["get"]) == (None, 4, 5)
    assert cli.search() == []
    assert cli.run("datasource", "list", "--json").lines == []
    assert cli.run("runs", "list", "--json").lines == []


def test_a_missing_picture_that_returns_is_not_read_again(cli: Cli, photos: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"orphans": "keep"}))
    cli.mirror(photos.as_uri(), "--settings", settings)
    away = (photos / "b.png").rename(tmp_path / "away.png")
    assert cli.mirror(photos.as_uri())["missing"] == 1
    assert names(cli, "state:missing") == ["b.png"]
    away.rename(photos / "b.png")
    report = cli.mirror(photos.as_uri())
    assert (report["missing"], report["new"], report["requests"]["get"]) == (0, 0, 0)
    assert [asset["name"] for asset in cli.search("state:missing")] == []


def test_globs_choose_and_are_kept(cli: Cli, photos: Path) -> None:
    report = cli.mirror(photos.as_uri(), "--glob", "field/**", "--name", "field")
    assert (report["selected"], report["new"]) == (2, 2)
    report = cli.mirror(photos.as_uri(), "--name", "field")
    assert (report["selected"], report["unchanged"]) == (2, 2)


def test_an_asset_is_shown_whole(cli: Cli, photos: Path) -> None:
    cli.mirror(photos.as_uri(), "--name", "mine")
    (found,) = cli.search("a.jpg")
    assert found["datasource"] == "mine"
    assert found["metadata"] == {"site": "hall 3", "capture.temperature": 72.5, "night": False}
    shown = cli.run("asset", "show", found["id"], "--json").json
    assert shown["metadata_entries"]["site"]["source"] == "bucket"
    assert shown["media_type"] == "image/jpeg"
    people = cli.run("asset", "show", found["id"])
    assert people.code == 0
    assert "hall 3" in people.out


def test_what_vanished_is_hidden_in_the_trash_and_returns_as_it_was(cli: Cli, photos: Path, tmp_path: Path) -> None:
    cli.mirror(photos.as_uri())
    before = {asset["name"]: asset["id"] for asset in cli.search()}
    away = (photos / "b.png").rename(tmp_path / "away.png")
    report = cli.mirror(photos.as_uri())
    assert (report["removed"], report["missing"]) == (1, 0)
    assert [asset["name"] for asset in cli.search("state:trash")] == ["b.png"]
    assert "b.png" not in names(cli)
    away.rename(photos / "b.png")
    report = cli.mirror(photos.as_uri())
    assert (report["new"], report["requests"]["get"]) == (0, 0)
    assert {asset["name"]: asset["id"] for asset in cli.search()} == before
