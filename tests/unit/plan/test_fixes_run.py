"""The commands that mend rejected objects are run on real files: what they write complies.

A case whose programs are not installed is skipped. Debian has all of them: ffmpeg, imagemagick, libimage-exiftool-perl,
libjpeg-turbo-progs, ghostscript, librsvg2-bin, scour.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image
from tests.support.embedded import FOLDER
from tests.support.images import svg, turned
from tests.support.recordings import recording, video

from mirrorlake.formats.codec import Probe
from mirrorlake.formats.header import read_header
from mirrorlake.formats.identify import identify
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.registry import Format, format_of_name
from mirrorlake.model.policies import OrientationPolicy, Policies
from mirrorlake.plan.policies import reject, reject_size

UPRIGHT = Policies(orientation=OrientationPolicy.REJECT)
FILMS = {"MP4": ".mp4", "MOV": ".mov", "WebM": ".webm", "MKV": ".mkv", "AVI": ".avi", "MPEG-TS": ".ts"}
SOUNDS = {"WAV": ".wav", "MP3": ".mp3", "FLAC": ".flac", "OGG": ".ogg", "M4A": ".m4a"}
IMAGES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "GIF": ".gif", "BMP": ".bmp"}
NAMES = ["a b'c\";$(touch x)`y`&", "-rf", "@list", "50%d", "a[1]", "wh*t?", "mp3:x", "Ü\u202e", "line\nend\x1b"]


def photograph(encoder: str, size: tuple[int, int] = (448, 304), **options: object) -> bytes:
    out = BytesIO()
    Image.open(FOLDER / "chelsea.png").resize(size).save(out, encoder, **options)
    return out.getvalue()


def test_images_of_all_orientations_are_turned(tmp_path: Path) -> None:
    picture = Image.open(FOLDER / "chelsea.png")
    for sides in ((448, 304), (445, 299)):
        for encoder, suffix in (("jpeg", ".jpg"), ("png", ".png"), ("webp", ".webp"), ("tiff", ".tif")):
            for orientation in range(2, 9) if encoder == "jpeg" else (2, 5, 6):
                upright = picture.resize(sides)
                folder = tmp_path / f"{encoder} {orientation} {sides[0]}"
                folder.mkdir()
                mended = mend(folder, f"a{suffix}", turned(upright, orientation, encoder), UPRIGHT)
                difference = np.asarray(Image.open(BytesIO(mended)).convert("RGB"), int) - np.asarray(upright, int)
                assert np.abs(difference).mean() < 9


@pytest.mark.parametrize(("encoder", "suffix"), [("jpeg", ".jpg"), ("png", ".png"), ("tiff", ".tif")])
def test_a_tag_that_is_wrong_is_removed_and_the_pixels_stay(encoder: str, suffix: str, tmp_path: Path) -> None:
    picture = Image.open(FOLDER / "chelsea.png").resize((448, 304))
    data = turned(picture, 6, encoder)
    reason = violation(f"a{suffix}", data, UPRIGHT)
    command = re.search(r"\(if only this tag is wrong: (.+)\)\. Mend it: ", str(reason))
    assert command is not None
    if shutil.which("exiftool") is None:
        pytest.skip("2026-12-01: exiftool is not installed")
    (tmp_path / f"a{suffix}").write_bytes(data)
    subprocess.run(["bash", "-c", command[1]], cwd=tmp_path, check=True, capture_output=True)
    mended = (tmp_path / f"a{suffix}").read_bytes()
    assert violation(f"a{suffix}", mended, UPRIGHT) is None
    # Not by Pillow, which turns a TIFF by its tag.
    stored, left = (pyvips.Image.new_from_buffer(one, "").numpy() for one in (data, mended))
    assert np.array_equal(stored, left)


@pytest.mark.parametrize("kind", IMAGES)
def test_images_are_scaled_and_made_smaller(kind: str, tmp_path: Path) -> None:
    name, data = f"a{IMAGES[kind]}", photograph(kind)
    complies = [
        Policies(max_pixels=50_000),
        Policies(min_width=900, min_height=300),
        Policies(max_bytes=len(data) * 2 // 3),
        Policies(max_bytes=len(data) // 4),
    ]
    for number, policies in enumerate(complies):
        folder = tmp_path / str(number)
        folder.mkdir()
        mend(folder, name, data, policies)


def test_an_image_on_its_side_is_enlarged_as_it_is_shown(tmp_path: Path) -> None:
    upright = Image.open(FOLDER / "chelsea.png").resize((300, 200))
    mend(tmp_path, "a.jpg", turned(upright, 6, "jpeg"), Policies(min_width=600))
    with Image.open(tmp_path / "a.jpg") as stored:
        assert stored.size == (400, 600)


def test_drawings_are_scaled_and_made_smaller(tmp_path: Path) -> None:
    data = svg(300, 200, body="<!-- made by hand -->" * 40 + '<rect width="50%" height="50%" id="a-long-name"/>')
    for number, policies in enumerate(
        (Policies(max_pixels=20_000), Policies(min_width=900), Policies(max_bytes=len(data) // 2))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        mend(folder, "a.svg", data, policies)


@pytest.mark.parametrize("kind", FILMS)
def test_videos_keep_their_container_and_comply(kind: str, tmp_path: Path) -> None:
    name, data = f"a{FILMS[kind]}", recording(kind)
    complies = [
        Policies(max_pixels=5_000),
        Policies(min_width=321),
        Policies(max_seconds=2),
        Policies(max_seconds=0.5),
        Policies(pixel_formats=("yuv444p",)),
    ]
    for number, policies in enumerate(complies):
        folder = tmp_path / str(number)
        folder.mkdir()
        mend(folder, name, data, policies)
        assert (folder / f"a.mended{FILMS[kind]}").exists()


@pytest.mark.parametrize("kind", FILMS)
def test_brands_and_everything_else_are_given_together(kind: str, tmp_path: Path) -> None:
    name, data = f"a{FILMS[kind]}", recording(kind)
    for number, brand in enumerate(("mp42", "qt", "M4V")):
        folder = tmp_path / str(number)
        folder.mkdir()
        wanted = Policies(
            video_brands=(brand, "avc1"), pixel_formats=("yuv420p",), max_pixels=5_000, max_seconds=2, min_height=30
        )
        for _ in range(4):  # one command mends one violation, and brings no other one back
            if violation(name, data, wanted) is None:
                break
            data = mend(folder, name, data, wanted, fully=False)
            name = next(path.name for path in folder.iterdir())
        assert violation(name, data, wanted) is None


@pytest.mark.parametrize("kind", FILMS)
def test_large_videos_are_made_smaller(kind: str, tmp_path: Path) -> None:
    container, picture, sound = {
        "MP4": ("mp4", "mpeg4", "aac"),
        "MOV": ("mov", "mpeg4", "aac"),
        "WebM": ("webm", "libvpx", "libopus"),
        "MKV": ("matroska", "mpeg4", "aac"),
        "AVI": ("avi", "mpeg4", "libmp3lame"),
        "MPEG-TS": ("mpegts", "mpeg2video", "mp2"),
    }[kind]
    data = video(container, picture, sound, size=(320, 240), grain=True)
    for share in (2, 8):
        folder = tmp_path / str(share)
        folder.mkdir()
        mend(folder, f"a{FILMS[kind]}", data, Policies(max_bytes=len(data) // share))


@pytest.mark.parametrize("kind", SOUNDS)
def test_recordings_are_made_shorter_and_smaller(kind: str, tmp_path: Path) -> None:
    name, data = f"a{SOUNDS[kind]}", recording(kind)
    for number, policies in enumerate((Policies(max_seconds=2), Policies(max_bytes=len(data) * 2 // 3))):
        folder = tmp_path / str(number)
        folder.mkdir()
        mend(folder, name, data, policies)


def test_a_recording_without_a_duration_gets_one(tmp_path: Path) -> None:
    film = video("matroska", "mpeg4", "aac", options={"live": "1"})
    mend(tmp_path, "a.mkv", film, Policies(max_seconds=9))


def test_documents_and_texts_are_made_smaller(tmp_path: Path) -> None:
    out = BytesIO()
    Image.open(FOLDER / "chelsea.png").resize((1800, 1200)).save(out, "PDF", quality=97, resolution=300)
    document = out.getvalue()
    table = "".join(f"{number},value {number}\n" for number in range(500)).encode()
    files: list[tuple[str, bytes]] = [("a%d.pdf", document), ("a.csv", table), ("a.txt", table)]
    for number, (name, data) in enumerate(files):
        folder = tmp_path / str(number)
        folder.mkdir()
        mend(folder, name, data, Policies(max_bytes=len(data) // 3))
    assert b"".join(path.read_bytes() for path in sorted((tmp_path / "1").iterdir())) == table


def test_a_json_document_is_written_without_spaces(tmp_path: Path) -> None:
    rows = [{"type": "Feature", "properties": {"name": f"Ü {at}", "id": 2**60 + at, "of": 0.1}} for at in range(200)]
    document = {"type": "FeatureCollection", "features": rows}
    for number, name in enumerate(("a.geojson", "50%d.geojson")):
        folder = tmp_path / str(number)
        folder.mkdir()
        data = json.dumps(document, indent=4).encode()
        mended = mend(folder, name, data, Policies(max_bytes=len(data) * 2 // 3))
        assert json.loads(mended) == document


MADE: list[tuple[str, Callable[[], bytes], Policies]] = [
    (".jpg", lambda: photograph("JPEG"), Policies(max_pixels=50_000)),
    (".jpg", lambda: turned(Image.open(FOLDER / "chelsea.png").resize((448, 304)), 6, "jpeg"), UPRIGHT),
    (".png", lambda: turned(Image.open(FOLDER / "chelsea.png").resize((448, 304)), 6, "png"), UPRIGHT),
    (".mp3", lambda: recording("MP3"), Policies(max_bytes=30_000)),
    (".pdf", lambda: photograph("PDF", (1800, 1200), quality=97, resolution=300), Policies(max_bytes=90_000)),
    (".svg", lambda: svg(300, 200), Policies(max_pixels=20_000)),
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_keeps_a_command_from_its_file(name: str, tmp_path: Path) -> None:
    for number, (suffix, make, policies) in enumerate(MADE):
        folder = tmp_path / str(number)
        folder.mkdir()
        mend(folder, f"{name}{suffix}", make(), policies)
        assert not (folder / "x").exists()


def mend(folder: Path, name: str, data: bytes, policies: Policies, *, fully: bool = True) -> bytes:
    """Run the command of the rejection in the folder, and return what it wrote, which complies."""
    reason = violation(name, data, policies)
    assert reason is not None, "it complies already"
    command = reason.partition("Mend it: ")[2]
    for program in set(re.findall(r"(?:^|&& |\$\()([a-z0-9-]+) ", command)):
        if shutil.which(program) is None:
            pytest.skip(f"2026-11-30: {program} is not installed")
    (folder / name).write_bytes(data)
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run([bash, "-c", command], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, (command, done.stderr.decode(errors="replace")[-2000:])
    written = [path for path in sorted(folder.iterdir()) if path.read_bytes() != data]
    assert written, command
    if len(written) > 1 or written[0].name != name:
        (folder / name).unlink()
    if fully:
        for path in written:
            assert violation(path.name, path.read_bytes(), policies) is None, command
    return written[0].read_bytes()


def violation(name: str, data: bytes, policies: Policies) -> str | None:
    named = format_of_name(name)
    assert named is not None
    too_large = reject_size(policies, name, len(data), named.kind, named.name)
    if too_large is not None:
        return too_large
    found, probe = probed(data, name)
    return reject(policies, name, probe.facts, found.name)


def probed(data: bytes, name: str) -> tuple[Format, Probe]:
    found = identify(data[:HEAD_BYTES], name)
    assert isinstance(found, Format)
    header = read_header(found, data)
    return header.format, header.probe
