"""Bytes that come by way of a server are those that were mirrored, also where only parts of them were read then."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from mirrorlake.client import dataset_sources
from mirrorlake.client.dataset_sources import ObjectToRead, ServerSource
from mirrorlake.core.errors import ObjectChanged
from mirrorlake.model.assets import Original, mark_of

FILM = b"a film"
READ_IN_PARTS = ObjectToRead(
    id="1",
    key="a.mp4",
    uri="s3://films/a.mp4",
    datasource="films",
    token="one",
    version=None,
    digest=None,
    size=len(FILM),
)


def read(monkeypatch: pytest.MonkeyPatch, original: Original, headers: dict[str, str]) -> bytes:
    """What a server (a mock) and its bucket (a mock) return."""
    bucket = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=FILM, headers=headers)))
    server = SimpleNamespace(assets=SimpleNamespace(original=lambda _: original))
    source = ServerSource("http://127.0.0.1:1", None)
    monkeypatch.setattr(source, "_clients", dataset_sources._PerProcess(lambda: (server, bucket)))
    return source.read(READ_IN_PARTS)


@pytest.mark.parametrize("headers", [{"ETag": '"one"'}, {"ETag": '"x"', "x-goog-generation": "one"}])
def test_the_bucket_tells_the_version_of_what_was_read_in_parts(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    presigned = Original(url="https://films.example/a", data=None, media_type="video/mp4", name="a.mp4")
    assert read(monkeypatch, presigned, headers) == FILM


@pytest.mark.parametrize("headers", [{"ETag": '"two"'}, {}])
def test_another_version_of_the_same_size_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    presigned = Original(url="https://films.example/a", data=None, media_type="video/mp4", name="a.mp4")
    with pytest.raises(ObjectChanged):
        read(monkeypatch, presigned, headers)


def test_the_server_marks_the_version_of_a_file_in_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(token: str) -> Original:
        return Original(url=None, data=FILM, media_type="video/mp4", name="a.mp4", mark=mark_of(len(FILM), token))

    assert read(monkeypatch, sent("one"), {}) == FILM
    with pytest.raises(ObjectChanged):
        read(monkeypatch, sent("two"), {})
