"""How many bytes are read ahead."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from traceback import walk_tb
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mirrorlake.core.errors import SettingsError, SourceUnreachable
from mirrorlake.library import original_reader
from mirrorlake.library.original_reader import OriginalReader
from mirrorlake.mirror.circuit_breaker import MAX_UNANSWERED
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


def test_the_rest_of_a_datasource_that_does_not_answer_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(original_reader, "ThreadPoolExecutor", AtOnce)
    asked: list[str] = []

    class Unreachable(OriginalReader):
        def store(self, datasource: str) -> Store:
            def get(key: str, **_rest: object) -> SimpleNamespace:
                asked.append(datasource)
                if datasource == "far":
                    raise SourceUnreachable(f"{key} timed out.")
                return SimpleNamespace(data=b"x")

            return cast("Store", SimpleNamespace(get=get))

    reader = Unreachable(cast("Catalog", None), cast("SourceStores", None))
    objects = [
        (name, ObjectRef(datasource=name, key=str(each), token="", version=None, size=1))
        for each in range(2 * MAX_UNANSWERED)
        for name in ("near", "far")
    ]
    found = list(reader.read_all(objects))
    assert [data for name, data in found if name == "near"] == [b"x"] * 2 * MAX_UNANSWERED
    failed = [data for name, data in found if name == "far"]
    assert all(isinstance(data, SourceUnreachable) for data in failed)
    assert f"{MAX_UNANSWERED} requests in a row failed. The last: {MAX_UNANSWERED - 1} timed out." in str(failed[-1])
    assert asked.count("far") == MAX_UNANSWERED


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
    one = ObjectRef(datasource="a", key="a.jpg", token="", version=None, size=10)
    depths = set[int]()
    for _ in range(OBJECTS):
        found = reader.read(one)
        assert isinstance(found, SettingsError)
        assert (found.message, found.fix, found.field) == (error.message, error.fix, "secret")
        depths.add(len(list(walk_tb(found.__traceback__))))
    assert len(depths) == 1
