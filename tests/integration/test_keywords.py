"""Keywords in files: each is found as one value, and becomes a tag where the datasource wants it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.field_recount import counted, recount
from tests.support.images import encoded, scene
from tests.support.photos import ADA, Photos

from mirrorlake.catalog import datasources, edits, field_counts
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.model.bulk import BulkEdit
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.facets import read_facets
from mirrorlake.search.run import search, stream

NAMES = {"a.jpg": ("fork", "red; blue"), "b.jpg": ("forklift",), "c.jpg": (), "d.jpg": ("red", "blue", "2024")}


def _write(folder: Path, name: str, keywords: tuple[str, ...]) -> None:
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    xmp = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{items}</rdf:Bag>
</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>""".encode()
    # The size of the picture makes each version another one.
    size = 40 + len(list(folder.iterdir())) + sum(map(len, keywords))
    (folder / name).write_bytes(encoded(scene(size, 30), "jpeg", xmp=xmp))


class Stock(Photos):
    """A library over pictures with keywords."""

    def __init__(self, catalog: Catalog, home: Path) -> None:
        super().__init__(catalog, home)
        for name, keywords in NAMES.items():
            _write(self.folder, name, keywords)

    def switch(self, *, on: bool) -> None:
        """Turn the setting on or off."""
        self.library.datasources.change_settings("photos", {"keywordTags": on})
        self.source = datasources.named(self.catalog, "photos")

    def reapply(self) -> None:
        self.library.datasources.reapply("photos")
        self.work()

    def tags(self) -> dict[str, list[str]]:
        return {asset.name: list(asset.tags) for asset in stream(self.catalog, "sort:name")}

    def id_of(self, name: str) -> str:
        return next(asset.id for asset in stream(self.catalog, "") if asset.name == name)


ALL_TAGS = {"a.jpg": ["fork", "red; blue"], "b.jpg": ["forklift"], "c.jpg": [], "d.jpg": ["2024", "blue", "red"]}
NO_TAGS: dict[str, list[str]] = {name: [] for name in NAMES}


@pytest.fixture
def stock(empty_catalog: Catalog, tmp_path: Path) -> Stock:
    return Stock(empty_catalog, tmp_path)


@pytest.mark.parametrize("folded", [False, True])
def test_each_keyword_is_one_value_of_searches(stock: Stock, *, folded: bool):
    stock.mirror()
    if folded:  # queries use the counts of values
        field_counts.fold(stock.catalog)
        assert counted(stock.catalog) == recount(stock.catalog)

    def found(query: str) -> str:
        return "".join(sorted(asset.name[0] for asset in search(stock.catalog, query, limit=50).items))

    assert found("facts.keywords:fork") == "a"
    assert found("facts.keywords:fork*") == "ab"
    assert found("facts.keywords:*lift") == "b"
    assert found('facts.keywords:"red; blue"') == "a"
    assert found("facts.keywords:red facts.keywords:blue") == "d"
    assert found("facts.keywords:red OR facts.keywords:forklift") == "bd"
    assert found("facts.keywords:2024") == "d"
    assert found("facts.keywords!=fork") == "bd"
    assert found("-facts.keywords:fork") == "bcd"
    assert found("-facts.keywords:fork*") == "cd"
    assert found("facts.keywords:*") == "abd"
    assert found("-facts.keywords:*") == "c"
    assert found("facts.keywords:Fork") == ""
    keywords = stock.library.assets.get(stock.id_of("a.jpg")).facts["keywords"]
    assert keywords == ["fork", "red; blue"]


@pytest.mark.parametrize("query", ["", "kind:image"])
def test_facets_count_each_keyword_and_the_assets_that_have_any(stock: Stock, query: str):
    stock.mirror()
    field_counts.fold(stock.catalog)
    (facet,) = read_facets(stock.catalog, query, ["facts.keywords"], most=10).facets
    assert {str(one.value): one.assets for one in facet.values} == dict.fromkeys(
        ["2024", "blue", "fork", "forklift", "red", "red; blue"], 1
    )


