"""The cache of previews keeps what was used last, within its limit, and never fails a request."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from mirrorlake.library.preview_cache import PreviewCache

KB = bytes(1000)


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_what_was_kept_is_found_by_every_process(tmp_path: Path) -> None:
    PreviewCache(tmp_path, 10_000).put("aa01", b"a preview")
    assert PreviewCache(tmp_path, 10_000).get("aa01") == b"a preview"
    assert PreviewCache(tmp_path, 10_000).get("aa02") is None


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10_000)
    for number in range(10):
        cache.put(f"a{number}", KB)
        os.utime(tmp_path / f"a{number}" / f"a{number}.webp", (number, number))
    assert cache.get("a0") == KB  # now it was used last
    cache.put("b0", KB)
    assert bytes_in(tmp_path) <= 9000
    assert [name for name in ("a0", "a1", "a2", "a3", "b0") if cache.get(name) is None] == ["a1", "a2"]


def test_files_of_other_processes_count(tmp_path: Path) -> None:
    PreviewCache(tmp_path, 100_000).put("a0", 9 * KB)
    PreviewCache(tmp_path, 10_000).put("b0", 2 * KB)
    assert bytes_in(tmp_path) == 2000


def test_nothing_is_kept_without_a_limit_or_beyond_it(tmp_path: Path) -> None:
    PreviewCache(tmp_path, 0).put("a0", KB)
    PreviewCache(tmp_path, 1000).put("a0", KB)
    assert bytes_in(tmp_path) == 0


def test_many_writers_stay_within_the_limit(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 20_000)

    def write(thread: int) -> None:
        for number in range(20):
            cache.put(f"{thread}{number:02}", KB)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < bytes_in(tmp_path) <= 20_000
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = PreviewCache(tmp_path / "file", 10_000)
    cache.put("a0", KB)
    assert cache.get("a0") is None


def test_an_empty_file_of_a_power_failure_is_no_preview(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10_000)
    cache.put("a0", KB)
    (tmp_path / "a0" / "a0.webp").write_bytes(b"")
    assert cache.get("a0") is None
