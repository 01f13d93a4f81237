"""Settings files: what is understood, what is refused, and that nothing given is ignored."""

import json
from dataclasses import replace

import pytest

from mirrorlake.core.errors import PatternError, SettingsError
from mirrorlake.model.media import MediaKind
from mirrorlake.model.schedule import OFF, Cron, Every
from mirrorlake.model.sources import MetadataStrategy, MirrorConfig, MirrorSettings, NamingStrategy, Orphans
from mirrorlake.select.settings import SourceHint, settings_from_json, settings_to_json, stored_settings


def read(value):
    return settings_from_json(json.dumps(value))


def one(**config: object):
    return MirrorSettings(configs=(MirrorConfig(**config),), listing_ordered=True)


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
    assert flat == one(globs=("a/**", "b.jpg"))
    assert whole == one(id="x", globs=("a/**", "b.jpg"))
    assert hint == SourceHint(bucket_type="s3", bucket_name="photos", region="auto", endpoint="https://s3.example.com")


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
    assert read(settings)[0] == MirrorSettings(configs=(MirrorConfig(orphans=Orphans.KEEP),))


def test_a_schedule_is_of_the_whole_datasource_and_may_be_said_in_hours():
    for document in (
        {"schedule": "every: 6h"},
        {"runScheduledEvery": 6},
        {"runScheduledEvery": 6, "schedule": "every 6 hours"},
        {"mirror_configs": [{"settings": {"runScheduledEvery": 6}}, {}], "schedule": None},
    ):
        assert read(document)[0].schedule == Every(6)
    assert read({"runScheduledEvery": 0, "schedule": "off", "timezone": None})[0].schedule == OFF
    named = {"schedule": "0 3 * * mon", "timezone": "Europe/Berlin"}
    assert read(named)[0].schedule == Cron("0 3 * * mon", "Europe/Berlin")


def test_several_configs_keep_their_order_and_their_own_settings():
    settings, _ = read(
        {
            "mirror_configs": [
                {"id": 3, "glob_patterns": ["a/**"], "settings": {"namingStrategy": "fileName", "exclude": ["**/x*"]}},
                {"id": "rest", "paths": ["b/c.jpg"], "settings": {"updateImageWhenNewer": False, "orphans": "keep"}},
            ]
        }
    )
    assert settings.configs == (
        MirrorConfig(id="3", globs=("a/**",), naming=NamingStrategy.FILE_NAME, exclude=("**/x*",)),
        MirrorConfig(id="rest", paths=("b/c.jpg",), update_image=False, orphans=Orphans.KEEP),
    )


def test_globs_of_all_configs_are_shown_and_one_without_takes_everything():
    configs = [{"glob_patterns": ["a", "b"]}, {"glob_patterns": ["b", "c"]}]
    assert read({"mirror_configs": configs})[0].globs == ("a", "b", "c")
    assert read({"mirror_configs": [*configs, {"id": 3}]})[0].globs == ()


def test_what_holds_for_the_whole_datasource_may_stand_in_any_config_or_beside_them():
    suffix = {"metadataSidecarSuffix": ".meta.json"}
    beside = read({"mirror_configs": [{"id": "a"}, {"id": "b"}], **suffix})[0]
    inside = read({"mirror_configs": [{"id": "a"}, {"id": "b", "settings": suffix}]})[0]
    assert beside == inside
    assert beside.sidecar_suffix == ".meta.json"


def test_kinds_of_media_are_images_unless_named_and_kept_in_one_order():
    assert read({})[0].media == read({"media": None})[0].media == (MediaKind.IMAGE,)
    named = read({"media": ["text", "image", "text"]})[0]
    assert named.media == (MediaKind.IMAGE, MediaKind.TEXT)
    assert settings_to_json(named) == {"media": ["image", "text"]}
    assert read(settings_to_json(named))[0] == named


def test_orphan_names_are_aliases():
    for name in ("removeOrphanedSourcesFromWorkspace", "removeOrphanedSourcesWhenDisappeared"):
        assert read({name: False})[0].configs[0].orphans is Orphans.KEEP


def test_a_slash_before_a_glob_file_means_the_root():
    assert read({"glob_file_path": "/lists/train.txt"})[0].configs[0].glob_file == "lists/train.txt"


EVERY_SETTING = MirrorConfig(
    globs=('"a*"', "b/**"),
    glob_file="lists/train.txt",
    paths=("x/y.jpg", "/z.jpg"),
    exclude=("**/tmp/**",),
    naming=NamingStrategy.METADATA,
    naming_key="capture.title",
    update_image=False,
    update_metadata=False,
    metadata_strategy=MetadataStrategy.APPEND,
    orphans=Orphans.KEEP,
)


