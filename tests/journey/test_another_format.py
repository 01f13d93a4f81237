"""A format of another kind goes the whole way with one module and one row: no width, no thumbnail, facts of its own."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.support.cli import Cli
from tests.support.served import serving

pytestmark = pytest.mark.long

EXTRA = Path(__file__).parents[1] / "support" / "extra_format"
BOTH = ("--media", "image", "--media", "document")


@pytest.fixture
def library(cli: Cli) -> Cli:
    """A library whose processes all know the format NOTE."""
    return cli.with_environ(PYTHONPATH=str(EXTRA))


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    root = tmp_path / "papers"
    root.mkdir()
    (root / "plan.NOTE").write_text("NOTE 1\nThe plan\fsecond page\fthird page\n")
    (root / "plan.json").write_text(json.dumps({"site": "hall 3"}))
    (root / "cut.note").write_text("NOTE 1\nThe plan")
    (root / "huge.note").write_bytes(b"NOTE 1\n" + bytes((1 << 20) + 1))
    (root / "named.jpg").write_text("NOTE 1\nThis is no photograph\n")
    Image.new("RGB", (64, 48), "red").save(root / "photo.png")
    return root


def test_a_document_is_selected_processed_found_and_shown_without_a_picture(library: Cli, papers: Path) -> None:
    report = library.mirror(papers.as_uri(), *BOTH)
    assert (report["selected"], report["new"], report["failed"]) == (5, 3, 2)

    (plan,) = library.search("plan")
    assert (plan["kind"], plan["media_type"]) == ("document", "application/x-note")
    assert (plan["width"], plan["height"], plan["placeholder"]) == (None, None, None)
    assert plan["metadata"] == {"site": "hall 3"}

    shown = library.run("asset", "show", plan["id"], "--json").json
    assert shown["facts"] == {"pages": 3, "title": "The plan"}
    assert (shown["kind"], shown["orientation"], shown["warnings"]) == ("document", None, [])
    words = library.run("asset", "show", plan["id"])
    assert words.code == 0
    assert "facts.pages" in words.out
    assert "pixels" not in words.out
    assert "None" not in library.run("search").out

    reasons = {one["key"]: one["reason"] for one in library.run("runs", "outcomes", str(report["run"]), "--json").lines}
    assert "the file was cut" in reasons["cut.note"]
    assert "at most 1 MiB are read" in reasons["huge.note"]
    assert reasons["named.jpg"] == "named .jpg, but the bytes are a NOTE; it was imported as a NOTE"


def test_queries_tell_kinds_apart(library: Cli, papers: Path) -> None:
    library.mirror(papers.as_uri(), *BOTH)

    def names(query: str) -> list[str]:
        return [asset["name"] for asset in library.search(f"{query} sort:name")]

    assert names("kind:document") == ["named.jpg", "plan.NOTE"]
    assert names("kind!=document") == names("kind:image") == names("type:image") == names("width>0") == ["photo.png"]
    assert names("format:note") == ["named.jpg", "plan.NOTE"]
    assert names("-width>100") == ["named.jpg", "photo.png", "plan.NOTE"]
    assert names("sort:-width")[0] == "photo.png"


def test_nothing_lacks_a_thumbnail_that_it_cannot_have(library: Cli, papers: Path) -> None:
    library.mirror(papers.as_uri(), *BOTH)
    checked = library.run("thumbnails", "check", "--json")
    assert (checked.code, checked.json["assets"], checked.json["lacking"]) == (0, 1, 0)
    verified = library.run("verify", "--json")
    assert (verified.code, verified.lines[-1]["thumbnail"]) == (0, 0)
    again = library.mirror(papers.as_uri(), *BOTH)
    assert (again["new"], again["unchanged"], again["skipped"]) == (0, 3, 2)


def test_the_server_answers_with_nulls_and_says_why_there_is_no_thumbnail(
    library: Cli, papers: Path, tmp_path: Path
) -> None:
    library.mirror(papers.as_uri(), *BOTH)
    with serving(library, tmp_path / "nobody") as served:
        (plan,) = served.remote.search("plan")
        assert (plan["kind"], plan["width"], plan["placeholder"]) == ("document", None, None)
        shown = served.remote.run("asset", "show", plan["id"], "--json").json
        assert (shown["facts"]["pages"], shown["orientation"]) == (3, None)

        token = {"authorization": f"Bearer {served.token}"}
        answer = httpx.get(f"{served.address}/api/v1/assets/{plan['id']}/thumbnail", headers=token)
        assert answer.status_code == 404
        assert "has no thumbnail: its format (application/x-note) has no picture" in answer.text


def test_without_its_row_the_format_is_not_selected(cli: Cli, papers: Path) -> None:
    report = cli.mirror(papers.as_uri())
    assert (report["selected"], report["new"], report["failed"]) == (2, 1, 1)
