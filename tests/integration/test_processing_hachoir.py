"""Every file of hachoir's own test collection ends with facts of its own kind, or with a sentence."""

from __future__ import annotations

import tarfile

import pytest
from tests.support.media import fetch_source

from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.media import AudioFacts, MediaKind, VideoFacts
from mirrorlake.processing.process import ProcessedObject, process_bytes

End = ProcessedObject | UndecodableObject

# Only their first bytes are in the collection.
_CUT = {"Panasonic_AG_HMC_151.MTS", "pentax_320x240.mov", "png_331x90x8_truncated.png", "smallville.s03e02.avi"}


@pytest.fixture(scope="module")
def ends() -> dict[str, End]:
    found: dict[str, End] = {}
    with tarfile.open(fetch_source("hachoir", "3.4.0")) as archive:
        for member in archive:
            file = archive.extractfile(member) if "/tests/files/" in member.name and member.isfile() else None
            if file is None:
                continue
            name = member.name.rpartition("/")[2]
            try:
                found[name] = process_bytes(file.read(), name)
            except UndecodableObject as verdict:
                found[name] = verdict
    return found


def test_supported_formats_are_imported_and_all_others_named(ends: dict[str, End]):
    assert len(ends) > 90
    refused = {name: end for name, end in ends.items() if isinstance(end, UndecodableObject)}
    assert {name for name, end in refused.items() if end.stage is not Stage.IDENTIFY} == _CUT
    assert all(end.message for end in refused.values())
    kinds = [end.facts.kind for end in ends.values() if isinstance(end, ProcessedObject)]
    counts = {kind: kinds.count(kind) for kind in MediaKind}
    assert counts == {"image": 9, "video": 4, "audio": 7, "document": 0, "text": 0}


def test_real_recordings_have_the_facts_of_their_headers(ends: dict[str, End]):
    facts = {name: end.facts for name, end in ends.items() if isinstance(end, ProcessedObject)}
    film = facts["quicktime.mp4"]
    assert isinstance(film, VideoFacts)
    assert (film.width, film.height, film.frame_rate, film.frame_count) == (190, 240, 30.0, 149)
    assert (film.duration_s, film.video_codec, film.major_brand, film.audio_rate) == (4.967, "mpeg4", "mp42", 32_000)
    assert facts["10min.mkv"].duration_s == 600
    song = facts["sheep_on_drugs.mp3"]
    assert isinstance(song, AudioFacts)
    assert (song.title, song.artist, song.channels) == ("07. motorbike", "Sheep On Drugs", 2)
    assert facts["gps.jpg"].camera["latitude"] == pytest.approx(35.616, abs=0.001)


def test_a_recording_that_lacks_most_of_its_sound_has_a_warning(ends: dict[str, End]):
    cut = ends["ladouce_1h15.wav"]
    assert isinstance(cut, ProcessedObject)
    assert cut.facts.duration_s == pytest.approx(4592.5, abs=0.1)
    assert cut.warnings == ("the WAV lacks 565,746,696 bytes at its end",)