@pytest.mark.parametrize(
    "settings",
    [
        MirrorSettings(),
        MirrorSettings(configs=(MirrorConfig(globs=('"a*"', "b/**")),), listing_ordered=False),
        MirrorSettings(configs=(MirrorConfig(id="only"),)),
        MirrorSettings(configs=(EVERY_SETTING,), listing_ordered=True, sidecar_suffix="?m"),
        MirrorSettings(configs=(EVERY_SETTING, replace(EVERY_SETTING, id="b"), MirrorConfig()), sidecar_suffix=".m"),
        MirrorSettings(base_name_sidecars=False),
        MirrorSettings(picture_text=True, keyword_tags=True, caption_tags=True),
        MirrorSettings(schedule=Every(24)),
        MirrorSettings(schedule=Cron("*/5 3 * * *", "Asia/Kolkata")),
        *(MirrorSettings(configs=(MirrorConfig(metadata_strategy=each),)) for each in MetadataStrategy),
    ],
)
def test_settings_survive_being_written_and_read(settings):
    assert read(settings_to_json(settings))[0] == settings


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"glob_pattern": []}, ["glob_pattern", "Did you mean glob_patterns"]),
        ({"namingstrategy": "fullPath"}, ["namingStrategy"]),
        ({"xyzzy": 1}, ["xyzzy", "Known settings:"]),
        ({"bucket_name": "b", "namingStrategy": "fullPath"}, ["mirror_configs"]),
        ({"mirror_configs": [{"settings": {"shedule": "off"}}]}, ["mirror_configs[0].settings.shedule", "schedule"]),
        ({"namingStrategy": "metadata"}, ["namingStrategyMetadataKey"]),
        ({"namingStrategy": "etag"}, ["can be fullPath, fileName, eTag or metadata"]),
        ({"namingStrategy": {}}, ["can be"]),
        (
            {"updateMetadataStrategy": "merge"},
            ["mergeBucketWins, mergeUserWins, overwrite, untilFirstChange or append"],
        ),
        ({"updateImageWhenNewer": 1}, ["true or false"]),
        ({"updateMetadataWhenNewer": "no"}, ["true or false"]),
        ({"updateImageStrategy": "keep"}, ["not supported yet"]),
        ({"followSymlinks": 0}, ["not supported yet"]),
        ({"schedule": "every: 6m"}, ["'every: 6m'", "every: 6h", "five fields"]),
        ({"schedule": 6}, ["schedule is 6, not a text"]),
        ({"schedule": "every: 6h", "timezone": "UTC"}, ["not depend on a time zone", "Leave timezone out"]),
        ({"timezone": "UTC"}, ["'off'", "Leave timezone out"]),
        ({"schedule": "0 3 * * *", "timezone": "Berlin"}, ["time zone 'Berlin'", "Europe/Berlin"]),
        ({"runScheduledEvery": "6h"}, ["runScheduledEvery", "number of hours"]),
        ({"runScheduledEvery": -1}, ["-1 hours", "1 to 8,760"]),
        ({"runScheduledEvery": 6, "schedule": "every: 7h"}, ["Keep one of them", "every: 6h"]),
        (
            {"mirror_configs": [{"settings": {"runScheduledEvery": 6}}, {"settings": {"runScheduledEvery": 0}}]},
            ["mirror_configs[1].runScheduledEvery is 0", "whole datasource"],
        ),
        ({"exclude": [1]}, ["exclude", "not text"]),
        ({"paths": ["a", "/"]}, ["paths", "does not name an object"]),
        ({"glob_file_path": "globs/"}, ["does not name a file"]),
        ({"metadataSidecarSuffix": ""}, ["1 to 128"]),
        ({"metadataSidecarSuffix": "x" * 129}, ["1 to 128"]),
        ({"orphans": "bin"}, ["keep, trash or remove"]),
        ({"orphans": []}, ["keep, trash or remove"]),
        ({"media": []}, ["media is []", "one or more of image, video"]),
        ({"media": ["image", "film"]}, ["film"]),
        ({"listingOrdered": "yes"}, ["true or false"]),
        ({"glob_patterns": "a"}, ["not a list"]),
        ({"glob_patterns": [1]}, ["not text"]),
        ({"bucket_type": "gopher", "mirror_configs": []}, ["not supported yet"]),
        ({"bucket_name": 1}, ["not a text"]),
        ({"mirror_configs": [1]}, ["mirror_configs[0] is not a JSON object"]),
        ({"mirror_configs": [{"id": "a"}, {"id": "a"}]}, ["Two mirror_configs"]),
        ({"mirror_configs": [{}] * 101}, ["101"]),
        ({"mirror_configs": [{"id": []}]}, ["mirror_configs[0].id"]),
        ({"mirror_configs": [{"paths": ["a"], "settings": {"paths": ["b"]}}]}, ["Duplicate setting"]),
        (
            {"mirror_configs": [{"settings": {"listingOrdered": True}}, {"settings": {"listingOrdered": False}}]},
            ["mirror_configs[1].listingOrdered is false", "whole datasource"],
        ),
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


@pytest.mark.parametrize("name", ["title", "description"])
def test_a_text_for_users_is_one_that_can_be_shown(name: str) -> None:
    settings, _ = read({name: "Trap 7, north"})
    assert getattr(settings, name) == "Trap 7, north"
    assert stored_settings(settings_to_json(settings)) == settings
    for bad in (7, "", "  ", "x" * 5001, "a\x00b", "a\x1b[31m"):
        with pytest.raises(SettingsError, match=name):
            read({name: bad})


def test_only_a_description_has_lines() -> None:
    assert read({"description": "one\ntwo"})[0].description == "one\ntwo"
    with pytest.raises(SettingsError, match="title contains control characters"):
        read({"title": "one\ntwo"})


def test_the_pool_of_a_datasource_is_written_as_it_is_read_and_must_be_a_name_of_one():
    settings, _ = read({"pool": "lab-2"})
    assert (settings.pool, settings_to_json(settings)) == ("lab-2", {"pool": "lab-2"})
    assert settings_to_json(read({"pool": "default"})[0]) == {}
    with pytest.raises(SettingsError, match="pool: Invalid name of a pool"):
        read({"pool": "Lab 2"})
