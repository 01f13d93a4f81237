"""A change of settings changes what it names, and nothing else."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.schedule import OFF, Cron, Every
from mirrorlake.model.sources import MirrorConfig, MirrorSettings, Orphans
from mirrorlake.select.json_reader import Json
from mirrorlake.select.settings import settings_to_json, stored_settings
from mirrorlake.select.settings_patch import patch_settings

PLAIN = MirrorSettings(
    configs=(MirrorConfig(globs=("a/**",), orphans=Orphans.REMOVE),),
    sidecar_suffix=".meta",
    schedule=Cron("0 3 * * *", "Europe/Berlin"),
)
SEVERAL = MirrorSettings(configs=(MirrorConfig(id="one", globs=("a/**",)), MirrorConfig()), schedule=Every(6))


def test_no_change_changes_nothing() -> None:
    for settings in (PLAIN, SEVERAL, MirrorSettings()):
        assert patch_settings(settings, {}) == settings


def test_a_schedule_comes_without_what_another_one_left_behind() -> None:
    assert patch_settings(PLAIN, {"schedule": "every: 2h"}).schedule == Every(2)
    assert patch_settings(PLAIN, {"runScheduledEvery": 2}).schedule == Every(2)
    assert patch_settings(PLAIN, {"schedule": "off", "timezone": None}).schedule == OFF
    assert patch_settings(PLAIN, {"schedule": "1 2 * * *"}).schedule == Cron("1 2 * * *", "UTC")
    assert patch_settings(SEVERAL, {"schedule": "off"}).configs == SEVERAL.configs


def test_null_takes_a_setting_back_and_the_rest_stays() -> None:
    after = patch_settings(PLAIN, {"glob_patterns": None, "metadataSidecarSuffix": None})
    assert after.configs == (MirrorConfig(orphans=Orphans.REMOVE),)
    assert (after.sidecar_suffix, after.schedule) == (None, PLAIN.schedule)


def test_a_list_of_configs_replaces_all_patterns_and_strategies() -> None:
    after = patch_settings(PLAIN, {"mirror_configs": [{"id": "x", "glob_patterns": ["b/**"]}]})
    assert after.configs == (MirrorConfig(id="x", globs=("b/**",)),)
    assert (after.sidecar_suffix, after.schedule) == (PLAIN.sidecar_suffix, PLAIN.schedule)


def test_text_in_pictures_is_read_only_where_it_was_turned_on() -> None:
    on = patch_settings(SEVERAL, {"pictureText": True})
    assert (SEVERAL.picture_text, on.picture_text, on.configs) == (False, True, SEVERAL.configs)
    assert settings_to_json(on)["pictureText"] is True
    assert stored_settings(settings_to_json(on)) == on
    for off in (False, None):
        assert patch_settings(on, {"pictureText": off}) == SEVERAL
    assert "pictureText" not in settings_to_json(SEVERAL)
    with pytest.raises(SettingsError, match="pictureText"):
        patch_settings(PLAIN, {"pictureText": "yes"})


@pytest.mark.parametrize(
    ("stored", "change"),
    [
        (PLAIN, {"bucket_name": "other"}),
        (PLAIN, {"glob_pattern": ["a"]}),
        (PLAIN, {"schedule": "sometimes"}),
        (SEVERAL, {"glob_patterns": ["b/**"]}),
    ],
)
def test_what_cannot_be_set_is_refused(stored: MirrorSettings, change: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        patch_settings(stored, change)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["uri", "bucket", "prefix", "provider", "bucket_name", "endpoint"])
def test_the_address_of_a_datasource_cannot_be_changed(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is part of the address, which cannot be changed") as refused:
        patch_settings(PLAIN, {"title": "x", name: "s3://other/"})
    assert "Create another datasource" in refused.value.fix


def test_label_files_are_enabled_later_and_their_format_stays() -> None:
    enabled = patch_settings(MirrorSettings(), {"labels": {"format": "voc", "ontology": "o"}})
    assert patch_settings(enabled, {"title": "Yard"}).labels == enabled.labels
    changed = patch_settings(enabled, {"labels": {"format": "voc", "ontology": "o", "strategy": "userWins"}})
    assert changed.labels != enabled.labels
    for other in ({"format": "labelme", "ontology": "o"}, None):
        with pytest.raises(SettingsError, match="cannot be changed once they are enabled; here it is voc"):
            patch_settings(enabled, {"labels": other})


def test_one_suffix_is_not_that_of_two_kinds_of_files() -> None:
    with pytest.raises(SettingsError, match="are both"):
        patch_settings(
            MirrorSettings(sidecar_suffix=".x.json"),
            {"labels": {"format": "encord", "ontology": "o", "suffix": ".x.json"}},
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"paths": ["/"]}, "paths"),
        ({"glob_file_path": "lists/"}, "glob_file_path"),
        ({"glob_patterns": [3]}, "glob_patterns"),
        ({"inventory": "gs://reports/daily/"}, "inventory"),
        ({"inventory": "nowhere"}, "inventory"),
        ({"listingOrdered": "yes"}, "listingOrdered"),
        ({"orphans": "burn"}, "orphans"),
        ({"namingStrategy": "metadata"}, "namingStrategyMetadataKey"),
        ({"policies": {"minWidth": "wide"}}, "policies.minWidth"),
        ({"policies": {"maxSeconds": 0}}, "policies.maxSeconds"),
        ({"policies": {"videoBrands": [""]}}, "policies.videoBrands"),
        ({"labels": {"format": "yolo"}}, "labels.ontology"),
        ({"labels": {"format": "yolo", "ontology": "o"}}, "labels.imagePattern"),
        ({"labels": {"format": "yolo", "ontology": "o", "imagePattern": "{name}.jpg"}}, "labels.labelPattern"),
        ({"labels": {"format": "voc", "ontology": "o", "suffix": "a/b"}}, "labels.suffix"),
        ({"labels": {"format": "voc", "ontology": "o", "classMap": {"a": None}}}, "labels.classMap"),
        ({"mirror_configs": [{}, {"settings": {"orphans": "burn"}}]}, "mirror_configs[1].orphans"),
        ({"mirror_configs": [{"paths": ["/"]}, {}]}, "mirror_configs[0].paths"),
    ],
)
def test_an_error_names_the_setting_that_a_form_marks(change: dict[str, Json], field: str) -> None:
    with pytest.raises(SettingsError) as refused:
        patch_settings(MirrorSettings(), change)
    assert refused.value.field == field
