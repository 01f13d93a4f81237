"""Text that was read in pictures, one for each content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mirrorlake.catalog import datasources, embeddings
from mirrorlake.catalog.bulk_edits import Selection, named_values
from mirrorlake.catalog.statements import statement
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.picture_texts import kept_text, words_of
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

ROWS = 20_000  # per transaction


@dataclass(frozen=True, slots=True)
class UnreadPicture:
    """The object of a picture whose text was not read."""

    asset_id: int
    digest: bytes
    key: str
    token: str
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """What was read of one content."""

    digest: bytes
    text: str  # empty: there is none
    shortened: bool = False
    failure: str | None = None


def unread(catalog: Catalog, datasource_id: int, model: str, after: int, limit: int) -> list[UnreadPicture]:
    """The next pictures of a datasource, by asset, whose text was not read by this model. Contents may be repeated."""
    values = {"datasource_id": datasource_id, "model": model, "after": after, "limit": limit}
    with catalog.read() as connection:
        rows = connection.execute(statement("missing_texts").query, values).fetchall()
    return [UnreadPicture(*row) for row in rows]


@retry_on_contention
def store(catalog: Catalog, model: str, found: Sequence[ReadText]) -> None:
    """Keep what this model read, in place of what was read before."""
    if not found:
        return
    kept = [kept_text(one.text) for one in found]
    values = {
        "model": model,
        "digests": [one.digest for one in found],
        "texts": [text for text, _ in kept],
        "words": [_as_tsvector(text) for text, _ in kept],
        "shortened": [one.shortened or more for one, (_, more) in zip(found, kept, strict=True)],
        "failures": [None if one.failure is None else kept_text(one.failure)[0] for one in found],
    }
    with catalog.write() as connection:
        connection.execute(statement("store_texts").query, values)


def wanted(catalog: Catalog) -> list[str]:
    """The names of the datasources that have the setting."""
    with catalog.read() as connection:
        return [name for (name,) in connection.execute(statement("texts_wanted").query).fetchall()]


def is_wanted(catalog: Catalog, datasource_id: int) -> bool:
    """Whether a datasource still exists and has the setting."""
    with catalog.read() as connection:
        row = connection.execute(statement("text_wanted").query, {"datasource_id": datasource_id}).fetchone()
    return row is not None and bool(row[0])


def enqueue_due(catalog: Catalog, job_of: Callable[[Datasource], NewJob]) -> int:
    """Queue a job for each datasource in whose pictures text is to be read, and return their number."""
    with catalog.read() as connection:
        due = [number for (number,) in connection.execute(statement("texts_due").query).fetchall()]
    queued = 0
    for number in due:
        job = job_of(datasources.by_id(catalog, number))
        with catalog.write() as connection:
            queued += embeddings.enqueue(connection, job)
    return queued


def is_queued(catalog: Catalog, datasource_lock: str) -> bool:
    """Whether another job that reads text of the same datasource is queued."""
    values = {"kind": JobKind.PICTURE_TEXT.value, "lock": datasource_lock}
    with catalog.read() as connection:
        return connection.execute(statement("queued_job").query, values).fetchone() is not None


@retry_on_contention
def read_again(catalog: Catalog, selection: Selection) -> None:
    """Let the text of the selected assets be read again, also where that failed."""
    text, values = named_values(selection)
    query = b"WITH chosen AS (" + text + b")\n" + statement("read_texts_again").query
    with catalog.write() as connection:
        connection.execute(query, values, prepare=False)


def delete_unused(catalog: Catalog, *, rows: int = ROWS) -> int:
    """Delete the texts of contents that no asset has any more, and return their number. Reads `rows` at a time."""
    total, after = 0, b""
    while True:
        deleted, last = _delete_stretch(catalog, after, rows)
        total += deleted
        if last is None:
            return total
        after = last


@retry_on_contention
def _delete_stretch(catalog: Catalog, after: bytes, rows: int) -> tuple[int, bytes | None]:
    with catalog.write() as connection:
        row = connection.execute(statement("delete_unused_texts").query, {"after": after, "rows": rows}).fetchone()
    deleted, last = row or (0, None)
    return int(deleted), None if last is None else bytes(last)


def _as_tsvector(text: str) -> str:
    """The words of a text with their positions, as PostgreSQL reads them. A word is letters and digits only."""
    positions: dict[str, list[str]] = {}
    for place, word in enumerate(words_of(text), 1):
        positions.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(places)}" for word, places in positions.items())
