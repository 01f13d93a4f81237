"""Settings files: what is understood, what is refused, and that nothing given is ignored."""

import json

import pytest

from mirrorlake.errors import PatternError, SettingsError
from mirrorlake.model.sources import MirrorSettings, Orphans
from mirrorlake.select.settings import SourceHint, settings_from_json, settings_to_json


def read(value):
    return settings_from_json(json.dumps(value))


def test_empty_object_is_the_default():
    assert read({}) == (MirrorSettings(), SourceHint())


def test_flat_object_and_document_say_the_same():
    flat, _ = read({"glob_patterns": ["a/**", "b.jpg"], "listingOrdered": True})
    whole, hint = read(
        {
            "bucket_type": "s3",
            "bucket_name": "photos",
            "region": "auto",
            "endpoint": "https://s3.example.com",
            "require_vpce": False,
            "mirror_configs": [{"id": "x", "glob_patterns": ["a/**", "b.jpg"], "settings": {"listingOrdered": True}}],
        }
    )
    assert flat == whole == MirrorSettings(globs=("a/**", "b.jpg"), listing_ordered=True)
    assert hint == SourceHint(bucket_name="photos", region="auto", endpoint="https://s3.example.com")


def test_defaults_written_out_are_accepted():
    settings = {
        "namingStrategy": "fullPath",
        "updateImageWhenNewer": True,
        "updateImageStrategy": "overwrite",
        "updateMetadataWhenNewer": True,
        "updateMetadataStrategy": "mergeBucketWins",
        "removeOrphanedSourcesFromWorkspace": False,
        "orphans": "trash",
        "schedule": "off",
        "exclude": [],
        "metadataSidecarSuffix": None,
    }
    assert read(settings)[0] == MirrorSettings(orphans=Orphans.KEEP)


def test_patterns_of_several_configs_are_joined_and_one_without_takes_everything():
    configs = [{"glob_patterns": ["a", "b"]}, {"glob_patterns": ["b", "c"]}]
    assert read({"mirror_configs": configs})[0].globs == ("a", "b", "c")
    assert read({"mirror_configs": [*configs, {"id": 3}]})[0].globs == ()


@pytest.mark.parametrize(
    "settings",
    [
        MirrorSettings(),
        MirrorSettings(globs=('"a*"', "b/**"), listing_ordered=False),
        MirrorSettings(listing_ordered=True, orphans=Orphans.KEEP),
    ],
)
def test_settings_survive_being_written_and_read(settings):
    assert read(settings_to_json(settings))[0] == settings


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"glob_pattern": []}, ["glob_pattern", "Did you mean glob_patterns"]),
        ({"namingstrategy": "fullPath"}, ["namingStrategy"]),
        ({"xyzzy": 1}, ["xyzzy", "Known are"]),
        ({"bucket_name": "b", "namingStrategy": "fullPath"}, ["mirror_configs"]),
        ({"mirror_configs": [{"settings": {"shedule": "off"}}]}, ["mirror_configs[0].settings.shedule", "schedule"]),
        ({"namingStrategy": "eTag"}, ["not supported yet", "fullPath"]),
        ({"namingStrategy": "etag"}, ["can be fullPath, fileName, eTag or metadata"]),
        ({"namingStrategy": {}}, ["can be"]),
        ({"updateImageWhenNewer": False}, ["not supported yet"]),
        ({"updateImageWhenNewer": 1}, ["not supported yet"]),
        ({"followSymlinks": 0}, ["not supported yet"]),
        ({"schedule": "every: 6h"}, ["not supported yet"]),
        ({"exclude": ["a"]}, ["not supported yet"]),
        ({"glob_file_path": "globs.txt"}, ["not supported yet"]),
        ({"orphans": "remove"}, ["not supported yet"]),
        ({"orphans": "bin"}, ["keep, trash or remove"]),
        ({"orphans": []}, ["keep, trash or remove"]),
        ({"removeOrphanedSourcesFromWorkspace": True}, ["not supported yet"]),
        ({"listingOrdered": "yes"}, ["true or false"]),
        ({"glob_patterns": "a"}, ["not a list"]),
        ({"glob_patterns": [1]}, ["no text"]),
        ({"bucket_type": "gcs", "mirror_configs": []}, ["not supported yet"]),
        ({"bucket_name": 1}, ["not a text"]),
        ({"mirror_configs": [1]}, ["mirror_configs[0] is not a JSON object"]),
        ({"mirror_configs": [{"settings": {"listingOrdered": True}}, {}]}, ["not supported yet"]),
        ([], ["not a JSON object"]),
    ],
)
def test_wrong_settings_are_refused_with_what_to_do(value, words):
    with pytest.raises(SettingsError) as caught:
        read(value)
    assert caught.value.fix
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", '{"orphans": "keep", "orphans": "trash"}', "[" * 100_000])
def test_text_that_is_no_proper_json_is_refused(text):
    with pytest.raises(SettingsError):
        settings_from_json(text)


def test_bad_pattern_points_at_its_character():
    with pytest.raises(PatternError) as caught:
        read({"glob_patterns": ["ok", "a***"]})
    assert caught.value.position == 1
