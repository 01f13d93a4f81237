"""A folder as a store: the root is never left, nothing is skipped in silence, a file read is one whole version."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlake.errors import AccessDenied, NoSuchBucket, ObjectGone, UsageError
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.folder import FolderStore
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.memory import MemoryStore

NAMES = st.sampled_from(["a", "b", "a-b", "a.b", "a0", "ab", "\u00e9", "z", " ", "-"])
BOUNDS = (
    st.none() | st.lists(NAMES, min_size=1, max_size=3).map("/".join) | st.sampled_from(["a/", "a/b/", "a-", "\uffff"])
)


def opened(root: Path, *, page_rows: int = 3) -> FolderStore:
    return FolderStore(Location(provider=Provider.FILE, container=str(root)), page_rows=page_rows)


def keys_of(store: FolderStore | MemoryStore, scope: KeyRange) -> list[str]:
    return [key for batch in list_range(store, scope) for key in batch.column("key").to_pylist()]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=12),
    st.lists(NAMES, max_size=2).map("/".join),
    BOUNDS,
    BOUNDS,
)
def test_any_range_of_any_tree_lists_as_a_bucket_would(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], prefix: str, after: str | None, until: str | None
) -> None:
    root = tmp_path_factory.mktemp("tree")
    oracle = MemoryStore()
    for key in keys:
        path = root / key
        if path.is_dir() or any((root / parent).is_file() for parent in Path(key).parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        oracle.put(key, b"")
    scope = KeyRange(prefix=prefix, after=after, until=until)
    assert keys_of(opened(root), scope) == keys_of(oracle, scope)


def test_links_are_told_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "dirlink").symlink_to(outside)
    (root / "filelink").symlink_to(outside / "secret")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe")
    listing = list_range(opened(root), KeyRange())
    assert list(listing) == []
    assert sorted(listing.certificate().unnameable) == [f"{n} (symbolic link)" for n in ("dirlink", "filelink", "loop")]
    for key in ["dirlink/secret", "filelink", "loop/filelink", "pipe", "../outside/secret", f"{outside}/secret", "."]:
        with pytest.raises(ObjectGone):
            opened(root).get(key, token=None, limit=100)


def test_names_that_are_not_utf8_are_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"latin\xe9.jpg")).write_bytes(b"x")
    listing = list_range(opened(tmp_path), KeyRange())
    assert list(listing) == []
    assert listing.certificate().unnameable == ("latin\\xe9.jpg",)


def test_a_single_file_is_refused_with_the_name_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="single file") as raised:
        opened(tmp_path / "a.jpg")
    assert f"file://{tmp_path}" in raised.value.fix


def test_a_root_that_was_exchanged_is_not_listed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"x")
    store = opened(root)
    assert keys_of(store, KeyRange()) == ["a"]
    root.rename(tmp_path / "old")
    root.mkdir()  # as an empty mount point is
    with pytest.raises(NoSuchBucket, match="no longer"):
        store.list_page(KeyRange(), None)
    with pytest.raises(NoSuchBucket):
        store.head("a")


def test_a_folder_that_may_not_be_read_is_a_gap_and_never_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed/below").mkdir(parents=True)
    for name in ("a.jpg", "closed/b.jpg", "closed/below/c.jpg", "d.jpg"):
        (tmp_path / name).write_bytes(b"x")
    real = os.open

    def refusing(path: str, flags: int, *args: int, dir_fd: int | None = None) -> int:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *args, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refusing)
    store = opened(tmp_path)
    listing = list_range(store, KeyRange())
    assert [key for batch in listing for key in batch.column("key").to_pylist()] == ["a.jpg", "d.jpg"]
    (gap,) = listing.certificate().gaps
    assert gap.range == KeyRange(prefix="closed/")
    for prefix in ("closed/", "closed/b.jpg"):
        with pytest.raises(AccessDenied):
            keys_of(store, KeyRange(prefix=prefix))


def test_files_that_may_be_named_but_not_asked_about_are_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m/deep").mkdir(parents=True)
    for name in ("a.jpg", "m/b.jpg", "m/deep/c.jpg", "m/x.jpg", "z.jpg"):
        (tmp_path / name).write_bytes(b"x")
    real = os.stat

    def refusing(path: str, **words: object) -> object:
        if path == "x.jpg":
            raise PermissionError(13, "Permission denied")
        return real(path, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refusing)
    listing = list_range(opened(tmp_path), KeyRange())
    told = [key for batch in listing for key in batch.column("key").to_pylist()]
    assert told == ["a.jpg", "m/b.jpg", "m/deep/c.jpg", "z.jpg"]
    assert [gap.range.prefix for gap in listing.gaps] == ["m/"]
