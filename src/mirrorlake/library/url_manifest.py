"""A manifest of presigned addresses: JSON Lines, whose addresses are minted while it is written.

An address needs no request, so nothing shows that its object is gone. Only objects of which the library knows that they
are missing, or have other bytes than those exported, are asked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

import orjson
import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError, SourceUnreachable
from mirrorlake.library.export_formats import Batches, json_rows
from mirrorlake.library.export_problems import Problems
from mirrorlake.library.original_reader import THREADS, OriginalReader
from mirrorlake.library.row_objects import Row, object_of

Doubtful = Callable[[Sequence[int], Sequence[str], Sequence[bytes | None]], Mapping[int, object]]
FIELDS: Final = ("id", "name", "key", "uri", "datasource", "media_type", "size", "digest", "token")


class UrlManifest:
    """Writes one line for each asset, with `url` and `expires`; assets without an address are counted.

    `doubtful` names those of some assets whose objects may be gone or changed, by ids, tokens and digests.
    """

    def __init__(self, reader: OriginalReader, doubtful: Doubtful, problems: Problems, life_s: int) -> None:
        self._reader = reader
        self._doubtful = doubtful
        self._problems = problems
        self._life_s = life_s
        self._unreachable: dict[str, str] = {}  # datasources, which are not asked again, and why
        self.expires: datetime | None = None  # when the first address does

    def write(self, schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
        """Write the manifest."""
        file.writelines(b"".join(self._lines(schema, batch)) for batch in batches)

    def _lines(self, schema: pa.Schema, batch: pa.RecordBatch) -> Iterator[bytes]:
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self._life_s)
        self.expires = self.expires or expires
        rows = list(json_rows(schema, batch))
        absent = self._absent(rows)
        for row in rows:
            url = self._url(row, absent.get(str(row["id"])))
            line = {**row, "url": url, "expires": None if url is None else expires}
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)

    def _absent(self, rows: Sequence[Row]) -> Mapping[str, str]:
        """Why the bytes of some of these assets cannot be read, by id."""
        ids, tokens = [int(str(row["id"])) for row in rows], [str(row["token"]) for row in rows]
        digests = [None if row["digest"] is None else bytes.fromhex(str(row["digest"])) for row in rows]
        doubtful = self._doubtful(ids, tokens, digests)
        asked = [row for number, row in zip(ids, rows, strict=True) if number in doubtful]
        with ThreadPoolExecutor(THREADS, thread_name_prefix="manifest") as threads:
            problems = threads.map(self._check, asked)
            return {str(row["id"]): why for row, why in zip(asked, problems, strict=True) if why is not None}

    def _check(self, row: Row) -> str | None:
        # A sentence, not the error: raised again for each object, it would keep all of these in its traceback.
        one = object_of(row)
        known = self._unreachable.get(one.datasource)
        if known is not None:  # each question would take a minute of attempts
            return known
        error = self._reader.check(one)
        if isinstance(error, SourceUnreachable):
            self._unreachable[one.datasource] = error.message
        return None if error is None else error.message

    def _url(self, row: Row, absent: str | None) -> str | None:
        uri = str(row["uri"])
        if absent is not None:
            self._problems.add(uri, absent)
            return None
        try:
            url = self._reader.store(str(row["datasource"])).presign(str(row["key"]), self._life_s)
        except MirrorlakeError as error:
            self._problems.add(uri, error.message)
            return None
        if url is None:
            self._problems.add(uri, "its datasource has no presigned addresses")
        return url
