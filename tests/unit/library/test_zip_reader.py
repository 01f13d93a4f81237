"""A zip file is read as others read it, in bounded memory; what is false, unsafe or too large in it has a sentence."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.zips import FULL16, FULL32, End, Made, many, unicode_path, wide_end, zip64, zip_of

from mirrorlake.library.zip_directory import BadZip, ZipLimits
from mirrorlake.library.zip_reader import is_zip_file, open_zip

LIMITS = ZipLimits(members=100, directory_bytes=20_000, name_bytes=20_000)
LINE = b"0 0.5 0.5 0.1 0.1\n"


def contents(path: Path, limits: ZipLimits = LIMITS) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with open_zip(path, limits) as archive:
        for name in archive.names:
            with archive.open(name) as file:
                found[name] = file.read()
            assert archive.read(name) == found[name]
    return found


def read_at_once(path: Path) -> None:
    with open_zip(path, LIMITS) as archive:
        for name in archive.names:
            archive.read(name)


def refusal(path: Path, limits: ZipLimits = LIMITS) -> str:
    with pytest.raises(BadZip) as raised:
        contents(path, limits)
    sentence = str(raised.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@given(
    files=st.dictionaries(st.sampled_from(["a.txt", "é/b.txt", "c d", "e/f/g.json"]), st.binary(max_size=300_000)),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    comment=st.sampled_from([b"", b"PK\5\6", b"PK\5\6" + bytes(30)]),
)
def test_a_zip_file_has_what_was_packed(
    files: dict[str, bytes], method: int, comment: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.comment = comment
        archive.mkdir("folder")
        for name, data in files.items():
            with archive.open(name, "w", force_zip64=len(data) % 2 == 0) as file:
                file.write(data)
    assert is_zip_file(path)
    assert contents(path) == files


def test_lines_are_read_as_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    lines = [b"%d\n" % number for number in range(500_000)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"".join(lines))
    with open_zip(path, LIMITS) as archive, archive.open("a.txt") as file:
        assert list(file) == lines


def test_a_pipe_writes_a_zip_file_whose_headers_have_no_sizes(tmp_path: Path) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as pipe, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", LINE)
    path = tmp_path / "a.zip"
    with os.fdopen(read, "rb") as pipe:
        path.write_bytes(pipe.read())
    assert contents(path) == {"a.txt": LINE}


TWO = (Made(name=b"a"), Made(name=b"b"))
SIZE = 2 * (46 + 1)


def two_wide(*, members: int = 2, size: int = SIZE, magic: bytes = b"PK\6\6", place: int | None = None) -> bytes:
    at = len(zip_of(TWO)) - 22
    offset = at - SIZE
    wide = wide_end(at=at, members=members, size=size, offset=offset, magic=magic, place=place)
    return zip_of(TWO, End(members=FULL16, size=FULL32, offset=FULL32), wide=wide)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        # counts
        (zip_of(TWO, End(members=1)), "its end states 1 members, but the list has more"),
        (zip_of(TWO, End(members=3)), "its end states 3 members, for which the list before it is too short"),
        (zip_of([Made(name=b"n" * 99)] * 2, End(members=4)), "its end states 4 members, but the list ends after 2"),
        (zip_of(TWO, End(members_here=1)), "one part of a zip file that was split"),
        (zip_of(TWO, End(disk=1)), "one part of a zip file that was split"),
        (zip_of([Made(disk=2)]), "one part of a zip file that was split"),
        # places
        (zip_of(TWO, End(offset=5)), "the list of its members is not where its end states"),
        (zip_of(TWO, End(size=48)), "the list of its members is not where its end states"),
        (zip_of(TWO, End(before=b"#!/bin/sh\n")), "the list of its members is not where its end states"),
        (zip_of(TWO, End(after=b"more")), "its end is missing: it was cut short, or something was added"),
        (zip_of(TWO)[:-1], "its end is missing: it was cut short, or something was added"),
        (zip_of([Made(offset=1000)]), "the member 'a.txt' does not end before the list of members"),
        (zip_of([Made(packed=1000)]), "the member 'a.txt' does not end before the list of members"),
        (zip_of([Made(name=b"a"), Made(name=b"b", offset=0)]), "its members 'a' and 'b' overlap"),
        (zip_of([Made(name=b"a", packed=40), Made(name=b"b")]), "its members 'a' and 'b' overlap"),
        (zip_of([Made(name=b"a"), Made(name=b"b", offset=10, packed=2)]), "its members 'a' and 'b' overlap"),
        (zip_of(TWO).replace(b"PK\1\2", b"PK\1\3"), "the list of its members is damaged after the first 0"),
        # records and fields of large files
        (zip_of(TWO, End(members=FULL16)), r"refers to a record of large files \(zip64\), which is missing"),
        (zip_of(TWO, End(offset=FULL32)), r"refers to a record of large files \(zip64\), which is missing"),
        (two_wide(members=3), "its end states 3 members, for which the list before it is too short"),
        (two_wide(members=2**63), "has 9,223,372,036,854,775,808 members; at most 100 are read"),
        (two_wide(size=2**62), "the list of its members is not where its end states"),
        (two_wide(magic=b"PK\6\5"), r"its record of large files \(zip64\) is damaged"),
        (two_wide(place=3), r"its record of large files \(zip64\) is damaged"),
        (two_wide(place=2**63), r"its record of large files \(zip64\) is not where its end states"),
        (
            zip_of(TWO, End(members=1), wide=wide_end(at=len(zip_of(TWO)) - 22, members=2, size=SIZE, offset=86)),
            "its end states two different numbers or places of members",
        ),
        (zip_of([Made(size=FULL32)]), r"the member 'a.txt' refers to a field of large files \(zip64\)"),
        (zip_of([Made(size=FULL32, offset=FULL32, extra=zip64(18))]), "refers to a field of large files"),
        (zip_of([Made(size=FULL32, extra=zip64(18)[:-2])]), "refers to a field of large files"),
        (zip_of([Made(offset=FULL32, extra=zip64(2**63))]), "does not end before the list of members"),
        # names
        (zip_of([Made(), Made()]), "it has two members with the name 'a.txt'"),
        (zip_of([Made(name=b"")]), "a member has no name"),
        (zip_of([Made(name=b"a.txt\0.jpg")]), r"the name of the member 'a.txt\\x00.jpg' contains a null character"),
        (zip_of([Made(name=b"/etc/a.txt")]), "the name of the member '/etc/a.txt' is an absolute path"),
        (zip_of([Made(name=b"a/../../b.txt")]), r"the name of the member 'a/../../b.txt' leads out of its folder"),
        (zip_of([Made(name=b"..")]), "the name of the member '..' leads out of its folder"),
        (zip_of([Made(name=b"C:a.txt")]), "the name of the member 'C:a.txt' begins with a drive letter"),
        (zip_of([Made(name=b"..\\a.txt")]), "contains a backslash, which is not the same everywhere"),
        (zip_of([Made(name=b"a\\..\\..\\b.txt", system=0)]), r"'a/../../b.txt' leads out of its folder"),
        (zip_of([Made(name=b"\\\\server\\b.txt", system=0)]), "'//server/b.txt' is an absolute path"),
        (zip_of([Made(name=b"a/b"), Made(name=b"a\\b", system=0)]), "it has two members with the name 'a/b'"),
        (zip_of([Made(extra=unicode_path(b"a.txt", "../b.txt"))]), "'../b.txt' leads out of its folder"),
        (zip_of([Made(extra=unicode_path(b"a.txt", "/b.txt"))]), "'/b.txt' is an absolute path"),
        (zip_of([Made(extra=unicode_path(b"a.txt", "b")), Made(name=b"b")]), "two members with the name 'b'"),
        (zip_of([Made(name=b"\xff.txt", flags=0x800)]), "the name of a member is not UTF-8"),
        # what is in them
        (zip_of([Made(flags=1)]), "it is encrypted; pack it without a password"),
        (zip_of([Made(flags=0x2000)]), "it is encrypted"),
        (zip_of([Made(mode=stat.S_IFLNK | 0o777)]), "it is a symbolic link; pack the file itself"),
        (zip_of([Made(mode=stat.S_IFCHR)]), "it is no usual file"),
        (zip_of([Made(method=12)]), "it is compressed by the method 12; pack it with deflate"),
        (zip_of([Made(own_name=b"b.txt")]), "it has another name in the list of members than in its header"),
        (zip_of([Made(own_method=0)]), "it is packed in another way in the list of members than in its header"),
        (zip_of([Made(own_extra=bytes(20), packed=1)]), "it ends too early|it is damaged"),
        (zip_of([Made(data=b"")]).replace(b"PK\3\4", b"PK\3\5"), "it is not where the list of members states"),
        (zip_of([Made(size=17)]), "unpacks to more than the 17 bytes that the list of members states"),
        (zip_of([Made(size=19)]), "it has 18 bytes, but the list of members states 19"),
        (zip_of([Made(crc=1)]), "its checksum is not that of its bytes"),
        (zip_of([Made(method=0, size=3)]), "unpacks to more than the 3 bytes"),
        # limits
        (zip_of([Made(name=b"%d" % i) for i in range(101)]), "it has 101 members; at most 100 are read"),
        (zip_of([Made(extra=bytes(21_000))]), "the list of its members has 21,051 bytes; at most 20,000 are read"),
        (zip_of([Made(name=b"%d" % i + b"\xe0" * 150) for i in range(60)]), "need more than 20,000 bytes of memory"),
    ],
)  # fmt: skip
def test_each_lie_and_danger_has_its_sentence(data: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert is_zip_file(path)
    with pytest.raises(BadZip, match=sentence):
        contents(path)
    with pytest.raises(BadZip, match=sentence):
        read_at_once(path)
    assert refusal(path)


def test_a_header_that_pushes_its_content_into_the_next_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    data = bytearray(zip_of([Made(name=b"a", method=0, data=b"12345"), Made(name=b"b")]))
    data[28] = 4  # the length of the fields in the first header
    path.write_bytes(data)
    with open_zip(path, LIMITS) as archive, pytest.raises(BadZip, match="its header states that it overlaps"):
        archive.open("a")


def test_records_of_large_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(two_wide())
    assert contents(path) == {"a": LINE, "b": LINE}
    fields = zip64(len(LINE)) + b"\xfe\xca\1\0x"
    path.write_bytes(zip_of([Made(size=FULL32, extra=fields), Made(name=b"b", extra=b"\xfe\xca\1\0x")]))
    assert contents(path) == {"a.txt": LINE, "b": LINE}


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (Made(name="é.txt".encode()), "é.txt"),  # Finder and zip, which do not say that it is UTF-8
        (Made(name="é.txt".encode(), system=19), "é.txt"),
        (Made(name=b"\x82.txt"), "é.txt"),
        (Made(name=b"\x82.txt", system=0), "é.txt"),
        (Made(name="é.txt".encode(), system=0, flags=0x800), "é.txt"),
        (Made(name=b"\x82.txt", extra=unicode_path(b"\x82.txt", "日本.txt")), "日本.txt"),
        (Made(name=b"#U65e5.txt", extra=zip64() + unicode_path(b"#U65e5.txt", "日.txt")), "日.txt"),
        (Made(name=b"\x82.txt", extra=unicode_path(b"other", "日本.txt")), "é.txt"),  # of a name before this one
        (Made(name=b"a.txt", extra=unicode_path(b"a.txt", "日本.txt", version=2)), "a.txt"),
        (Made(name=b"a\\b.txt", system=0), "a/b.txt"),  # PowerShell 5
        (Made(name=b"\x95\\.txt", system=10), "ò/.txt"),  # of Japanese Windows: never a way out, but readable
        (Made(mode=stat.S_IFIFO | 0o600), "a.txt"),  # packed from a pipe
    ],
)
def test_names_are_what_packers_meant(made: Made, name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of([made, Made(name=b"z")]))
    assert contents(path) == {name: LINE, "z": LINE}


def test_zeros_after_the_end_are_those_of_the_last_block_of_tar(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of(TWO, End(comment=b"c", after=bytes(10_000))))
    assert contents(path) == {"a": LINE, "b": LINE}


def test_finder_leaves_out_multiples_of_65536_members(tmp_path: Path) -> None:
    path = many(tmp_path / "a.zip", 65_536 + 3, wide=False, wraps=True)
    limits = ZipLimits(members=70_000, directory_bytes=10_000_000, name_bytes=10_000_000)
    with open_zip(path, limits) as archive:
        assert len(archive.names) == 65_539
        assert archive.read(archive.names[-1]) == LINE
    with (
        pytest.raises(BadZip, match="it has more than 60,000 members"),
        open_zip(path, replace(limits, members=60_000)),
    ):
        pass


def test_finder_leaves_out_multiples_of_4_gib(tmp_path: Path) -> None:
    path, size = tmp_path / "a.zip", len(zip_of([Made()])) - 22 - 51
    places = [0, 3 << 30, 5 << 30, 8 << 30]
    stated = [place % (1 << 32) for place in places]
    made = [Made(name=b"%d.txt" % i, offset=offset) for i, offset in enumerate(stated)]
    data = zip_of(made, End(offset=stated[-1] + size))
    with path.open("wb") as file:  # between the members is nothing, as if there were pictures
        for i, place in enumerate(places):
            file.seek(place)
            file.write(data[i * size : (i + 1) * size])
        file.write(data[len(places) * size :])
    assert contents(path) == {f"{i}.txt": LINE for i in range(4)}


def test_a_member_of_zeros_needs_the_memory_of_its_bytes_once(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as file:
        for _ in range(100):
            file.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        with open_zip(path, LIMITS) as archive, archive.open("a.txt") as file:
            assert len(file.read(100_000_001)) == 100_000_000
        assert tracemalloc.get_traced_memory()[1] < 110_000_000
    finally:
        tracemalloc.stop()


def test_no_change_of_a_byte_ends_in_anything_but_a_sentence(tmp_path: Path) -> None:
    whole = zip_of([Made(name=b"a/b.txt"), Made(name=b"c", method=0), Made(name=b"d/", data=b"")])
    path, chance = tmp_path / "a.zip", random.Random(1)  # noqa: S311  no secret
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([chance.randrange(256)]) + whole[place + 1 :])
        try:
            assert {LINE} >= set(contents(path).values()) - {b""}
        except BadZip:
            refused += 1
            assert refusal(path)
        path.write_bytes(whole[:place])
        assert not place or refusal(path)
    assert refused > len(whole) / 3


_MEASURE = """
import resource, sys
from pathlib import Path
from mirrorlake.library.label_files import open_label_files
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_label_files(Path(sys.argv[1])) as files:
    names = files.names()
    assert files.read(names[-1]) == files.read(names[0]) == b"0 0.5 0.5 0.1 0.1\\n"
    print(len(names), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_million_label_files_are_listed_in_bounded_memory(tmp_path: Path) -> None:
    path = many(tmp_path / "many.zip", 1_000_000)
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], check=True, capture_output=True, text=True)
    count, kilobytes = map(int, done.stdout.split())
    assert count == 1_000_000
    assert kilobytes < 250_000  # zipfile takes half a million
