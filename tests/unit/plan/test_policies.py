"""What does not comply is rejected with its reason, and the command that mends it is safe to paste."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.formats.registry import Format, all_formats, format_named, formats_by_suffix
from mirrorlake.model.media import AudioFacts, DocumentFacts, ImageFacts, MediaFacts, MediaKind, VideoFacts
from mirrorlake.model.policies import NO_POLICIES, OrientationPolicy, Policies
from mirrorlake.plan.policies import reject, reject_size

PHOTO = ImageFacts(
    width=4000, height=3000, orientation=6, channels=3, bit_depth=8, colour_space="srgb", has_alpha=False, has_icc=False
)
EVEN = replace(PHOTO, width=4032, height=3024)
DRAWING = replace(PHOTO, width=300, height=200, orientation=1)
FILM = VideoFacts(
    width=1920,
    height=1080,
    duration_s=90.5,
    frame_rate=20,
    video_codec="h264",
    audio_codec="aac",
    pixel_format="yuv444p",
    major_brand="isom",
)
SOUND = AudioFacts(duration_s=None, sample_rate=44100, channels=2)
TEXT = DocumentFacts(pages=3)
REJECT = Policies(orientation=OrientationPolicy.REJECT)
STREAMS = "-map 0:V:0 -map '0:a?'"
RESET = "exiftool -n -Orientation=1 -overwrite_original"
UNTAGGED = " (if only this tag is wrong: exiftool -Orientation= -overwrite_original ./a.jpg)"
AT_MOST = "$((rate * 187 / 1000 < 128000 ? rate * 187 / 1000 : 128000))"
MEASURED = "rate=$(ffprobe -v error -show_entries format=bit_rate -of csv=p=0 ./a.x) && ffmpeg -i ./a.x"


CASES: list[tuple[str, Policies, MediaFacts, str, str]] = [
    (
        "JPEG",
        REJECT,
        PHOTO,
        f"its EXIF orientation is 6, and the policy orientation rejects all but 1{UNTAGGED}",
        "mogrify -auto-orient ./a.jpg",
    ),
    (
        "JPEG",
        REJECT,
        EVEN,
        f"its EXIF orientation is 6, and the policy orientation rejects all but 1{UNTAGGED}",
        f"jpegtran -copy all -perfect -rotate 90 -outfile ./a.mended.jpg ./a.jpg && {RESET} ./a.mended.jpg",
    ),
    (
        "PNG",
        REJECT,
        PHOTO,
        f"its EXIF orientation is 6, and the policy orientation rejects all but 1{UNTAGGED}",
        f"mogrify -rotate 90 ./a.jpg && {RESET} ./a.jpg",
    ),
    (
        "JPEG",
        Policies(max_pixels=1_000_000),
        PHOTO,
        "it has 4,000 x 3,000 pixels, and the policy maxPixels allows 1,000,000",
        "mogrify -resize '1000000@>' ./a.jpg",
    ),
    (
        "SVG",
        Policies(max_pixels=15_000),
        DRAWING,
        "it has 300 x 200 pixels, and the policy maxPixels allows 15,000",
        "rsvg-convert -w 150 -h 100 -f svg -o ./a.mended.svg ./a.jpg",
    ),
    (
        "JPEG",
        Policies(min_width=5000),
        PHOTO,
        "it has 4,000 x 3,000 pixels, and the policies require minWidth 5,000; enlarging it adds no detail",
        "mogrify -resize '1x5000^' ./a.jpg",  # it is stored on its side
    ),
    (
        "MKV",
        Policies(video_brands=("mp42", "mp41")),
        FILM,
        "its major brand is isom, and the policy videoBrands allows mp42 or mp41",
        f"ffmpeg -i ./a.jpg {STREAMS} -c copy -brand mp42 ./a.mended.mp4",
    ),
    (
        "AVI",
        Policies(video_brands=("qt",)),
        replace(FILM, video_codec="mjpeg"),
        "its major brand is isom, and the policy videoBrands allows qt",
        f"ffmpeg -i ./a.jpg {STREAMS} -c:v libx264 -c:a aac ./a.mended.mov",
    ),
    (
        "WebM",
        Policies(pixel_formats=("yuv420p",)),
        FILM,
        "its pixel format is yuv444p, and the policy pixelFormats allows yuv420p",
        f"ffmpeg -i ./a.jpg {STREAMS} -c:v libvpx-vp9 -crf 32 -b:v 0 -pix_fmt yuv420p -c:a copy ./a.mended.webm",
    ),
    (
        "MP4",
        Policies(pixel_formats=("rgb48le",)),
        FILM,
        "its pixel format is yuv444p, and the policy pixelFormats allows rgb48le",
        f"ffmpeg -i ./a.jpg {STREAMS} -c:v ffv1 -pix_fmt rgb48le -c:a copy ./a.mended.mkv",
    ),
    (
        "MP4",
        Policies(max_pixels=500_000, video_brands=("isom",)),
        FILM,
        "it has 1,920 x 1,080 pixels, and the policy maxPixels allows 500,000",
        f"ffmpeg -i ./a.jpg {STREAMS} -vf scale=942:530 -c:v libx264 -c:a copy -brand isom ./a.mended.mp4",
    ),
    (
        "AVI",
        Policies(max_seconds=60),
        FILM,
        "it takes 90.5 s, and the policy maxSeconds allows 60 s",
        f"ffmpeg -i ./a.jpg -t 59.6 {STREAMS} -c copy ./a.mended.avi",
    ),
    (
        "FLAC",
        Policies(max_seconds=60),
        SOUND,
        "its header states no duration, and the policy maxSeconds allows 60 s",
        "ffmpeg -i ./a.jpg -vn -c:a flac ./a.mended.flac",
    ),
]


@pytest.mark.parametrize(("form", "policies", "facts", "reason", "command"), CASES)
def test_a_violation_is_named_with_the_command_that_mends_it(
    form: str, policies: Policies, facts: MediaFacts, reason: str, command: str
) -> None:
    assert reject(policies, "folder/a.jpg", facts, form) == f"{reason}. Mend it: {command}"


@pytest.mark.parametrize(("facts", "form"), [(PHOTO, "JPEG"), (FILM, "MP4"), (SOUND, "FLAC"), (TEXT, "PDF")])
def test_without_policies_and_within_them_nothing_is_rejected(facts: MediaFacts, form: str) -> None:
    assert reject(NO_POLICIES, "a", facts, form) is None
    wide = Policies(max_pixels=12_000_000, min_width=1920, min_height=1080, pixel_formats=("yuv444p",))
    assert reject(wide, "a", facts, form) is None


def test_what_concerns_another_kind_of_media_rejects_nothing() -> None:
    strict = Policies(video_brands=("mp42",), pixel_formats=("yuv420p",), max_seconds=1)
    assert reject(strict, "a", PHOTO, "JPEG") is None
    assert reject(REJECT, "a", replace(PHOTO, orientation=1), "JPEG") is None
    assert reject(Policies(max_pixels=1, min_width=9), "a", TEXT, "PDF") is None


def share(part: int) -> str:
    return f"$((rate * {part} / 1000))"


SMALLER = [
    ("JPEG", "mogrify -resize 50% -define jpeg:extent=1000 ./a.x"),
    ("PNG", "mogrify -resize 37% -depth 8 -quality 95 ./a.x"),
    ("BMP", "mogrify -resize 50% -format jpg -define jpeg:extent=1000 ./a.x"),
    (
        "WebM",
        (
            f"{MEASURED} {STREAMS} -vf 'scale=trunc(iw*0.25)*2:trunc(ih*0.25)*2' -c:v libvpx-vp9 -b:v {share(175)} "
            f"-maxrate {share(175)} -bufsize {share(175)} -c:a libopus -vbr off -b:a {share(30)} ./a.mended.webm"
        ),
    ),
    ("MP3", f"{MEASURED} -vn -c:a libmp3lame -b:a {AT_MOST} ./a.mended.mp3"),
    ("FLAC", f"{MEASURED} -vn -c:a libopus -vbr off -b:a {AT_MOST} ./a.mended.ogg"),
    ("PDF", "gs -sDEVICE=pdfwrite -dPDFSETTINGS=/screen -o ./a.mended.pdf ./a.x"),
    ("CSV", "split -C 1000 -d --additional-suffix=.csv ./a.x ./a.mended."),
]


@pytest.mark.parametrize(("form", "command"), SMALLER)
def test_a_size_beyond_the_limit_needs_no_reading(form: str, command: str) -> None:
    limit, kind = Policies(max_bytes=1000), format_named(form).kind
    assert reject_size(limit, "a.x", 1000, kind, form) is None
    reason = "it has 4,000 bytes, and the policy maxBytes allows 1,000"
    assert reject_size(limit, "a.x", 4000, kind, form) == f"{reason}. Mend it: {command}"
    assert reject_size(limit, "a.x", 4000, None) == f"{reason}; make the file smaller, or allow more bytes"


@pytest.mark.parametrize("one", all_formats(), ids=lambda one: one.name)
def test_every_format_has_a_command_that_keeps_its_kind(one: Format) -> None:
    reason = str(reject_size(Policies(max_bytes=1000), f"a{one.suffixes[0]}", 4000, one.kind, one.name))
    command = reason.partition("Mend it: ")[2]
    assert bool(command) == (one.name != "HTML")
    for suffix in re.findall(r"\.mended(\.\w+)", command):
        assert formats_by_suffix()[suffix].kind is one.kind


def test_a_text_that_has_to_stay_whole_is_not_split() -> None:
    limit = Policies(max_bytes=1000)
    beyond = "it has 4,000 bytes, and the policy maxBytes allows 1,000"
    assert reject_size(limit, "a.html", 4000, MediaKind.TEXT, "HTML") == (
        f"{beyond}; keep pictures, styles and scripts that are part of the page in files of their own,"
        " or allow more bytes"
    )
    assert reject_size(limit, "x/a.geojson", 4000, MediaKind.TEXT, "JSON") == (
        f"{beyond}; if it is still larger without the spaces between its values, split it or allow more bytes."
        " Mend it: python3 -m json.tool --compact --no-ensure-ascii ./a.geojson ./a.mended.geojson"
    )
    assert "additional-suffix=.jsonl" in str(reject_size(limit, "a.jsonl", 4000, MediaKind.TEXT, "JSON"))


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=30))
def test_no_name_reaches_beyond_its_word_of_the_command(name: str) -> None:
    reason = reject(REJECT, f"folder/{name}", PHOTO, "JPEG")
    assert reason is not None
    assert reason.isprintable()
    command = reason.partition("Mend it: ")[2]
    if "$'" not in command:
        words = shlex.split(command)
        copied = ["cp", f"./{name}", words[-1], "&&"] if "%" in name else []
        assert words == [*copied, "mogrify", "-auto-orient", words[-1] if copied else f"./{name}"]
        assert "%" not in words[-1]


HOSTILE = ["-rf", "a b;$(touch x)`y`'\"", "line\nend\x1b[31m\\'", "Ü\u202e.jpg", "@list", "\x011"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_passes_the_very_name(name: str) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    reason = reject(REJECT, name, PHOTO, "JPEG")
    command = str(reason).partition("Mend it: ")[2].removeprefix("mogrify -auto-orient ")
    shown = subprocess.run([bash, "-c", f"printf %s {command}"], capture_output=True, check=True).stdout
    assert shown.decode() == f"./{name}"


def test_policies_have_one_fingerprint_only_if_they_are_equal() -> None:
    given_ = [NO_POLICIES, *(policies for _, policies, _, _, _ in CASES)]
    assert len({one.fingerprint for one in given_}) == len(set(given_))
    assert Policies(max_bytes=7).fingerprint == Policies(max_bytes=7).fingerprint
    assert all(-(1 << 63) <= one.fingerprint < 1 << 63 for one in given_)
