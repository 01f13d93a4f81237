"""A manifest asks for what may be gone, and gives up a server that does not answer."""

from __future__ import annotations

import io
import json
from traceback import walk_tb
from types import SimpleNamespace
from typing import cast

import pyarrow as pa

from mirrorlake.core.errors import SourceUnreachable
from mirrorlake.library.export_problems import Problems
from mirrorlake.library.original_reader import THREADS, OriginalReader
from mirrorlake.library.url_manifest import FIELDS, UrlManifest
from mirrorlake.mirror.circuit_breaker import MAX_UNANSWERED
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.asset_columns import schema_of
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store

ROWS = 200
DIGEST = "ab" * 32


class Reader(OriginalReader):
    """Signs addresses of any object, and reaches the server of one datasource only."""

    def __init__(self) -> None:
        super().__init__(cast("Catalog", None), cast("SourceStores", None))
        self.asked = {"near": 0, "far": 0}
        self.raised: list[SourceUnreachable] = []

    def store(self, datasource: str) -> Store:
        def head(key: str) -> ObjectInfo:
            self.asked[datasource] += 1
            if datasource == "far":
                self.raised.append(SourceUnreachable("The server of s3://far cannot be reached: timed out."))
                raise self.raised[-1]
            return ObjectInfo(key=key, size=1, token="t")

        return cast("Store", SimpleNamespace(head=head, presign=lambda key, _life: f"https://{datasource}/{key}"))


def test_a_server_that_cannot_be_reached_is_not_asked_for_each_of_its_objects() -> None:
    schema = schema_of(FIELDS, {})
    rows = [
        {
            "id": str(number),
            "name": f"{number}.png",
            "key": f"{number}.png",
            "uri": f"s3://{datasource}/{number}.png",
            "datasource": datasource,
            "media_type": "image/png",
            "size": 1,
            "digest": DIGEST,
            "token": "t",
            "version": None,
        }
        for number in range(ROWS)
        for datasource in (("near", "far")[number % 2],)
    ]
    reader, problems, file = Reader(), Problems(), io.BytesIO()
    manifest = UrlManifest(reader, lambda ids, _tokens, _digests: dict.fromkeys(ids, "missing"), problems, 60)
    batches = iter([pa.RecordBatch.from_pylist(rows, schema=schema)])
    manifest.write(schema, batches, file)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert {line["url"] is None for line in lines if line["datasource"] == "near"} == {False}
    assert {line["url"] is None for line in lines if line["datasource"] == "far"} == {True}
    assert problems.count == ROWS // 2
    assert reader.asked["near"] == ROWS // 2
    assert MAX_UNANSWERED <= reader.asked["far"] <= MAX_UNANSWERED + THREADS
    # An error that is raised again keeps what every frame had at hand.
    assert max(len(list(walk_tb(error.__traceback__))) for error in reader.raised) < ROWS // 10
