"""Documents, text, videos and recordings go the whole way where a datasource takes them, and stay out where not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.cli import Cli
from tests.support.examples import example

KINDS = ("image", "video", "audio", "document", "text")
FILES = {"a.png": "PNG", "b.mp4": "MP4", "c.wav": "WAV", "d.pdf": "PDF", "e.html": "HTML", "f.svg": "SVG"}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    root = tmp_path / "mixed"
    root.mkdir()
    for name, one in FILES.items():
        (root / name).write_bytes(example(one))
    (root / "g.jpg").write_bytes(example("PDF"))
    (root / "b.json").write_text('{"site": "hall 3"}')
    return root


def test_every_kind_is_taken_only_where_it_is_asked_for(cli: Cli, mixed: Path) -> None:
    report = cli.mirror(mixed)
    assert (report["selected"], report["new"], report["failed"]) == (3, 2, 1)
    assert sorted(one["name"] for one in cli.search()) == ["a.png", "f.svg"]
    (refused,) = [
        one for one in cli.run("runs", "outcomes", str(report["run"]), "--json").lines if one["key"] == "g.jpg"
    ]
    assert refused["reason"] == "named .jpg, but the bytes are a PDF"

    report = cli.mirror(mixed, *(word for kind in KINDS for word in ("--media", kind)))
    assert (report["selected"], report["new"], report["unchanged"], report["skipped"]) == (7, 4, 2, 1)
    found = {one["name"]: one for one in cli.search()}
    assert {name: one["kind"] for name, one in found.items()} == {
        "a.png": "image",
        "b.mp4": "video",
        "c.wav": "audio",
        "d.pdf": "document",
        "e.html": "text",
        "f.svg": "image",
    }
    assert found["b.mp4"]["metadata"] == {"site": "hall 3"}
    assert {name for name, one in found.items() if one["placeholder"] is None} == {"e.html"}
    facts = cli.run("asset", "show", found["b.mp4"]["id"], "--json").json["facts"]
    assert (facts["duration_s"], facts["frame_rate"], facts["video_codec"]) == (3.0, 10.0, "mpeg4")

    for query, names in {
        "facts.duration_s>2 facts.video_codec:mpeg4": ["b.mp4"],
        "facts.pages:1": ["d.pdf"],
        "facts.title:Ein*": ["e.html"],
        "facts:channels sort:facts.duration_s:desc sort:name": ["c.wav", "a.png", "f.svg"],
        "facts.nothing!=1": [],
        "NOT facts:title sort:name": ["a.png", "f.svg"],
    }.items():
        assert [one["name"] for one in cli.search(query)] == names, query

    kept = cli.mirror(mixed, "--dry-run")  # the setting is remembered
    assert (kept["selected"], kept["unchanged"]) == (7, 6)
    back = cli.mirror(mixed, "--media", "image", "--dry-run")
    assert (back["selected"], back["missing"] + back["removed"]) == (3, 4)
