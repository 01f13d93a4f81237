"""What does not comply is rejected with its reason, and the command that mends it is safe to paste."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.model.media import AudioFacts, DocumentFacts, ImageFacts, MediaFacts, MediaKind, VideoFacts
from mirrorlake.model.policies import NO_POLICIES, OrientationPolicy, Policies
from mirrorlake.plan.policies import reject, reject_size

PHOTO = ImageFacts(
    width=4000, height=3000, orientation=6, channels=3, bit_depth=8, colour_space="srgb", has_alpha=False, has_icc=False
)
FILM = VideoFacts(width=1920, height=1080, duration_s=90.5, pixel_format="yuv444p", major_brand="isom")
SOUND = AudioFacts(duration_s=None, sample_rate=44100, channels=2)
TEXT = DocumentFacts(pages=3)

CASES: list[tuple[Policies, MediaFacts, str, str]] = [
    (
        Policies(orientation=OrientationPolicy.REJECT),
        PHOTO,
        "its EXIF orientation is 6, and the policy orientation rejects all but 1",
        "mogrify -auto-orient ./a.jpg",
    ),
    (
        Policies(max_pixels=1_000_000),
        PHOTO,
        "it has 4,000 x 3,000 pixels, and the policy maxPixels allows 1,000,000",
        "mogrify -resize '1000000@>' ./a.jpg",
    ),
    (
        Policies(min_width=5000),
        PHOTO,
        "it has 4,000 x 3,000 pixels, and the policies require minWidth 5,000; enlarging it adds no detail",
        "mogrify -resize '5000x1^' ./a.jpg",
    ),
    (
        Policies(video_brands=("mp42", "mp41")),
        FILM,
        "its major brand is isom, and the policy videoBrands allows mp42 or mp41",
        "ffmpeg -i ./a.jpg -c:v libx264 -pix_fmt yuv420p -c:a aac -brand mp42 ./a.mended.mp4",
    ),
    (
        Policies(pixel_formats=("yuv420p",)),
        FILM,
        "its pixel format is yuv444p, and the policy pixelFormats allows yuv420p",
        "ffmpeg -i ./a.jpg -c:v libx264 -pix_fmt yuv420p -c:a aac -brand mp42 ./a.mended.mp4",
    ),
    (
        Policies(max_pixels=500_000),
        FILM,
        "it has 1,920 x 1,080 pixels, and the policy maxPixels allows 500,000",
        "ffmpeg -i ./a.jpg -vf scale=942:530 -c:a copy ./a.mended.jpg",
    ),
    (
        Policies(max_seconds=60),
        FILM,
        "it takes 90.5 s, and the policy maxSeconds allows 60 s",
        "ffmpeg -i ./a.jpg -t 60 -c copy ./a.mended.jpg",
    ),
    (
        Policies(max_seconds=60),
        SOUND,
        "its header states no duration, and the policy maxSeconds allows 60 s",
        "ffmpeg -i ./a.jpg -c copy ./a.mended.jpg",
    ),
]


@pytest.mark.parametrize(("policies", "facts", "reason", "command"), CASES)
def test_a_violation_is_named_with_the_command_that_mends_it(
    policies: Policies, facts: MediaFacts, reason: str, command: str
) -> None:
    assert reject(policies, "folder/a.jpg", facts) == f"{reason}. Mend it: {command}"


@pytest.mark.parametrize("facts", [PHOTO, FILM, SOUND, TEXT])
def test_without_policies_and_within_them_nothing_is_rejected(facts: MediaFacts) -> None:
    assert reject(NO_POLICIES, "a", facts) is None
    wide = Policies(max_pixels=12_000_000, min_width=1920, min_height=1080, pixel_formats=("yuv444p",))
    assert reject(wide, "a", facts) is None


def test_what_concerns_another_kind_of_media_rejects_nothing() -> None:
    strict = Policies(video_brands=("mp42",), pixel_formats=("yuv420p",), max_seconds=1)
    assert reject(strict, "a", PHOTO) is None
    assert reject(Policies(orientation=OrientationPolicy.REJECT), "a", replace(PHOTO, orientation=1)) is None
    assert reject(Policies(max_pixels=1, min_width=9), "a", TEXT) is None


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (MediaKind.IMAGE, "mogrify -resize 50% -quality 85 ./a.mov"),
        (MediaKind.VIDEO, "ffmpeg -i ./a.mov -c:v libx264 -crf 28 -c:a aac ./a.mended.mov"),
        (MediaKind.AUDIO, "ffmpeg -i ./a.mov -b:a 128k ./a.mended.mov"),
    ],
)
def test_a_size_beyond_the_limit_needs_no_reading(kind: MediaKind, command: str) -> None:
    limit = Policies(max_bytes=1000)
    assert reject_size(limit, "a.mov", 1000, kind) is None
    reason = "it has 1,001 bytes, and the policy maxBytes allows 1,000"
    assert reject_size(limit, "a.mov", 1001, kind) == f"{reason}. Mend it: {command}"
    assert reject_size(limit, "a.pdf", 1001, MediaKind.DOCUMENT) == reason


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=30))
def test_no_name_reaches_beyond_its_word_of_the_command(name: str) -> None:
    reason = reject(Policies(orientation=OrientationPolicy.REJECT), f"folder/{name}", PHOTO)
    assert reason is not None
    assert reason.isprintable()
    command = reason.partition("Mend it: ")[2]
    if "$'" not in command:
        assert shlex.split(command) == ["mogrify", "-auto-orient", f"./{name}"]


HOSTILE = ["-rf", "a b;$(touch x)`y`'\"", "line\nend\x1b[31m\\'", "Ü\u202e.jpg", "@list", "\x011"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_passes_the_very_name(name: str) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    reason = reject(Policies(orientation=OrientationPolicy.REJECT), name, PHOTO)
    command = str(reason).partition("Mend it: ")[2].removeprefix("mogrify -auto-orient ")
    shown = subprocess.run([bash, "-c", f"printf %s {command}"], capture_output=True, check=True).stdout
    assert shown.decode() == f"./{name}"


def test_policies_have_one_fingerprint_only_if_they_are_equal() -> None:
    given_ = [NO_POLICIES, *(policies for policies, _, _, _ in CASES)]
    assert len({one.fingerprint for one in given_}) == len(set(given_))
    assert Policies(max_bytes=7).fingerprint == Policies(max_bytes=7).fingerprint
    assert all(-(1 << 63) <= one.fingerprint < 1 << 63 for one in given_)
