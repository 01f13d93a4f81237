"""Videos and recordings: facts from the header, a poster upright, a waveform, and a reason for everything else."""

from __future__ import annotations

import random

import numpy as np
import pytest
from tests.support.images import pixels
from tests.support.recordings import RATE, RECORDINGS, SECONDS, SIZE, recording, video

from mirrorlake.formats import codecs, sound
from mirrorlake.formats.absent import AbsentCodec
from mirrorlake.formats.preview import render_preview
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.model.asset_previews import PreviewKind, PreviewOptions
from mirrorlake.model.looking import Looking
from mirrorlake.model.media import AudioFacts, MediaKind, VideoFacts
from mirrorlake.processing.process import process_bytes

VIDEOS, SOUNDS = RECORDINGS[:6], RECORDINGS[6:]


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_has_facts_and_a_poster_that_is_not_its_dark_beginning(name: str):
    found = process_bytes(recording(name), "a")
    facts = found.facts
    assert isinstance(facts, VideoFacts)
    assert (facts.width, facts.height, facts.frame_rate, facts.pixel_format) == (*SIZE, RATE, "yuv420p")
    assert facts.duration_s == pytest.approx(SECONDS, abs=0.2)
    assert facts.frame_count in (None, RATE * SECONDS, RATE * SECONDS + 1)
    assert facts.video_codec in {"mpeg4", "vp8", "mpeg2video"}
    assert facts.audio_codec in {"aac", "opus", "flac", "mp3", "mp2"}
    assert (facts.audio_channels, facts.audio_rate) == (2, 48_000)
    assert facts.major_brand == {"MP4": "isom", "MOV": "qt"}.get(name)
    assert _corners(found.rendered.thumbnail) == ["red", "green", "blue", "white"]


def _corners(thumbnail: bytes) -> list[str]:
    """The colours of the corners, row by row."""
    shown = pixels(thumbnail)
    names = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220), "white": (240, 240, 240)}
    return [min(names, key=lambda name: np.abs(shown[y, x] - names[name]).sum()) for y in (9, -9) for x in (9, -9)]


@pytest.mark.parametrize(
    ("rotation", "corners"),
    [
        (90, ["blue", "red", "white", "green"]),
        (180, ["white", "blue", "green", "red"]),
        (270, ["green", "white", "red", "blue"]),
    ],
)
def test_a_rotated_video_is_shown_upright(rotation: int, corners: list[str]):
    data = video("mp4", "mpeg4", None, rotation=rotation)
    matrix = data[data.index(b"tkhd") + 4 + 40 :][:8]
    clockwise = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotation]  # the first row of the matrix in the file
    assert tuple(int.from_bytes(matrix[at : at + 4], "big", signed=True) >> 16 for at in (0, 4)) == clockwise
    found = process_bytes(data, "a.mp4")
    assert (found.facts.width, found.facts.height) == (SIZE if rotation == 180 else SIZE[::-1])
    assert _corners(found.rendered.thumbnail) == corners


def test_a_large_video_has_a_small_poster():
    found = process_bytes(video("mp4", "mpeg4", None, size=(1280, 720)), "a.mp4")
    assert pixels(found.rendered.thumbnail).shape == (180, 320, 3)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_recording_has_facts_and_a_waveform(name: str):
    found = process_bytes(recording(name), "a")
    facts = found.facts
    assert isinstance(facts, AudioFacts)
    assert facts.duration_s == pytest.approx(SECONDS, abs=0.2)
    assert (facts.sample_rate, facts.channels, facts.title) == (48_000, 2, "A find")
    assert facts.audio_codec in {"pcm_s16le", "mp3", "flac", "opus", "aac"}
    assert_louder(pixels(found.rendered.thumbnail))


def assert_louder(picture: np.ndarray) -> None:
    """The bars become longer from left to right."""
    dark = (picture.mean(axis=2) < 180).sum(axis=0)
    quarters = [part.mean() for part in np.array_split(dark, 4)]
    assert quarters == sorted(quarters)
    assert quarters[0] < 50
    assert quarters[-1] > 60


