"""Ranking by likeness with many vectors: by the index, by comparing what matches, and what is compared when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.support.commits import Pass, commit_rows, processed_row
from tests.support.embedded import digest_of

from mirrorlake.catalog import embeddings
from mirrorlake.model.likeness import StoredModel
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import alike, run
from mirrorlake.search.run import search, stream


def discard(_done: int, _total: int) -> None:
    """Ignore progress."""


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


@pytest.mark.parametrize("query", ["like-image:{}", "like-image:{} metadata.even:true", "like-image:{} tag:none"])
def test_the_index_and_pages_give_what_comparing_all_gives(query: str, working: Pass, monkeypatch: pytest.MonkeyPatch):
    catalog, count = working.catalog, 400
    dice = np.random.default_rng(3)
    vectors = dice.standard_normal((count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"in/{number:03}.jpg" for number in range(count)]
    commit_rows(
        working.lease,
        *(
            processed_row(name, digest=digest_of(name), metadata_values=f'{{"even": {str(place % 2 == 0).lower()}}}')
            | {"metadata_key": "s", "metadata_token": "s", "metadata_size": 1}
            for place, name in enumerate(names)
        ),
    )
    model = _prepare(catalog, "lite-1", 8, cutoff=0.1)
    embeddings.store_pictures(catalog, model, [digest_of(name) for name in names], [None] * count, vectors.tolist())
    monkeypatch.setattr(embeddings, "INDEX_FROM", 10)
    with catalog.write() as connection:  # as an interrupted build leaves it
        connection.execute("CREATE INDEX embedding_1_near ON embedding_1 (digest)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'embedding_1_near'::regclass")
    embeddings.complete_model(catalog, model, discard)
    with catalog.read() as connection:
        made = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'embedding_1_near'").fetchone()
    assert made is not None
    assert "hnsw" in made[0]
    similar = vectors @ vectors[7]
    wanted = [
        names[place]
        for place in np.argsort(-similar)
        if similar[place] >= 0.1 and (place % 2 == 0 or "even" not in query) and "none" not in query
    ]
    text = query.format(working.ids()[names[7]])

    compared = [asset.name for asset in stream(catalog, text)]
    monkeypatch.setattr(alike, "COMPARED", 10)
    page = search(catalog, text, limit=30)
    found, cursor = [asset.name for asset in page.items], page.next_cursor
    while cursor is not None:
        following = search(catalog, text, limit=30, cursor=cursor)
        assert following.offset == len(found)
        found, cursor = found + [asset.name for asset in following.items], following.next_cursor

    assert len(set(compared) ^ set(wanted)) <= 2  # halves of floats round at the cutoff
    assert np.diff([similar[names.index(name)] for name in compared]).max(initial=-1) <= 2e-3  # as above
    assert len(set(found) & set(compared)) >= 0.95 * len(compared)
    assert len(found) == len(set(found)) == page.total
    assert [asset.name for asset in search(catalog, text, limit=10, offset=20).items] == found[20:30]


def test_no_total_is_exact_where_less_similar_pictures_were_not_compared(
    working: Pass, monkeypatch: pytest.MonkeyPatch
):
    catalog, count = working.catalog, 60
    angles = np.linspace(0, 1, count)  # all of them are similar, the last ones least
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    names = [f"in/{number:03}.jpg" for number in range(count)]
    commit_rows(working.lease, *(processed_row(name, digest=digest_of(name)) for name in names))
    model = _prepare(catalog, "lite-1", 2)
    embeddings.store_pictures(catalog, model, [digest_of(name) for name in names], [None] * count, vectors.tolist())
    embeddings.complete_model(catalog, model, discard)
    monkeypatch.setattr(alike, "COMPARED", 10)
    monkeypatch.setattr(alike, "FIRST_STEPS", (5, 20))
    text = f"like-image:{working.ids()[names[0]]}"

    beyond = search(catalog, f"{text} -filename:00* -filename:01* -filename:02*", limit=50)
    few = search(catalog, f"{text} -filename:000*", limit=50)
    monkeypatch.setattr(alike, "FIRST_STEPS", (5, count))
    with catalog.write() as connection:
        connection.execute("UPDATE embedding_model SET picture_cutoff = 0.9")
    whole = search(catalog, text, limit=50)

    assert (beyond.total, beyond.total_capped, len(beyond.notes)) == (0, True, 1)
    assert (few.total, few.total_capped) == (19, True)
    assert (whole.total, whole.total_capped, whole.notes) == (int((np.cos(angles) >= 0.9).sum()), False, ())


def test_what_matches_is_compared_before_all_vectors_are_read_without_an_index(
    working: Pass, monkeypatch: pytest.MonkeyPatch
):
    catalog, names = working.catalog, [f"in/{number:03}.jpg" for number in range(60)]
    commit_rows(working.lease, *(processed_row(name, digest=digest_of(name)) for name in names))
    model = _prepare(catalog, "lite-1", 2)
    digests = [digest_of(name) for name in names]
    embeddings.store_pictures(catalog, model, digests, [None] * len(names), [[1.0, 0.0]] * len(names))
    embeddings.complete_model(catalog, model, discard)
    monkeypatch.setattr(alike, "COMPARED", 10)
    steps = list[int]()
    nearest = alike._Ranker._nearest
    monkeypatch.setattr(alike._Ranker, "_nearest", lambda self, step: steps.append(step) or nearest(self, step))
    text = f"like-image:{working.ids()[names[0]]}"
    assert search(catalog, f"{text} filename:005*", limit=5).total == 1
    assert steps == []
    assert search(catalog, text, limit=5).total == len(names)
    assert steps == [alike.FIRST_STEPS[-1]]  # all vectors are read for any number of them

    monkeypatch.setattr(embeddings, "INDEX_FROM", 10)
    embeddings.complete_model(catalog, model, discard)
    assert search(catalog, f"{text} filename:005*", limit=5).total == 1
    assert steps == [alike.FIRST_STEPS[-1], alike.FIRST_STEPS[0]]


def test_more_pictures_are_asked_for_than_one_pass_of_the_index_gives(working: Pass, monkeypatch: pytest.MonkeyPatch):
    catalog, near, far = working.catalog, 1_200, 300
    angles = np.linspace(0, 1, near + far)  # all of them are similar, and only the last ones match
    names = [f"in/{'near' if place < near else 'far'}-{place:04}.jpg" for place in range(near + far)]
    commit_rows(working.lease, *(processed_row(name, digest=digest_of(name)) for name in names))
    model = _prepare(catalog, "lite-1", 2)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).tolist()
    embeddings.store_pictures(catalog, model, [digest_of(name) for name in names], [None] * len(names), vectors)
    monkeypatch.setattr(embeddings, "INDEX_FROM", 10)
    embeddings.complete_model(catalog, model, discard)
    monkeypatch.setattr(alike, "COMPARED", 10)
    monkeypatch.setattr(alike, "EFFORT", 40)
    monkeypatch.setattr(alike, "FIRST_STEPS", (1_000, near + far))
    found = dict[int, int]()
    nearest = alike._Ranker._nearest

    def count(self: alike._Ranker, step: int) -> tuple[list[tuple[int, float]], float | None]:
        rows, last = nearest(self, step)
        found[step] = len(rows)
        return rows, last

    monkeypatch.setattr(alike._Ranker, "_nearest", count)
    page = search(catalog, f"like-image:{working.ids()[names[0]]} filename:far*", limit=50)
    assert found == {1_000: 0, near + far: page.total}
    assert page.total >= 0.9 * far


def _prepare(catalog: Catalog, name: str, dimensions: int, *, cutoff: float = 0.3) -> StoredModel:
    return embeddings.prepare_model(
        catalog, name=name, dimensions=dimensions, picture_cutoff=cutoff, text_cutoff=cutoff
    )


def test_a_slow_search_by_likeness_counts_towards_the_index_of_its_other_terms(
    empty_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    model = _prepare(empty_catalog, "lite-1", 2)
    embeddings.complete_model(empty_catalog, model, discard)
    search(empty_catalog, "like-image:1 metadata.frame<20", limit=5)
    assert _used(empty_catalog) == []
    monkeypatch.setattr(run, "SLOW_S", 0.0)
    search(empty_catalog, "like-image:1 metadata.frame<20", limit=5)
    assert _used(empty_catalog) == ["frame"]


def _used(catalog: Catalog) -> list[str]:
    with catalog.read() as connection:
        return [row[0] for row in connection.execute("SELECT key FROM search_use").fetchall()]
