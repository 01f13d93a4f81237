"""A manifest of presigned addresses: JSON Lines, whose addresses are minted while it is written.

An address needs no request, so nothing shows that its object is gone. Only objects of which the library knows that they
are missing, or have other bytes than those exported, are asked for first; the address is that of their version if the
bucket keeps it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

import orjson
import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.library.export_formats import Batches, json_rows
from mirrorlake.library.export_problems import Problems
from mirrorlake.library.original_reader import THREADS, OriginalReader, guarded
from mirrorlake.library.row_objects import Row, object_of
from mirrorlake.mirror.circuit_breaker import CircuitBreaker
from mirrorlake.storage.versions import Version

Doubtful = Callable[[Sequence[int], Sequence[str], Sequence[bytes | None]], Mapping[int, object]]
FIELDS: Final = ("id", "name", "key", "uri", "datasource", "media_type", "size", "digest", "token", "version")


class UrlManifest:
    """Writes one line for each asset, with `url` and `expires`; assets without an address are counted.

    `doubtful` names those of some assets whose objects may be gone or changed, by ids, tokens and digests.
    """

    def __init__(self, reader: OriginalReader, doubtful: Doubtful, problems: Problems, life_s: int) -> None:
        self._reader = reader
        self._doubtful = doubtful
        self._problems = problems
        self._life_s = life_s
        self._breakers: defaultdict[str, CircuitBreaker] = defaultdict(CircuitBreaker)  # by datasource
        self.expires: datetime | None = None  # when the first address does

    def write(self, schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
        """Write the manifest."""
        file.writelines(b"".join(self._lines(schema, batch)) for batch in batches)

    def _lines(self, schema: pa.Schema, batch: pa.RecordBatch) -> Iterator[bytes]:
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self._life_s)
        self.expires = self.expires or expires
        rows = list(json_rows(schema, batch))
        places = self._places(rows)
        for row in rows:
            url = self._url(row, places.get(str(row["id"])))
            line = {**row, "url": url, "expires": None if url is None else expires}
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)

    def _places(self, rows: Sequence[Row]) -> Mapping[str, Version | str | None]:
        """Where the bytes of some of these assets are, by id, as `OriginalReader.find`; or why nowhere."""
        ids, tokens = [int(str(row["id"])) for row in rows], [str(row["token"]) for row in rows]
        digests = [None if row["digest"] is None else bytes.fromhex(str(row["digest"])) for row in rows]
        doubtful = self._doubtful(ids, tokens, digests)
        asked = [row for number, row in zip(ids, rows, strict=True) if number in doubtful]
        breakers = [self._breakers[str(row["datasource"])] for row in asked]  # here, not in the threads
        with ThreadPoolExecutor(THREADS, thread_name_prefix="manifest") as threads:
            places = threads.map(self._find, breakers, asked)
            return {str(row["id"]): place for row, place in zip(asked, places, strict=True)}

    def _find(self, breaker: CircuitBreaker, row: Row) -> Version | str | None:
        place = guarded(breaker, self._reader.find, object_of(row))
        return place.message if isinstance(place, MirrorlakeError) else place

    def _url(self, row: Row, place: Version | str | None) -> str | None:
        uri, key = str(row["uri"]), str(row["key"])
        if isinstance(place, str):
            self._problems.add(uri, place)
            return None
        try:
            store = self._reader.store(str(row["datasource"]))
            url = store.presign(key, self._life_s) if place is None else store.presign_version(key, place, self._life_s)
        except MirrorlakeError as error:
            self._problems.add(uri, error.message)
            return None
        if url is None:
            self._problems.add(uri, "its datasource has no presigned addresses")
        return url
