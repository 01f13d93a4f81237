"""What of a source is taken and what it becomes, as a settings file says it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.support.buckets import Bucket, picture_no
from tests.support.cli import Cli

pytestmark = pytest.mark.long


def picture(path: Path, colour: str, size: tuple[int, int] = (32, 24)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def sidecar(path: Path, **values: object) -> Path:
    path.write_text(json.dumps(values))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    picture(root / "train" / "one.jpg", "red")
    picture(root / "train" / "two.png", "green")
    picture(root / "train" / "draft" / "x.png", "cyan")
    picture(root / "test" / "three.jpg", "blue")
    return root


class Mirror:
    """One folder under settings that change between passes."""

    def __init__(self, cli: Cli, root: Path, settings: Path) -> None:
        self.cli = cli
        self.root = root
        self._settings = settings

    def run(self, settings: object = None, *words: str) -> Any:
        if settings is None:
            return self.cli.mirror(self.root.as_uri(), *words)
        self._settings.write_text(json.dumps(settings))
        return self.cli.mirror(self.root.as_uri(), "--settings", self._settings, *words)

    def fails(self) -> Any:
        result = self.cli.run("mirror", self.root.as_uri(), "--json")
        assert (result.code, result.json["state"]) == (1, "failed")
        return result.json["error"]

    def assets(self) -> dict[str, Any]:
        return {asset["key"]: asset for asset in self.cli.search()}

    def names(self) -> dict[str, str]:
        return {key: asset["name"] for key, asset in self.assets().items()}


@pytest.fixture
def mirror(cli: Cli, photos: Path, tmp_path: Path) -> Mirror:
    return Mirror(cli, photos, tmp_path / "settings.json")


def test_the_first_config_that_takes_an_object_governs_it(mirror: Mirror) -> None:
    configs = [
        {"id": "train", "glob_patterns": ["train/**"], "settings": {"namingStrategy": "fileName"}},
        {"id": "rest", "exclude": ["**/draft/**", "**/two.png"]},
    ]
    mirror.run({"mirror_configs": configs})
    assert mirror.names() == {
        "train/one.jpg": "one.jpg",
        "train/two.png": "two.png",
        "train/draft/x.png": "x.png",
        "test/three.jpg": "test/three.jpg",
    }
    shown = mirror.cli.run("datasource", "show", "photos", "--json").json
    assert [config["id"] for config in shown["configs"]] == ["train", "rest"]
    refused = mirror.cli.run("mirror", mirror.root.as_uri(), "--glob", "a")
    assert refused.code == 2
    assert "2 mirror_configs" in refused.err


def test_paths_and_excludes_choose_exactly(mirror: Mirror) -> None:
    report = mirror.run({"paths": ["train/one.jpg", "test/three.jpg", "gone.jpg"], "exclude": ["test/**"]})
    assert (report["selected"], report["new"]) == (1, 1)
    assert list(mirror.assets()) == ["train/one.jpg"]


def test_patterns_of_a_file_in_the_bucket_are_read_again_only_when_it_changes(bucket: Bucket, tmp_path: Path) -> None:
    for number, key in enumerate(("a.png", "b.png", "c.png")):
        bucket.put(key, picture_no(number))
    bucket.put("lists/some.txt", b"# the first\r\n\r\na.png\r\n")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"glob_file_path": "lists/some.txt"}))
    first = bucket.mirror("--settings", str(settings))
    assert (first["new"], first["requests"]["get"], first["requests"]["head"]) == (1, 2, 1)
    again = bucket.mirror()
    assert (again["unchanged"], again["requests"]["get"], again["requests"]["head"]) == (1, 0, 1)

    bucket.put("lists/some.txt", b'a.png\n"b.png"\n')
    told = bucket.mirror("--dry-run")
    assert (told["new"], told["would"]["get"], told["would"]["head"]) == (1, 2, 1)
    third = bucket.mirror()
    assert (third["new"], third["unchanged"], third["requests"]["get"]) == (1, 1, 2)

    bucket.delete("lists/some.txt")
    assert "glob file 'lists/some.txt' does not exist" in bucket.fails()["error"]
    assert len(bucket.cli.search("-state:missing")) == 2


def test_a_glob_file_that_says_nothing_or_nonsense_fails_the_run_and_changes_nothing(mirror: Mirror) -> None:
    patterns = mirror.root / "patterns.txt"
    patterns.write_text("train/*\n")
    mirror.run({"glob_file_path": "patterns.txt"})
    for content, words in (
        (b"# nothing\n\n", "contains no pattern"),
        (b"ok/**\ntrain/***\n", "Line 2 of the glob file"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a\n" * 150_000, "larger than 256 KB"),
    ):
        patterns.write_bytes(content)
        assert words in mirror.fails()
    assert {asset["state"] for asset in mirror.assets().values()} == {"present"}


def test_an_image_that_is_never_updated_is_not_read_again(mirror: Mirror) -> None:
    keep = {"updateImageWhenNewer": False}
    mirror.run(keep)
    before = mirror.assets()["train/one.jpg"]
    picture(mirror.root / "train" / "one.jpg", "white", (99, 88))
    for _ in range(2):
        report = mirror.run()
        assert (report["unchanged"], report["changed"], report["requests"]["get"]) == (4, 0, 0)
    assert mirror.assets()["train/one.jpg"] == before

    sidecar(mirror.root / "train" / "one.json", site="a")
    report = mirror.run()
    assert (report["metadata_changed"], report["requests"]["get"]) == (1, 1)
    assert mirror.run()["unchanged"] == 4

    report = mirror.run({"updateImageWhenNewer": True})  # what was left alone is now seen
    assert (report["changed"], mirror.assets()["train/one.jpg"]["width"]) == (1, 99)
    assert mirror.assets()["train/one.jpg"]["metadata"] == {"site": "a"}


def test_metadata_that_is_never_updated_is_not_read_again(mirror: Mirror) -> None:
    sidecar(mirror.root / "train" / "one.json", site="a")
    mirror.run({"updateMetadataWhenNewer": False})
    sidecar(mirror.root / "train" / "one.json", site="another")
    for _ in range(2):
        report = mirror.run()
        assert (report["unchanged"], report["metadata_changed"], report["requests"]["get"]) == (4, 0, 0)

    picture(mirror.root / "train" / "one.jpg", "white", (99, 88))
    report = mirror.run()
    assert (report["changed"], report["requests"]["get"]) == (1, 1)
    asset = mirror.assets()["train/one.jpg"]
    assert (asset["width"], asset["metadata"]) == (99, {"site": "a"})
    detail = mirror.cli.run("asset", "show", asset["id"], "--json").json
    assert detail["sidecar_key"] == "train/one.json"

    (mirror.root / "train" / "one.json").unlink()
    assert mirror.run()["unchanged"] == 4
    sidecar(mirror.root / "test" / "three.json", site="late")  # a first one is no update
    assert mirror.run()["metadata_changed"] == 1
    assert mirror.assets()["test/three.jpg"]["metadata"] == {"site": "late"}


def test_sidecars_of_the_full_name_win_and_are_never_assets(mirror: Mirror) -> None:
    train = mirror.root / "train"
    sidecar(train / "one.json", says="base")
    sidecar(train / "one.jpg.meta.png", says="full")
    sidecar(train / "two.json", says="base")
    report = mirror.run({"metadataSidecarSuffix": ".meta.png"})
    assert (report["selected"], report["new"], report["failed"]) == (4, 4, 0)
    said = {key: asset["metadata"].get("says") for key, asset in mirror.assets().items() if asset["metadata"]}
    assert said == {"train/one.jpg": "full", "train/two.png": "base"}
    (train / "one.jpg.meta.png").unlink()
    assert mirror.run()["metadata_changed"] == 1
    assert mirror.assets()["train/one.jpg"]["metadata"] == {"says": "base"}
    assert mirror.run()["unchanged"] == 4


def test_assets_are_named_by_their_metadata_and_renamed_with_it(mirror: Mirror) -> None:
    one = sidecar(mirror.root / "train" / "one.json", capture={"title": "Field at dawn"})
    sidecar(mirror.root / "train" / "two.json", capture={"title": 7})
    settings = {"namingStrategy": "metadata", "namingStrategyMetadataKey": "capture.title"}
    report = mirror.run(settings)
    assert mirror.names() == {
        "train/one.jpg": "Field at dawn",
        "train/two.png": "7",
        "train/draft/x.png": "train/draft/x.png",
        "test/three.jpg": "test/three.jpg",
    }
    told = {line["key"]: line["reason"] for line in mirror.cli.run("runs", "outcomes", report["run"], "--json").lines}
    assert "capture.title" in told["test/three.jpg"]
    assert told["train/one.jpg"] is None
    before = mirror.assets()["train/one.jpg"]["id"]

    sidecar(one, capture={"title": "Field at noon"})
    mirror.run()
    assert (mirror.names()["train/one.jpg"], mirror.assets()["train/one.jpg"]["id"]) == ("Field at noon", before)
    one.write_text("{")  # unusable: metadata stays, and so does the name
    mirror.run()
    assert mirror.names()["train/one.jpg"] == "Field at noon"
    (mirror.root / "train").rename(mirror.root / "moved")
    assert mirror.run()["moved"] == 3
    assert mirror.names() | {"test/three.jpg": ""} == {
        "moved/one.jpg": "Field at noon",
        "moved/two.png": "7",
        "moved/draft/x.png": "moved/draft/x.png",
        "test/three.jpg": "",
    }
    (mirror.root / "moved" / "one.json").unlink()
    mirror.run()
    assert mirror.names()["moved/one.jpg"] == "moved/one.jpg"


def test_assets_are_named_by_their_token_and_another_strategy_renames_at_the_next_look(mirror: Mirror) -> None:
    mirror.run({"namingStrategy": "eTag"})
    asset = mirror.assets()["train/one.jpg"]
    detail = mirror.cli.run("asset", "show", asset["id"], "--json").json
    assert asset["name"] == detail["token"]

    assert mirror.run({"namingStrategy": "fileName"})["unchanged"] == 4
    assert mirror.assets()["train/one.jpg"]["name"] == detail["token"]
    os.utime(mirror.root / "train" / "one.jpg", (1, 1))
    assert mirror.run()["changed"] == 1
    assert mirror.assets()["train/one.jpg"]["name"] == "one.jpg"


def test_explain_says_which_rule_took_or_left_a_key(mirror: Mirror) -> None:
    (mirror.root / "train" / "empty.jpg").touch()
    (mirror.root / "list.txt").write_text("test/*\n")
    configs = [
        {"id": "train", "glob_patterns": ["train/**"], "settings": {"exclude": ["**/draft/**"]}},
        {"id": "test", "glob_file_path": "list.txt"},
    ]
    mirror.run({"mirror_configs": configs})

    def explained(key: str) -> Any:
        return mirror.cli.run("datasource", "explain", "photos", key, "--json").json

    taken = explained("test/three.jpg")
    assert [taken[name] for name in ("verdict", "object", "config_id", "origin", "pattern")] == [
        "asset",
        "exists",
        "test",
        "glob_file_path",
        "test/*",
    ]
    left = explained("train/draft/x.png")
    assert (left["verdict"], left["judgements"][0]["exclude"]) == ("left", "**/draft/**")
    assert explained("train/empty.jpg")["verdict"] == "skipped"
    never = explained("train/never.jpg")
    assert (never["verdict"], never["object"]) == ("absent", "absent")
    assert "There is no object with this key" in never["reason"]
    assert "'train/**'" in never["reason"]  # what would select it
    (mirror.root / "train" / "one.jpg").unlink()
    gone = explained("train/one.jpg")
    assert (gone["verdict"], gone["object"]) == ("asset", "gone")  # its asset remains
    said = mirror.cli.run("datasource", "explain", "photos", "train/one.json")
    assert (said.code, "sidecar" in said.out) == (0, True)
    assert mirror.cli.run("datasource", "explain", "nobody", "a.jpg").code == 1


@pytest.mark.parametrize(
    ("glob", "note"),
    [
        ("*.png", "0 of 4 objects match `*.png`; `*` stops at `/`, try `**/*.png`."),
        ("**/thre?.jpg", "match `**/thre?.jpg`; `?` is an ordinary character, try `**/thre*.jpg`."),
        ("t[re]*/**", "`[` is an ordinary character, try `tr*/**` and `te*/**`."),
        ("**/*.{gif,png}", "`{` is an ordinary character, try `**/*.gif` and `**/*.png`."),
        ("train", "a pattern without `*` is one whole key, try `train/**`."),
        ("**/*.tiff", "match `**/*.tiff`."),
    ],
)
def test_a_glob_that_takes_nothing_is_explained_by_a_dry_run_a_run_and_its_record(
    mirror: Mirror, glob: str, note: str
) -> None:
    address = mirror.root.as_uri()
    dry = mirror.cli.run("mirror", address, "--name", "photos", "--glob", glob, "--dry-run", "--json")
    assert (dry.code, dry.json["selected"], note in dry.err) == (0, 0, True), dry.err
    run = mirror.cli.run("mirror", address, "--name", "photos", "--glob", glob)
    assert (run.code, note in run.err) == (0, True), run.err
    (stored,) = mirror.cli.run("runs", "list", "--json").lines
    assert note in " ".join(stored["notes"])
    assert note in mirror.cli.run("runs", "show", str(stored["run"])).out


def test_a_glob_that_takes_nothing_beside_others_is_named_if_a_small_change_takes_something(mirror: Mirror) -> None:
    globs = ("--glob", "test/**", "--glob", "train/*.PNG", "--glob", "later/**")
    report = mirror.cli.run("mirror", mirror.root.as_uri(), *globs)
    assert "`train/*.PNG` selects none of 4 objects; patterns are case-sensitive, try `train/*.png`." in report.err
    assert "later" not in report.err  # may come later


def test_exclude_is_named_where_it_leaves_out_everything(mirror: Mirror) -> None:
    settings = mirror.root.parent / "settings.json"
    settings.write_text('{"exclude": ["**"]}')
    report = mirror.cli.run("mirror", mirror.root.as_uri(), "--settings", settings, "--json")
    assert "0 of 4 objects are selected: `**` of `exclude` leaves them out." in report.err


def test_a_report_has_no_rows_of_zeros(mirror: Mirror) -> None:
    out = mirror.cli.run("mirror", mirror.root.as_uri()).out
    rows = [line.split() for line in out.splitlines()]
    assert [row[0] for row in rows[1:-1] if row[1] == "0"] == []
    assert ["new", "4"] in [row[:2] for row in rows]
