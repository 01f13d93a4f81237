"""Label files come from folders and zip files, and go to folders: no name leaves its folder, no bomb unpacks."""

from __future__ import annotations

import os
import stat
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.zips import Made, zip_of

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.file_names import safe_part
from mirrorlake.labels.records import BadLabels
from mirrorlake.labels.registry import FORMATS
from mirrorlake.library import label_files
from mirrorlake.library.label_files import FolderOutput, open_label_files
from mirrorlake.model.labels import LabelProblem


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_folder_a_zip_and_a_file_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "set" / "labels").mkdir(parents=True)
    (tmp_path / "set" / "labels" / "a.txt").write_bytes(b"one\r\ntwo")
    archive = packed(tmp_path / "set.zip", {"labels/a.txt": b"one\r\ntwo", "empty/": b""})
    for place in (tmp_path / "set", archive):
        with open_label_files(place) as files:
            assert files.names() == ["labels/a.txt"]
            assert files.read("labels/a.txt") == b"one\r\ntwo"
            assert list(files.lines("labels/a.txt")) == [(1, b"one"), (2, b"two")]
    with open_label_files(tmp_path / "set" / "labels" / "a.txt") as files:
        assert files.names() == ["a.txt"]


def test_pipes_and_devices_among_label_files_are_problems_that_block_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    os.mkfifo(tmp_path / "b.txt")
    (tmp_path / "c.txt").symlink_to("/dev/zero")
    with open_label_files(tmp_path) as files:
        assert files.names() == ["a.txt", "b.txt", "c.txt"]
        assert files.read("a.txt") == b"x"
        for name in ("b.txt", "c.txt"):
            with pytest.raises(BadLabels, match="The file cannot be read: it is no usual file"):
                files.read(name)
            with pytest.raises(BadLabels, match="The file cannot be read: it is no usual file"):
                list(files.lines(name))


def test_what_macos_keeps_beside_files_is_no_label_file(tmp_path: Path) -> None:
    """Finder packs such a member for each file that was downloaded, and writes such files to disks of other systems."""
    (tmp_path / "set" / "labels").mkdir(parents=True)
    for name in ("a.txt", "._a.txt"):
        (tmp_path / "set" / "labels" / name).write_bytes(b"0 0.5 0.5 0.1 0.1")
    members = {
        "labels/a.txt": b"0 0.5 0.5 0.1 0.1",
        "__MACOSX/labels/._a.txt": b"\0\5\x16\7\0\2\0\0Mac OS X",
        "__MACOSX/._labels": b"\0\5\x16\7",
        "labels/._a.txt": b"\0\5\x16\7",
    }
    for place in (tmp_path / "set", packed(tmp_path / "set.zip", members)):
        problems: list[LabelProblem] = []
        with open_label_files(place) as files:
            assert files.names() == ["labels/a.txt"]
            assert len(list(FORMATS["yolo"].read(files, problems.append))) == 1
        assert not [one for one in problems if "._" in one.file]


def test_the_report_of_an_export_is_no_label_file_wherever_it_was_unpacked(tmp_path: Path) -> None:
    (tmp_path / "all" / "roads").mkdir(parents=True)
    members = {
        "roads/annotations.jsonl": b"",
        "roads/not-exported.jsonl": b'{"path":"a.png"}',
        "not-exported.jsonl": b"",
    }
    for name, data in members.items():
        (tmp_path / "all" / name).write_bytes(data)
    for place in (tmp_path / "all", packed(tmp_path / "all.zip", members)):
        with open_label_files(place) as files:
            assert files.names() == ["roads/annotations.jsonl"]


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "a\\evil.txt"])
def test_a_member_that_climbs_out_refuses_the_zip_file_and_is_never_a_path(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path / "slip.zip", {"a.txt": b"x", name: b"y"})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="the name of the member"), open_label_files(archive):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_a_member_that_is_encrypted_or_a_link_is_a_problem_of_this_member_alone(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(
        zip_of([Made(name=b"a.txt"), Made(name=b"b.txt", flags=1), Made(name=b"c.txt", mode=stat.S_IFLNK | 0o777)])
    )
    problems: list[LabelProblem] = []
    with open_label_files(archive) as files:
        images = list(FORMATS["yolo"].read(files, problems.append))
    assert [image.path for image in images] == ["a"]
    assert [(one.file, one.reason) for one in problems] == [
        ("b.txt", "The member of the zip file cannot be read: it is encrypted; pack it without a password."),
        ("c.txt", "The member of the zip file cannot be read: it is a symbolic link; pack the file itself."),
    ]


def test_a_bomb_is_refused_by_what_it_states_and_by_what_it_unpacks_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path / "bomb.zip", {f"{i}.txt": b"0" * 60_000 for i in range(4)})
    monkeypatch.setattr(label_files, "FILE_BYTES", 50_000)
    with open_label_files(archive) as files, pytest.raises(BadLabels, match="larger than 50,000"):
        files.read("0.txt")
    monkeypatch.setattr(label_files, "TOTAL_BYTES", 200_000)
    with (
        pytest.raises(UsageError, match="unpacks to 240,000 bytes; at most 200,000 are read"),
        open_label_files(archive),
    ):
        pass
    monkeypatch.setattr(label_files, "LINE_BYTES", 50_000)
    monkeypatch.setattr(label_files, "TOTAL_BYTES", 300_000)
    with open_label_files(archive) as files, pytest.raises(BadLabels, match="Line 1 is longer"):
        list(files.lines("0.txt"))


