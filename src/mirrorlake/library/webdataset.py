"""WebDataset shards: tar files with the bytes of each asset and its row as JSON.

    shard-000000.tar     000000000000000042.jpg  000000000000000042.json  …
    not-exported.jsonl   id, uri and reason of each asset whose bytes are gone, changed or unreadable

The name of a sample is the number of its asset: no name from a bucket ever becomes the path of a member.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Final

import orjson
import pyarrow as pa

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.library.export_formats import Batches, json_rows
from mirrorlake.library.export_problems import REPORT, Problems
from mirrorlake.library.export_targets import ExportOutput
from mirrorlake.library.original_reader import OriginalReader
from mirrorlake.library.row_objects import Row, object_of
from mirrorlake.model.objects import ObjectRef

_SUFFIX: Final = re.compile(r"\.([A-Za-z0-9]{1,8})$")
_DIGITS: Final = 18
_BLOCK: Final = tarfile.BLOCKSIZE


def shard_name(number: int) -> str:
    """The name of a shard."""
    return f"shard-{number:06}.tar"


def suffix_of(key: str) -> str:
    """The suffix of the member with the bytes of an object; never `json`, which is that of its row."""
    found = _SUFFIX.search(key)
    suffix = "bin" if found is None else found[1].lower()
    return "bin" if suffix == "json" else suffix


def write_shards(
    schema: pa.Schema,
    batches: Batches,
    output: ExportOutput,
    reader: OriginalReader,
    problems: Problems,
    *,
    shard_bytes: int,
    copied: Callable[[int], object],
) -> None:
    """Write all samples, a new shard after each `shard_bytes`, and the report of those that are missing."""
    done = 0
    with ExitStack() as stack:
        report: BinaryIO | None = None
        shards = _Shards(output, shard_bytes)
        stack.push(shards.end)
        for row, data in reader.read_all(_objects(schema, batches)):
            if isinstance(data, MirrorlakeError):
                problems.add(str(row["uri"]), data.message)
                report = report or stack.enter_context(output.open(REPORT))
                named = {"id": row["id"], "uri": row["uri"], "reason": data.message}
                report.write(orjson.dumps(named, option=orjson.OPT_APPEND_NEWLINE))
            else:
                shards.add(row, data)
            done += 1
            copied(done)


class _Shards:
    """Writes samples into one shard after another."""

    def __init__(self, output: ExportOutput, shard_bytes: int) -> None:
        self._output = output
        self._limit = shard_bytes
        self._number = 0
        self._written = 0
        self._open: ExitStack | None = None
        self._tar: tarfile.TarFile | None = None

    def add(self, row: Row, data: bytes) -> None:
        """Write a sample."""
        tar = self._tar or self._next()
        name = str(row["id"]).zfill(_DIGITS)
        self._member(tar, f"{name}.{suffix_of(str(row['key']))}", data)
        self._member(tar, f"{name}.json", orjson.dumps(row))
        if self._written >= self._limit:
            self.close()

    def close(self) -> None:
        """End the current shard."""
        if self._open is not None:
            opened, self._open, self._tar = self._open, None, None
            opened.close()

    def end(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the last shard. After an error it is not delivered: it would look complete."""
        if self._open is not None:
            opened, self._open, self._tar = self._open, None, None
            opened.__exit__(kind, error, trace)

    def _next(self) -> tarfile.TarFile:
        opened = ExitStack()
        file = opened.enter_context(self._output.open(shard_name(self._number)))
        tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.USTAR_FORMAT)  # noqa: SIM115  closed by `close`
        self._tar = opened.enter_context(tar)
        self._open, self._number, self._written = opened, self._number + 1, 0
        return self._tar

    def _member(self, tar: tarfile.TarFile, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)  # without owner and time: equal exports are equal files
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
        self._written += _BLOCK + -(-len(data) // _BLOCK) * _BLOCK


def _objects(schema: pa.Schema, batches: Batches) -> Iterator[tuple[Row, ObjectRef]]:
    for batch in batches:
        yield from ((row, object_of(row)) for row in json_rows(schema, batch))
