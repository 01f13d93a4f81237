"""A query that finds nothing names what the library does not know, and what is spelled alike."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from mirrorlake.catalog.known_names import KnownNames, NameKind
from mirrorlake.search.grammar import parse
from mirrorlake.search.notes import explain_nothing, explain_words, hides_unknown, nearest

NAMES = {
    NameKind.METADATA_KEY: ("temperature", "capture.temperature", "site", "camera_id"),
    NameKind.FACT: ("pages", "iso"),
    NameKind.TAG: ("reviewed", "night shift"),
    NameKind.PROJECT: ("roads",),
    NameKind.CLASS: ("forklift", "fork lift"),
    NameKind.DATASOURCE: ("photos",),
}


def lookup(kind: NameKind, wanted: Collection[str]) -> KnownNames:
    return KnownNames(found=frozenset(NAMES[kind]) & set(wanted), some=NAMES[kind])


NOTES = {
    "metadata.tempreature>20": ["No asset has the metadata key `tempreature`. Did you mean `metadata.temperature`?"],
    "metadata.Site:x": ["No asset has the metadata key `Site`. Did you mean `metadata.site`?"],
    "metadata.humidity>20": ["No asset has the metadata key `humidity`."],
    "metadata:camra_id": ["No asset has the metadata key `camra_id`. Did you mean `metadata.camera_id`?"],
    "metadata.camera_idd:a* sort:metadata.sit": [
        "No asset has the metadata key `camera_idd`. Did you mean `metadata.camera_id`?",
        "No asset has the metadata key `sit`. Did you mean `metadata.site`?",
    ],
    "capture.temperature>20": [
        "`capture.temperature>20` was searched in names. To search metadata, write `metadata.capture.temperature>20`."
    ],
    "capture.temprature>20": [
        "`capture.temprature>20` was searched in names. To search metadata, write `metadata.capture.temprature>20`.",
        "No asset has the metadata key `capture.temprature`. Did you mean `metadata.capture.temperature`?",
    ],
    "metdata.site:x": ["`metdata.site:x` was searched in names. To search metadata, write `metadata.site:x`."],
    "metadata.site": [
        "`metadata.site` was searched in names. To find assets that have this metadata key, write `has:metadata.site`."
    ],
    "zebra facts.pages": [
        "`facts.pages` was searched in names. To find assets that have this fact, write `has:facts.pages`."
    ],
    '"metadata.site"': [],
    "has:metadata.sitte": ["No asset has the metadata key `sitte`. Did you mean `metadata.site`?"],
    "facts.page>3 sort:facts.iso": ["No asset has the fact `page`. Did you mean `facts.pages`?"],
    "tag:reviwed": ["No asset has the tag `reviwed`. Did you mean `tag:reviewed`?"],
    'tag:"nightshift"': ['No asset has the tag `nightshift`. Did you mean `tag:"night shift"`?'],
    "class:forklft>=3": ["No class is named `forklft`. Did you mean `class:forklift`?"],
    "project:road": ["No project is named `road`. Did you mean `project:roads`?"],
    "(datasource:phtos OR -tag:x)": [
        "No asset has the tag `x`.",
        "No datasource is named `phtos`. Did you mean `datasource:photos`?",
    ],
    "path:*.jpg": ["In `path:*.jpg`, `*` stops at `/`."],
    # What is known, a pattern, or meant as a name needs no note.
    "metadata.site:x tag:reviewed project:roads datasource:photos": [],
    "zebra": [],
    "archive.zip": [],
    '"capture.temperature>20"': [],
    "tag:zz* project:zz*": [],
    'path:"*.jpg"': [],
}


@pytest.mark.parametrize("query", NOTES)
def test_unknown_names_of_a_query_are_named_with_the_nearest(query: str) -> None:
    assert list(explain_nothing(parse(query), lookup)) == NOTES[query]


@pytest.mark.parametrize(
    ("query", "hides"),
    [
        ("metadata.sitte:x", False),
        ("metadata.sitte:x tag:y", False),
        ("-metadata.sitte:x", True),
        ("zebra (metadata.sitte:x OR zebra)", True),
        ("zebra -(tag:x tag:y)", True),
        ("sort:metadata.sitte", True),
        ("zebra -horse sort:name", False),
    ],
)
def test_what_finds_assets_in_spite_of_an_unknown_name(query: str, *, hides: bool) -> None:
    assert hides_unknown(parse(query)) is hides


def test_a_word_like_a_comparison_is_a_name_where_it_finds_something() -> None:
    query = parse("capture.temprature>20 OR -metadata.sitte:x")
    assert len(explain_nothing(query, lookup)) == 3
    (note,) = explain_nothing(query, lookup, words_too=False)
    assert "`sitte`" in note


def test_assets_that_are_not_counted_yet_are_mentioned() -> None:
    known = KnownNames(found=frozenset(), some=("site",), pending=20_000)
    (note,) = explain_nothing(parse("metadata.sitte:x"), lambda _kind, _wanted: known)
    assert note == (
        "No counted asset has the metadata key `sitte`; 20,000 changed assets are not counted yet."
        " Did you mean `metadata.site`?"
    )


def test_last_parts_of_names_are_compared_too() -> None:
    names = ("capture.temperature", "site")
    assert nearest("tempreature", names) == "capture.temperature"
    assert nearest("sensor.tempreature", names) == "capture.temperature"
    assert nearest("ste", names) == "site"
    assert nearest("humidity", names) is None


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("zebra", "like:zebra"),
        ("red truck tag:reviewed", 'like:"red truck"'),
        ('"truck at night" Straße', 'like:"truck at night Straße"'),
        ("semi-trailer driver's", 'like:"semi-trailer driver\'s"'),
        ("IMG_0031.jpg", None),
        ("truck 31", None),
        ("red OR truck", None),
        ("-truck", None),
        ("truck sort:name", None),
        ("truck like:car", None),
        ("tag:truck", None),
    ],
)
def test_plain_words_may_mean_what_pictures_show(query: str, meant: str | None) -> None:
    notes = explain_words(parse(query))
    assert [note.partition(", write ")[2] for note in notes] == ([] if meant is None else [f"`{meant}`."])


def test_each_kind_of_name_is_looked_up_once() -> None:
    asked: list[NameKind] = []

    def count(kind: NameKind, wanted: Collection[str]) -> KnownNames:
        asked.append(kind)
        return lookup(kind, wanted)

    explain_nothing(parse("metadata.a:1 metadata.b:2 tag:c tag:d sort:metadata.e"), count)
    assert asked == [NameKind.METADATA_KEY, NameKind.TAG]


def test_names_of_any_length_are_compared_quickly() -> None:
    long = [f"{'ab' * 2000}{number}" for number in range(1000)]
    assert nearest("ab" * 1500, long) is None