def test_a_directory_of_too_many_members_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path / "many.zip", {f"{i}.txt": b"" for i in range(1000)})
    limits = label_files.ZIP_LIMITS
    for changed, sentence in (
        ({"directory_bytes": 50_000}, "the list of its members has 52,890 bytes; at most 50,000 are read"),
        ({"members": 999}, "it has 1,000 members; at most 999 are read"),
    ):
        monkeypatch.setattr(label_files, "ZIP_LIMITS", replace(limits, **changed))
        with pytest.raises(UsageError, match=sentence), open_label_files(archive):
            pass


def test_a_zip_file_that_was_cut_short_is_no_label_file(tmp_path: Path) -> None:
    archive = packed(tmp_path / "set.zip", {"a.txt": b"0123456789" * 50})
    archive.write_bytes(archive.read_bytes()[:-10])
    with pytest.raises(UsageError, match="its end is missing: it was cut short"), open_label_files(archive):
        pass


def test_a_directory_that_lies_about_sizes_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path / "liar.zip", {"0.txt": b"0" * 60_000, "1.txt": b"1" * 60_000})
    with open_label_files(archive) as files:
        monkeypatch.setattr(label_files, "TOTAL_BYTES", 100_000)
        files.read("0.txt")
        with pytest.raises(UsageError, match="unpacks to more"):
            files.read("1.txt")


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    archive = packed(tmp_path / "set.zip", {"a.txt": b"0123456789" * 50})
    data = bytearray(archive.read_bytes())
    data[40] ^= 0xFF
    archive.write_bytes(data)
    with open_label_files(archive) as files, pytest.raises(BadLabels, match="cannot be read"):
        files.read("a.txt")


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    with open_label_files(tmp_path) as files:
        assert files.names() == ["gone.txt"]
        with pytest.raises(BadLabels, match="cannot be read: No such file"):
            files.read("gone.txt")


def test_nothing_at_a_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"), open_label_files(tmp_path / "none"):
        pass


@given(name=st.lists(st.sampled_from(["..", ".", "", "a", "é", "\\", "\n", "x" * 300, "%2e%2e", "~"])).map("/".join))
def test_no_name_of_a_key_leaves_its_folder(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = Path("/root/out")
    made = root.joinpath(*map(safe_part, name.split("/")))
    assert root in made.parents
    assert ".." not in made.parts
    assert all(len(part.encode()) <= 255 for part in made.parts)


def test_names_that_are_too_long_stay_apart_and_keep_their_suffix() -> None:
    names = ["x" * 252 + f"{number}.txt" for number in range(9)] + ["é" * 200 + ".json", "x" * 300]
    made = [safe_part(name) for name in names]
    assert len(set(made)) == len(names)
    assert [name.rpartition(".")[2] for name in made[:10]] == ["txt"] * 9 + ["json"]
    assert all(len(name) <= 255 for name in made)


@pytest.mark.parametrize("stem", ["x" * length for length in (245, 246, 247, 249, 250, 300)] + ["é" * 130, "a\n" * 90])
def test_an_image_and_its_label_file_are_cut_alike(stem: str) -> None:
    made = [safe_part(f"{stem}{suffix}") for suffix in (".jpg", ".txt", ".jpeg", ".json", ".tiff")]
    assert len({name.rpartition(".")[0] for name in made}) == 1
    assert all(len(name.encode()) <= 255 for name in made)


def test_two_images_with_one_label_file_are_an_error(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path)
    with output.open("labels/a.txt") as file:
        file.write(b"1")
    with pytest.raises(BadLabels, match="Two images"), output.open("labels/a.txt"):
        pass


def test_folders_may_be_deeper_than_calls_in_each_other(tmp_path: Path) -> None:
    name = "a/" * 1100 + "b.txt"
    try:
        with FolderOutput(tmp_path).open(name) as file:
            file.write(b"0 0.5 0.5 0.1 0.1")
        with open_label_files(tmp_path) as files:
            assert files.names() == [name]
            assert files.read(name) == b"0 0.5 0.5 0.1 0.1"
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "a"], check=True)  # `shutil.rmtree` calls itself for each folder


def test_a_name_that_is_not_utf_8_is_a_problem_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_bytes(b"0 0.5 0.5 0.1 0.1")
    (tmp_path / "a.txt").write_bytes(b"0 0.5 0.5 0.1 0.1")
    problems: list[LabelProblem] = []
    with open_label_files(tmp_path) as files:
        images = list(FORMATS["yolo"].read(files, problems.append))
    assert [image.path for image in images] == ["a"]
    assert [one.file for one in problems] == ["?.txt"]
