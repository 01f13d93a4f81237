"""Removal as a person meets it: held, confirmed, restored, protected, and a datasource forgotten."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.buckets import picture_no
from tests.support.cli import Cli


def test_a_hold_is_told_and_confirmed_and_an_asset_comes_back(cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(12):
        (photos / f"{number:02}.png").write_bytes(picture_no(number))
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"orphans": "trash"}))
    words = ["mirror", photos.as_uri(), "--name", "photos", "--settings", settings, "--jobs", "1"]
    assert cli.run(*words, "--json").json["new"] == 12
    for number in range(8):
        (photos / f"{number:02}.png").unlink()

    told = cli.run(*words, "--dry-run", "--json")
    assert (told.code, told.json["missing"], told.json["hold"]["count"]) == (0, 8, 8)
    assert told.json["hold"]["confirm"] is None
    held = cli.run(*words, "--json")
    assert held.code == 1
    report = held.json
    assert (report["state"], report["missing"], report["removed"]) == ("held", 8, 0)
    assert report["hold"]["by_prefix"] == {"": 8}
    assert report["hold"]["confirm"] == f"mirrorlake runs confirm {report['run']}"
    assert report["hold"]["confirm"] in held.err
    assert len(cli.search()) == 12
    shown = cli.run("runs", "show", report["run"])
    assert report["hold"]["confirm"] in shown.out
    assert cli.run("runs", "show", report["run"], "--json").json["hold"] == report["hold"]

    assert cli.run("runs", "confirm", "--hash", "0" * 64).code == 1
    assert cli.run("runs", "confirm").code == 2
    done = cli.run(*report["hold"]["confirm"].split()[1:], "--json")
    assert (done.code, done.json["state"], done.json["removed"]) == (0, "succeeded", 8)
    assert len(cli.search()) == 4
    again = cli.run("runs", "confirm", report["run"])
    assert again.code == 1
    assert "already confirmed" in again.err

    first = cli.search("state:trash")[0]
    assert cli.run("asset", "restore", first["id"], "--json").json["state"] == "missing"
    assert cli.run("asset", "restore", first["id"]).code == 1
    assert len(cli.search()) == 5


def test_a_datasource_goes_only_with_the_number_that_it_names(cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        (photos / f"{number}.png").write_bytes(picture_no(number))
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"removeOrphanedSourcesFromWorkspace": True}))
    cli.run("mirror", photos.as_uri(), "--name", "photos", "--settings", settings, "--jobs", "1", "--json")
    used, tagged, _ = (one["id"] for one in cli.search())
    assert cli.run("tag", "add", tagged, "mine").code == 0
    assert cli.run("project", "add", "roads", used).code == 0
    assert cli.run("project", "list", "--json").lines == [{"name": "roads", "assets": 1, "missing": 0}]

    told = cli.run("datasource", "delete", "photos", "--json")
    assert told.code == 2
    assert told.json == {
        "deleted": False, "datasource": "photos", "orphans": "remove", "removed": 1, "trashed": 1, "kept": 1,
        "handed_over": 0, "in_projects": 1, "worked_on": 1, "annotated": 0, "edited": 0, "tagged": 1, "acknowledge": 2,
    }  # fmt: skip
    shown = cli.run("datasource", "delete", "photos").out
    assert "1 of those kept is in a project." in shown
    assert "1 asset in the trash will have the work of users (1 tagged), until the trash is purged." in shown
    assert "--acknowledge 2" in told.err
    assert cli.run("datasource", "delete", "photos", "--acknowledge", "3").code == 2
    assert len(cli.search()) == 3
    done = cli.run("datasource", "delete", "photos", "--acknowledge", "2", "--json")
    assert (done.code, done.json["deleted"]) == (0, True)
    assert cli.run("datasource", "list", "--json").lines == []
    left = {one["id"]: one for one in cli.search("state:any")}
    assert set(left) == {used, tagged}
    assert (left[used]["state"], left[used]["projects"]) == ("present", ["roads"])
    assert (left[tagged]["state"], left[tagged]["tags"]) == ("trash", ["mine"])
