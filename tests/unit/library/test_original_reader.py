"""How many bytes are read ahead."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from traceback import walk_tb
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mirrorlake.core.errors import SettingsError
from mirrorlake.library import original_reader
from mirrorlake.library.original_reader import OriginalReader
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.objects import ObjectRef
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store

OBJECTS = 40


class Reader(OriginalReader):
    """Reads objects of ten bytes, and makes them ten times as large."""

    def __init__(self) -> None:
        super().__init__(cast("Catalog", None), cast("SourceStores", None), lambda _key, data: data * 10)
        self.asked = 0

    def store(self, datasource: str) -> Store:
        assert datasource == "a"
        return cast("Store", SimpleNamespace(get=self.get))

    def get(self, *_args: object, **_rest: object) -> SimpleNamespace:
        self.asked += 1
        return SimpleNamespace(data=b"x" * 10)


class AtOnce(Executor):
    """A pool whose threads have read everything before the next object is handed out."""

    def __init__(self, *_args: object, **_rest: object) -> None:
        pass

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_what_is_held_counts_with_the_size_that_it_was_changed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(original_reader, "AHEAD_BYTES", 300)
    monkeypatch.setattr(original_reader, "ThreadPoolExecutor", AtOnce)
    reader = Reader()
    objects = [
        (each, ObjectRef(datasource="a", key=str(each), token="", version=None, size=10)) for each in range(OBJECTS)
    ]
    ahead = [reader.asked - number for number, _ in reader.read_all(objects)]
    assert reader.asked == OBJECTS
    assert max(ahead) == 3  # of a hundred bytes: the next one would be one too many


def test_the_error_of_a_store_that_cannot_be_opened_is_raised_anew_for_each_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = SettingsError("The connection lake cannot be used.", "Set its secrets again.", field="secret")
    monkeypatch.setattr(OriginalReader, "_open_store", lambda _self, _name: error)
    reader = OriginalReader(cast("Catalog", None), cast("SourceStores", None))
    one = ObjectRef(datasource="a", key="a.jpg", token="", version=None, size=10, item=None)
    depths = set[int]()
    for _ in range(OBJECTS):
        found = reader.read(one)
        assert isinstance(found, SettingsError)
        assert (found.message, found.fix, found.field) == (error.message, error.fix, "secret")
        depths.add(len(list(walk_tb(found.__traceback__))))
    assert len(depths) == 1
