"""A manifest of presigned addresses: JSON Lines, whose addresses are minted while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

import orjson
import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.library.export_formats import Batches, json_rows
from mirrorlake.library.export_problems import Problems
from mirrorlake.library.original_reader import OriginalReader

FIELDS: Final = ("id", "name", "key", "uri", "datasource", "media_type", "size", "digest", "token")


class UrlManifest:
    """Writes one line for each asset, with `url` and `expires`; assets without an address are counted."""

    def __init__(self, reader: OriginalReader, problems: Problems, life_s: int) -> None:
        self._reader = reader
        self._problems = problems
        self._life_s = life_s
        self.expires: datetime | None = None  # when the first address does

    def write(self, schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
        """Write the manifest."""
        file.writelines(b"".join(self._lines(schema, batch)) for batch in batches)

    def _lines(self, schema: pa.Schema, batch: pa.RecordBatch) -> Iterator[bytes]:
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self._life_s)
        self.expires = self.expires or expires
        for row in json_rows(schema, batch):
            url = self._url(str(row["datasource"]), str(row["key"]), str(row["uri"]))
            line = {**row, "url": url, "expires": None if url is None else expires}
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)

    def _url(self, datasource: str, key: str, uri: str) -> str | None:
        try:
            url = self._reader.store(datasource).presign(key, self._life_s)
        except MirrorlakeError as error:
            self._problems.add(uri, error.message)
            return None
        if url is None:
            self._problems.add(uri, "its datasource has no presigned addresses")
        return url