@pytest.mark.parametrize("name", SOUNDS)
def test_a_long_recording_is_sampled(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(sound, "WHOLE_S", 1.0)
    assert_louder(pixels(process_bytes(recording(name), "a").rendered.thumbnail))


def test_silence_is_a_line():
    picture = sound.draw_waveform(np.zeros(sound.COLUMNS))
    assert ((picture == picture[0, 0]).all(axis=2)).sum(axis=0).tolist() == [sound.HEIGHT - 2] * sound.COLUMNS


@pytest.mark.parametrize("name", ["WebM", "MKV", "AVI", "MPEG-TS"])
def test_a_video_without_pictures_is_refused(name: str):
    container = {"MKV": "matroska", "WebM": "webm", "MPEG-TS": "mpegts"}.get(name, name.lower())
    data = video(container, None, {"WebM": "libopus", "MPEG-TS": "mp2"}.get(name, "aac"))
    with pytest.raises(UndecodableObject, match=f"the {name} contains no video"):
        process_bytes(data, "a")


_BRANDS = [
    ("mp4", {}, b"isom"),
    ("mp4", {"brand": "mp42"}, b"mp42"),
    ("mp4", {"brand": "dash", "movflags": "frag_keyframe+empty_moov"}, b"dash"),
    ("3gp", {}, b"3gp4"),
    ("mov", {}, b"qt  "),
]


@pytest.mark.parametrize(("container", "options", "brand"), _BRANDS)
def test_iso_media_with_sound_and_no_moving_pictures_is_a_recording_whatever_its_brand(
    container: str, options: dict[str, str], brand: bytes
):
    data = video(container, None, "aac", options=options)
    assert data[8:12] == brand
    found = process_bytes(data, "memo.m4a", Looking(media=frozenset({MediaKind.AUDIO})))
    assert isinstance(found.facts, AudioFacts)
    assert (found.media_type, found.facts.audio_codec, found.facts.channels) == ("audio/mp4", "aac", 2)
    assert found.facts.duration_s == pytest.approx(SECONDS, abs=0.2)
    assert found.warnings == ()
    assert_louder(pixels(found.rendered.thumbnail))
    assert_louder(pixels(render_preview(data, "memo.m4a", PreviewOptions(kind=PreviewKind.PICTURE))))


def test_tracks_and_no_names_decide_between_sound_and_video():
    sound_in_mp4, video_in_mp4 = video("mp4", None, "aac"), recording("MP4")
    (warning,) = process_bytes(sound_in_mp4, "a.mp4").warnings
    assert warning == "named .mp4, but the bytes are an M4A; it was imported as an M4A"
    assert process_bytes(video_in_mp4, "a.m4a").media_type == "video/mp4"
    with pytest.raises(UndecodableObject, match=r"named \.mp4, but the bytes are an M4A"):
        process_bytes(sound_in_mp4, "a.mp4", Looking(media=frozenset({MediaKind.VIDEO})))
    with pytest.raises(UndecodableObject, match=r"named \.m4a, but the bytes are an MP4"):
        process_bytes(video_in_mp4, "a.m4a", Looking(media=frozenset({MediaKind.AUDIO})))


def test_iso_media_without_any_track_are_refused():
    data = bytearray(video("mp4", None, "aac"))
    data[data.index(b"trak") : data.index(b"trak") + 4] = b"free"
    with pytest.raises(UndecodableObject, match="the MP4 contains no video"):
        process_bytes(bytes(data), "a.m4a")


@pytest.mark.parametrize("name", ["MP4", "MOV", "AVI", "WAV"])
def test_a_file_that_lacks_its_end_is_imported_with_a_warning_or_refused(name: str):
    data = recording(name)
    assert process_bytes(data, "a").warnings == ()
    start = data.index(b"moov") if name in {"MP4", "MOV"} else len(data)  # their index is at the end
    if start == len(data):
        assert process_bytes(data[:-100], "a").warnings == (f"the {name} lacks 100 bytes at its end",)
    else:
        with pytest.raises(UndecodableObject, match=f"{name} header is damaged: [A-Z]"):
            process_bytes(data[:start], "a")


@pytest.mark.parametrize("name", RECORDINGS)
def test_damage_anywhere_ends_with_facts_or_a_reason(name: str):
    data = recording(name)
    dice = random.Random(name)  # noqa: S311  damage, no secret
    for _ in range(4):
        broken = bytearray(data)
        for _ in range(40):
            broken[dice.randrange(16, len(data))] = dice.randrange(256)
        for one in (bytes(broken), data[: dice.randrange(24, len(data))]):
            assert _end(one).startswith((name, f"the {name}", "M4A", "the image", "video/", "audio/"))


def _end(data: bytes) -> str:
    """The media type of an object with a thumbnail, or the reason of a refusal."""
    try:
        found = process_bytes(data, "a")
    except UndecodableObject as verdict:
        return verdict.message
    return found.media_type if found.rendered is not None else "no thumbnail"


def test_a_list_of_other_files_is_never_followed(tmp_path):
    (tmp_path / "a.ts").write_bytes(recording("MPEG-TS"))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{tmp_path}/a.ts\n#EXT-X-ENDLIST\n"
    for text in (playlist, f"ffconcat version 1.0\nfile '{tmp_path}/a.ts'\n"):
        for name in RECORDINGS:
            codec = {**dict.fromkeys(VIDEOS, codecs.video), **dict.fromkeys(SOUNDS, codecs.sound)}[name](name)()
            with pytest.raises(UndecodableObject):
                codec.probe(text.encode())


def test_without_pyav_a_recording_is_skipped_unread_and_the_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mirrorlake.formats.codecs.find_spec", lambda _name: None)
    for name in RECORDINGS:
        kind = MediaKind.VIDEO if name in VIDEOS else MediaKind.AUDIO
        codec = (codecs.video if kind is MediaKind.VIDEO else codecs.sound)(name)()
        assert isinstance(codec, AbsentCodec)
        assert not codec.available()
        assert "mirrorlake[video]" in codec.reason
