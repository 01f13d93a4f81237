"""What cameras write into the containers of videos becomes the facts that photographs have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.formats.video_tags import read_video_tags

PHONE = {
    "major_brand": "qt  ",
    "creation_time": "2026-02-04T04:30:00.000000Z",
    "com.apple.quicktime.creationdate": "2026-02-03T23:30:00-0500",
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "iPhone 15",
    "com.apple.quicktime.software": "17.2",
    "com.apple.quicktime.location.ISO6709": "-33.8600+151.2100+007.500/",
    "title": "Night shift",
}


def test_a_telephone_records_where_when_and_with_what():
    assert read_video_tags(PHONE) == {
        "camera_make": "Apple",
        "camera_model": "iPhone 15",
        "software": "17.2",
        "title": "Night shift",
        "taken_at": "2026-02-03T23:30:00-05:00",  # of the place, not that of the file, which is in UTC
        "latitude": -33.86,
        "longitude": 151.21,
        "altitude_m": 7.5,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+37.4219-122.0840/", (37.4219, -122.084)),
        ("+3725.314-12205.040/", (37.4219, -122.084)),
        ("+372518.84-1220502.4/", (37.4219, -122.084)),
        ("+48.8577+002.2950+35.0CRSWGS_84/", (48.8577, 2.295)),
        ("+91.0+000.0/", None),
        ("+37.4219", None),
        ("somewhere", None),
        ("", None),
    ],
)
def test_places_of_iso_6709(text: str, expected: tuple[float, float] | None):
    found = read_video_tags({"location": text})
    assert (found.get("latitude"), found.get("longitude")) == (expected or (None, None))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"creation_time": "2026-02-04T04:30:00.000000Z"}, "2026-02-04T04:30:00+00:00"),
        ({"DATE_RECORDED": "2026-02-04 04:30:00"}, "2026-02-04T04:30:00"),
        ({"creation_time": "1904-01-01T00:00:00.000000Z"}, None),  # a clock that was never set
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"date": "2026"}, None),
        ({"creation_time": "T"}, None),
    ],
)
def test_the_time_of_a_recording(tags: dict[str, str], expected: str | None):
    assert read_video_tags(tags).get("taken_at") == expected


@given(st.dictionaries(st.sampled_from([*PHONE, "location", "date"]), st.text(max_size=60)))
def test_any_tags_are_answered(tags: dict[str, str]):
    assert read_video_tags(tags).keys() <= read_video_tags(PHONE).keys()