def test_keywords_become_tags_only_where_the_datasource_wants_it(stock: Stock):
    stock.mirror()
    assert stock.tags() == NO_TAGS
    stock.reapply()
    assert stock.tags() == NO_TAGS
    stock.switch(on=True)
    stock.mirror()
    assert stock.tags() == NO_TAGS  # nothing was read
    stock.reapply()
    assert stock.tags() == ALL_TAGS
    before = {asset.name: asset.updated for asset in stream(stock.catalog, "")}
    stock.reapply()
    assert stock.tags() == ALL_TAGS
    assert {asset.name: asset.updated for asset in stream(stock.catalog, "")} == before
    stock.switch(on=False)
    stock.mirror()
    assert stock.tags() == ALL_TAGS
    stock.reapply()
    assert stock.tags() == NO_TAGS


def test_tags_follow_the_keywords_of_changed_files_and_those_of_people_stay(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    assert stock.tags() == ALL_TAGS
    edits.apply(stock.catalog, [stock.id_of("d.jpg")], Edit(add_tags=("red", "mine"), remove_tags=("2024",)), by=ADA)
    stock.library.assets.start_edit(BulkEdit.of(Edit(add_tags=("blue",)), query="facts.keywords:blue"))
    stock.work()
    stock.mirror()
    assert stock.tags()["d.jpg"] == ["blue", "mine", "red"]

    _write(stock.folder, "d.jpg", ("green",))
    _write(stock.folder, "b.jpg", ())
    _write(stock.folder, "c.jpg", ("new", "old"))
    stock.mirror()
    assert stock.tags() == ALL_TAGS | {"b.jpg": [], "c.jpg": ["new", "old"], "d.jpg": ["blue", "green", "mine", "red"]}
    stock.mirror()
    assert stock.tags()["c.jpg"] == ["new", "old"]
    field_counts.fold(stock.catalog)
    assert counted(stock.catalog) == recount(stock.catalog)


def test_a_tag_of_a_keyword_that_was_removed_returns_only_with_another_version(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    edits.apply(stock.catalog, [stock.id_of("a.jpg")], Edit(remove_tags=("fork",)), by=ADA)
    stock.mirror()
    assert stock.tags()["a.jpg"] == ["red; blue"]
    _write(stock.folder, "a.jpg", ("fork", "spoon"))
    stock.mirror()
    assert stock.tags()["a.jpg"] == ["fork", "spoon"]


def test_an_asset_that_only_keywords_tagged_is_none_that_users_worked_on(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    with stock.catalog.read() as connection:
        text = replace_names("SELECT count(*) FROM asset WHERE {rule.worked_on}").encode()
        assert connection.execute(text).fetchone() == (0,)
    edits.apply(stock.catalog, [stock.id_of("a.jpg")], Edit(add_tags=("fork",)), by=ADA)
    with stock.catalog.read() as connection:
        assert connection.execute(text).fetchone() == (1,)


def test_undoing_the_removal_of_a_tag_gives_it_back_to_the_keyword(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    job = stock.library.assets.start_edit(BulkEdit.of(Edit(remove_tags=("fork", "red")), query=""))
    stock.work()
    assert stock.tags() == ALL_TAGS | {"a.jpg": ["red; blue"], "d.jpg": ["2024", "blue"]}
    stock.library.jobs.undo(job.id)
    stock.work()
    assert stock.tags() == ALL_TAGS
    stock.switch(on=False)
    stock.reapply()
    assert stock.tags() == NO_TAGS


def test_undoing_the_addition_of_a_tag_gives_it_back_to_the_keyword(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    job = stock.library.assets.start_edit(BulkEdit.of(Edit(add_tags=("fork", "red")), query=""))
    stock.work()
    done = stock.library.jobs.get(job.id).result
    assert done is not None
    assert (done["assets"], done["changed"]) == (4, 4)
    assert stock.tags()["c.jpg"] == ["fork", "red"]
    stock.library.jobs.undo(job.id)
    stock.work()
    assert stock.tags() == ALL_TAGS
    stock.switch(on=False)
    stock.reapply()
    assert stock.tags() == NO_TAGS


def test_undoing_the_addition_of_a_tag_leaves_it_where_a_keyword_gives_it_by_now(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    ids = (stock.id_of("a.jpg"), stock.id_of("b.jpg"))
    job = stock.library.assets.start_edit(BulkEdit.of(Edit(add_tags=("spoon",)), assets=ids))
    stock.work()
    _write(stock.folder, "a.jpg", ("spoon",))
    stock.mirror()
    stock.library.jobs.undo(job.id)
    stock.work()
    assert stock.tags() == ALL_TAGS | {"a.jpg": ["spoon"]}
    stock.switch(on=False)
    stock.reapply()
    assert stock.tags() == NO_TAGS


@pytest.mark.parametrize("edit", [Edit(add_tags=("fork",)), Edit(remove_tags=("fork",))])
def test_undoing_an_edit_gives_no_tag_to_a_keyword_that_is_gone(stock: Stock, edit: Edit):
    stock.switch(on=True)
    stock.mirror()
    job = stock.library.assets.start_edit(BulkEdit.of(edit, assets=(stock.id_of("a.jpg"),)))
    stock.work()
    _write(stock.folder, "a.jpg", ("spoon",))
    stock.mirror()
    assert stock.tags()["a.jpg"] == [*edit.add_tags, "spoon"]
    undo = stock.library.jobs.undo(job.id)
    stock.work()
    assert stock.tags()["a.jpg"] == ["spoon"]
    result = stock.library.jobs.get(undo.id).result
    assert (result["restored"], result["left"]) == ((1, 0) if edit.add_tags else (0, 1))


def test_a_tag_of_a_keyword_that_was_added_as_well_is_no_change_in_the_history(stock: Stock):
    stock.switch(on=True)
    stock.mirror()
    fork, other = stock.id_of("a.jpg"), stock.id_of("b.jpg")
    before = len(stock.library.assets.history(fork))
    job = stock.library.assets.start_edit(BulkEdit.of(Edit(add_tags=("fork",)), assets=(fork, other)))
    stock.work()
    assert len(stock.library.assets.history(fork)) == before
    assert stock.library.assets.history(other)[0].tags_added == ("fork",)
    edits.apply(stock.catalog, [fork], Edit(remove_tags=("fork",)), by=ADA)
    edits.apply(stock.catalog, [fork], Edit(add_tags=("fork",)), by=ADA)
    undo = stock.library.jobs.undo(job.id)
    stock.work()
    result = stock.library.jobs.get(undo.id).result
    assert result is not None
    assert (result["restored"], result["left"]) == (1, 0)
    stock.switch(on=False)
    stock.reapply()
    assert stock.tags() == NO_TAGS | {"a.jpg": ["fork"]}  # a person added it again since


def test_keywords_that_are_still_one_text_become_tags(stock: Stock):
    stock.mirror()
    with stock.catalog.write() as connection:  # as an older version stored them
        connection.execute(
            "UPDATE asset SET facts = facts || jsonb_build_object('keywords', 'fork; spoon'::text) WHERE name = 'a.jpg'"
        )
    stock.switch(on=True)
    stock.reapply()
    assert stock.tags() == ALL_TAGS | {"a.jpg": ["fork", "spoon"]}


def test_an_asset_with_several_keywords_is_one_that_has_keywords(stock: Stock):
    stock.mirror()
    field_counts.fold(stock.catalog)
    with stock.catalog.read() as connection:
        text = b"SELECT assets FROM field_count WHERE field = 'facts.keywords'"
        assert connection.execute(text).fetchone() == (3,)
