"""Captions in files become tags where the datasource wants it and they are short enough, beside those of keywords."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.images import encoded, scene
from tests.support.photos import ADA, Photos

from mirrorlake.catalog import datasources, edits, runs
from mirrorlake.model.bulk import BulkEdit
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import stream

LONGEST = "Grüße vom Tor! " * 6 + "ja oder so"  # 100 characters, which are more bytes
TOO_LONG = LONGEST + "!"
WARNING = "its caption is no tag: it has 101 characters, and a tag has at most 100"
NAMES = {"a.jpg": "A red gate", "b.jpg": LONGEST, "c.jpg": TOO_LONG, "d.jpg": ""}
TAGS = {"a.jpg": ["A red gate"], "b.jpg": [LONGEST], "c.jpg": [], "d.jpg": []}
BOTH = {name: sorted([*tags, "gate"]) for name, tags in TAGS.items()}
NO_TAGS: dict[str, list[str]] = {name: [] for name in NAMES}


def _write(folder: Path, name: str, caption: str, keyword: str = "gate") -> None:
    described = f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{caption}</rdf:li></rdf:Alt></dc:description>'
    xmp = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">{described}
<dc:subject><rdf:Bag><rdf:li>{keyword}</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
    size = 40 + len(list(folder.iterdir())) + len(caption)  # each version is another picture
    (folder / name).write_bytes(encoded(scene(size, 30), "jpeg", xmp=xmp.encode()))


class Captioned(Photos):
    """A library over pictures with a caption and a keyword."""

    def __init__(self, catalog: Catalog, home: Path) -> None:
        super().__init__(catalog, home)
        for name, caption in NAMES.items():
            _write(self.folder, name, caption)

    def switch(self, **settings: bool) -> None:
        self.library.datasources.change_settings("photos", {**settings})
        self.source = datasources.named(self.catalog, "photos")

    def reapply(self) -> None:
        self.library.datasources.reapply("photos")
        self.work()

    def tags(self) -> dict[str, list[str]]:
        return {asset.name: sorted(asset.tags) for asset in stream(self.catalog, "sort:name")}

    def id_of(self, name: str) -> str:
        return next(asset.id for asset in stream(self.catalog, "") if asset.name == name)

    def warnings(self, name: str) -> list[str]:
        return [*self.library.assets.get(self.id_of(name)).warnings]


@pytest.fixture
def stock(empty_catalog: Catalog, tmp_path: Path) -> Captioned:
    return Captioned(empty_catalog, tmp_path)


def test_captions_become_tags_only_where_the_datasource_wants_it(stock: Captioned):
    stock.mirror()
    stock.reapply()
    assert stock.tags() == NO_TAGS
    stock.switch(captionTags=True)
    stock.reapply()
    assert stock.tags() == TAGS
    stock.switch(keywordTags=True)
    stock.reapply()
    assert stock.tags() == BOTH
    stock.switch(captionTags=False)
    stock.reapply()
    assert stock.tags() == {name: ["gate"] for name in NAMES}
    stock.switch(keywordTags=False)
    stock.reapply()
    assert stock.tags() == NO_TAGS


def test_a_caption_that_is_too_long_is_left_with_a_reason(stock: Captioned):
    stock.switch(captionTags=True)
    stock.mirror()
    assert stock.tags() == TAGS
    assert {name: stock.warnings(name) for name in NAMES} == {name: [] for name in NAMES} | {"c.jpg": [WARNING]}
    reasons = {each.key: each.reason for each in runs.outcomes(stock.catalog, 1, limit=9)}
    assert reasons["c.jpg"] == WARNING
    _write(stock.folder, "c.jpg", "short now")
    stock.mirror()
    assert (stock.tags()["c.jpg"], stock.warnings("c.jpg")) == (["short now"], [])


def test_a_caption_without_the_setting_is_no_warning(stock: Captioned):
    stock.switch(keywordTags=True)
    stock.mirror()
    assert stock.warnings("c.jpg") == []


def test_tags_follow_the_captions_of_changed_files_and_those_of_people_stay(stock: Captioned):
    stock.switch(captionTags=True, keywordTags=True)
    stock.mirror()
    assert stock.tags() == BOTH
    edits.apply(stock.catalog, [stock.id_of("a.jpg")], Edit(add_tags=("A red gate",)), by=ADA)
    _write(stock.folder, "a.jpg", "A green gate", keyword="green")
    _write(stock.folder, "b.jpg", "")
    stock.mirror()
    changed = {"a.jpg": ["A green gate", "A red gate", "green"], "b.jpg": ["gate"]}
    assert stock.tags() == BOTH | changed


def test_undoing_the_removal_of_a_tag_gives_it_back_to_the_caption(stock: Captioned):
    stock.switch(captionTags=True)
    stock.mirror()
    job = stock.library.assets.start_edit(BulkEdit.of(Edit(remove_tags=("A red gate",)), query=""))
    stock.work()
    assert stock.tags() == TAGS | {"a.jpg": []}
    stock.library.jobs.undo(job.id)
    stock.work()
    assert stock.tags() == TAGS
    stock.switch(captionTags=False)
    stock.reapply()
    assert stock.tags() == NO_TAGS
