"""A folder as a store: the root is never left, nothing is skipped in silence, a file read is one whole version."""

from __future__ import annotations

import os
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlake.core.errors import AccessDenied, NoSuchBucket, ObjectChanged, ObjectGone, ObjectTooLarge, UsageError
from mirrorlake.model.objects import KeyRange, UnsupportedKey
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.memory.store import MemoryStore

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
    told = listing.certificate().unsupported
    assert sorted(one.shown for one in told) == [f"{n} (symbolic link)" for n in ("dirlink", "filelink", "loop")]
    assert {one.reason for one in told} == {"a symbolic link, which is not followed: it may lead anywhere"}
    for key in ["dirlink/secret", "filelink", "loop/filelink", "pipe", "../outside/secret", f"{outside}/secret", "."]:
        with pytest.raises(ObjectGone):
            opened(root).get(key, token=None, limit=100)


def test_names_that_are_not_utf8_are_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"latin\xe9.jpg")).write_bytes(b"x")
    listing = list_range(opened(tmp_path), KeyRange())
    assert list(listing) == []
    told = UnsupportedKey(shown="latin\\xe9.jpg", reason="its name is not UTF-8, which no catalog can hold")
    assert listing.certificate().unsupported == (told,)


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
    with pytest.raises(NoSuchBucket, match="was replaced during this run"):
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


@pytest.mark.parametrize("second", [-(2**33), -1, 0, 253_402_300_799])
def test_a_date_of_any_year_of_the_calendar_is_told(tmp_path: Path, second: int) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    os.utime(tmp_path / "a.jpg", (second, second))
    real = (tmp_path / "a.jpg").stat().st_mtime_ns // 10**9  # some file systems hold fewer years
    (batch,) = list_range(opened(tmp_path), KeyRange())
    told = [*batch.column("modified").to_pylist(), opened(tmp_path).head("a.jpg").modified]
    assert told == [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=real)] * 2


class Aged:
    """A file's facts, as on a file system that holds every year: few real ones do."""

    def __init__(self, facts: os.stat_result, second: int) -> None:
        self.st_mode, self.st_size = facts.st_mode, facts.st_size
        self.st_ino, self.st_dev = facts.st_ino, facts.st_dev
        self.st_mtime_ns = second * 10**9


@pytest.mark.parametrize("second", [-(2**60), -62_135_596_801, 253_402_300_800, 2**60])
def test_a_date_beyond_the_calendar_is_none_and_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: int
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"bytes")
    real, real_open = os.stat, os.fstat

    def aged(name: str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> object:
        facts = real(name, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
        return facts if dir_fd is None else Aged(facts, second)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", aged)
        patch.setattr(os, "fstat", lambda file: Aged(real_open(file), second))
        store = opened(tmp_path)
        batch = store.list_page(KeyRange(), None).batch
        head = store.head("a.jpg")
        body = store.get("a.jpg", token=head.token, limit=99)
    assert batch.column("modified").to_pylist() == [None]
    assert batch.column("token").to_pylist() == [head.token]
    assert (head.modified, body.info.modified, body.data) == (None, None, b"bytes")


def test_a_small_file_is_read_by_its_path_and_never_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, outside = tmp_path / "real", tmp_path / "outside"
    for folder in (root / "a", outside):
        folder.mkdir(parents=True)
        (folder / "x.txt").write_bytes(folder.name.encode())
    (root / "link").symlink_to(outside)
    (root / "x.txt").symlink_to(outside / "x.txt")
    (tmp_path / "root").symlink_to(root)
    store = opened(tmp_path / "root")
    facts = (outside / "x.txt").stat()
    token = f"{facts.st_ino}-{facts.st_mtime_ns}"
    for key in ("link/x.txt", "x.txt", "../outside/x.txt", "a/../../outside/x.txt", "a//x.txt", "a\0/x.txt"):
        with pytest.raises(ObjectGone):
            store.get(key, token=token, limit=100)
    there = store.head("a/x.txt")
    with pytest.raises(ObjectChanged):
        store.get("a/x.txt", token=token, limit=100)
    with pytest.raises(ObjectTooLarge):
        store.get("a/x.txt", token=there.token, limit=0)
    slow = store.get("a/x.txt", token=None, limit=100)
    if sys.platform == "linux":
        monkeypatch.setattr("mirrorlake.storage.providers.folder.store.open_file", None)  # the usual way is not taken
    assert store.get("a/x.txt", token=there.token, limit=100) == slow


@pytest.mark.parametrize("shown", ["/other/mount/a/x.txt", OSError("no /proc")])
def test_where_the_system_shows_other_paths_files_are_read_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str | OSError
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_bytes(b"bytes")
    store = opened(tmp_path)
    there = store.head("a/x.txt")

    def readlink(path: str) -> str:
        if isinstance(shown, OSError):
            raise shown
        return shown

    monkeypatch.setattr(os, "readlink", readlink)
    assert store.get("a/x.txt", token=there.token, limit=100) == store.get("a/x.txt", token=None, limit=100)


def test_a_pipe_behind_a_link_blocks_nothing(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    os.mkfifo(tmp_path / "outside" / "x.txt")
    (tmp_path / "root" / "a").symlink_to(tmp_path / "outside")
    facts = (tmp_path / "outside" / "x.txt").stat()
    with pytest.raises(ObjectGone):
        opened(tmp_path / "root").get("a/x.txt", token=f"{facts.st_ino}-{facts.st_mtime_ns}", limit=100)


def test_a_root_that_leads_elsewhere_during_a_run_is_not_read(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "x.txt").write_bytes(b"bytes")
    os.link(tmp_path / "one" / "x.txt", tmp_path / "two" / "x.txt")
    (tmp_path / "root").symlink_to(tmp_path / "one")
    store = opened(tmp_path / "root")
    there = store.head("x.txt")
    (tmp_path / "root").unlink()
    (tmp_path / "root").symlink_to(tmp_path / "two")
    with pytest.raises(NoSuchBucket):
        store.get("x.txt", token=there.token, limit=100)


def test_a_file_that_is_read_in_parts_is_in_memory_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems of networks and sandboxes may return less than is asked for."""
    content = os.urandom(1 << 20) * 20
    (tmp_path / "large.json").write_bytes(content)
    store = FolderStore(Location(provider=Provider.FILE, container=str(tmp_path)))
    whole = os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, start: whole(file, size // 2, start))
    tracemalloc.start()
    try:
        body = store.get("large.json", token=None, limit=len(content))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert body.data == content
    assert peak < 1.2 * len(content)
    part = store.get_range("large.json", token=None, start=5, length=4_000_000)
    assert part.data == content[5:4_000_005]
