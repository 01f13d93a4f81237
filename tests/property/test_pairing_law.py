"""Pairing in a stream equals pairing by dictionary, however the stream is cut."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.listings import Obj, byte_order, keys, listing, rows_of, taking

from mirrorlake.formats.registry import format_of_name, suffixes_of
from mirrorlake.model.media import MediaKind
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import MirrorConfig, MirrorSettings
from mirrorlake.select.pairing import DEFERRED, safe_bound, safe_ranges
from mirrorlake.select.rules import compile_rules
from mirrorlake.select.stream import LIBRARY_PREFIX, select

cuts = st.lists(st.integers(0, 40), max_size=20)
buckets = st.sets(keys(), max_size=30)


# "g" takes every .jpg for a sidecar, "0" and "-z.k" sort far from and near to others.
suffixes = st.sampled_from([None, ".metadata.json", ".json", ".m", "-z.k", ".jpg", "/m.json", "0", "g", "é", " "])


def is_json(key):
    return key[-5:].lower() == ".json" and key[-5:].isascii()


def json_files(bucket, suffix=None):
    return {key for key in bucket if is_json(key) and not (suffix and key.endswith(suffix))}


def pairs(bucket, suffix=None):
    """Asset -> sidecar or None, with a dictionary. A .json is no asset."""
    by_stem = {}
    for key in sorted(bucket, key=byte_order):
        if is_json(key):
            by_stem[key[:-5]] = key
    named = [key for key in bucket if format_of_name(key) and not is_json(key)]
    assets = [key for key in named if not (suffix and key.endswith(suffix))]
    found = {key: by_stem.get(key.rpartition(".")[0]) for key in assets}
    return found | {key: key + suffix for key in assets if suffix and key + suffix in bucket}


def full_names(suffix):
    return () if suffix is None else (suffix,)


def objects(bucket):
    return {key: Obj(token=f"token of {key}", size=len(key)) for key in bucket}


def with_full_names(bucket, suffix, chosen):
    """The bucket with a sidecar of the full-name form for some of its keys."""
    picked = [key for row, key in enumerate(sorted(bucket)) if row in chosen]
    made = {key + suffix for key in picked} if suffix else set()
    return bucket | {key for key in made if len(key.encode()) <= 1024}


def paired(batches, *, hold_limit, suffix=None, rules=None):
    """What the stream says, checked for order; a deferred row must come again, once."""
    selection = select(batches, rules or taking(suffix=suffix), hold_limit=hold_limit)
    rows = list(rows_of(selection))
    found, order, deferred = {}, [], set()
    for row in rows:
        key, sidecar = row["key"], row["metadata_key"]
        assert row["metadata_token"] == (None if sidecar is None else f"token of {sidecar}")
        assert row["metadata_size"] == (None if sidecar is None else len(sidecar))
        if key in deferred:
            deferred.remove(key)
        else:
            assert key not in found
            order.append(key)
            if row["skip"] == DEFERRED:
                deferred.add(key)
        found[key] = sidecar
    assert not deferred
    assert order == sorted(order, key=byte_order)
    assert selection.selected == len(found)
    return found


@settings(max_examples=400)
@given(buckets, cuts, st.sampled_from([0, 1, 3, 50_000]), suffixes, st.sets(st.integers(0, 30)))
def test_stream_pairs_what_a_dictionary_pairs(bucket, where, hold_limit, suffix, chosen):
    bucket = with_full_names(bucket, suffix, chosen)
    found = paired(listing(objects(bucket), where), hold_limit=hold_limit, suffix=suffix)
    assert found == pairs(bucket, suffix)


texts = tuple(MediaKind)


@settings(max_examples=300)
@given(buckets, cuts, st.sampled_from([0, 3, 50_000]), suffixes, st.sets(st.integers(0, 30)))
def test_without_sidecars_by_base_name_every_json_is_an_asset(bucket, where, hold_limit, suffix, chosen):
    bucket = with_full_names(bucket, suffix, chosen)
    rules = compile_rules(MirrorSettings(media=texts, base_name_sidecars=False, sidecar_suffix=suffix))
    found = paired(listing(objects(bucket), where), hold_limit=hold_limit, rules=rules)
    assets = {*pairs(bucket, suffix), *json_files(bucket, suffix)}
    assert found == {key: key + suffix if suffix and key + suffix in bucket else None for key in assets}


@settings(max_examples=300)
@given(buckets, cuts, st.sampled_from([0, 3, 50_000]), suffixes, st.sets(st.integers(0, 30)))
def test_a_json_that_a_pattern_names_is_an_asset_and_stays_a_sidecar(bucket, where, hold_limit, suffix, chosen):
    bucket = with_full_names(bucket, suffix, chosen)
    asking = MirrorConfig(globs=("**", "**.json"), exclude=("**/x*.json",))
    rules = compile_rules(MirrorSettings(media=texts, configs=(asking,), sidecar_suffix=suffix))
    found = paired(listing(objects(bucket), where), hold_limit=hold_limit, rules=rules)
    asked = {
        key
        for key in json_files(bucket, suffix)
        if key.endswith(".json") and not ("/" + key).rpartition("/")[2].startswith("x")
    }
    alone = {key: key + suffix if suffix and key + suffix in bucket else None for key in asked}
    assert found == pairs(bucket, suffix) | alone


@given(buckets, suffixes)
def test_a_datasource_that_does_not_name_json_selects_none(bucket, suffix):
    for globs in ((), ("**",), ("**/*",), ("a**", "**/*.jpg", "**son")):
        rules = compile_rules(MirrorSettings(media=texts, configs=(MirrorConfig(globs=globs),), sidecar_suffix=suffix))
        assert not [row["key"] for row in rows_of(select(listing(objects(bucket)), rules)) if is_json(row["key"])]


def test_json_is_the_only_suffix_to_be_asked_for():
    assert {key for key in (".json", ".jsonl") if format_of_name(f"a{key}")} == {".json", ".jsonl"}
    assert ".json" not in suffixes_of(texts)


@settings(max_examples=200)
@given(buckets, cuts, st.lists(keys(), max_size=4), suffixes, st.sets(st.integers(0, 30)))
def test_parts_cut_at_safe_bounds_pair_like_the_whole(bucket, where, wanted, suffix, chosen):
    wanted = [*wanted, *bucket]  # bounds come from keys that were there
    bucket = with_full_names(bucket, suffix, chosen)
    bounds = sorted({bound for key in wanted if (bound := safe_bound(key, full_names(suffix)))}, key=byte_order)
    found = {}
    for after, until in zip([None, *bounds], [*bounds, None], strict=True):
        part = {
            key
            for key in bucket
            if (after is None or key.encode() > after.encode()) and (until is None or key.encode() <= until.encode())
        }
        found |= paired(listing(objects(part), where), hold_limit=50_000, suffix=suffix)
    assert found == pairs(bucket, suffix)


@given(keys(), suffixes)
def test_safe_bound_is_a_beginning_of_its_key_and_stays_safe(key, suffix):
    bound = safe_bound(key, full_names(suffix))
    if bound is not None:
        assert key.startswith(bound)
        assert safe_bound(bound, full_names(suffix)) == bound


@given(st.lists(keys(), max_size=5), st.sampled_from(["", "a", "b.jpg/"]))
def test_safe_ranges_cover_what_they_covered_without_gap_or_overlap(bounds, prefix):
    edges = sorted({prefix + bound for bound in bounds}, key=byte_order)
    ranges = [
        KeyRange(prefix=prefix, after=after, until=until)
        for after, until in zip([None, *edges], [*edges, None], strict=True)
    ]
    made = safe_ranges(ranges)
    assert made[0].after is None
    assert made[-1].until is None
    assert {part.prefix for part in made} == {prefix}
    inner = [part.until for part in made[:-1]]
    assert inner == [part.after for part in made[1:]]
    assert inner == sorted(set(inner), key=byte_order)
    assert all(bound.encode() > prefix.encode() and safe_bound(bound) == bound for bound in inner)


@given(buckets, cuts, st.sets(st.sampled_from(["", "x.jpg", "a/b.jpg", "b.json"]), max_size=4))
def test_the_librarys_own_objects_are_not_seen(bucket, where, own):
    hidden = {LIBRARY_PREFIX + name for name in own}
    selection = select(listing(objects(bucket | hidden), where), taking())
    rows = list(rows_of(selection))
    assert {row["key"] for row in rows} == set(pairs(bucket))
    assert selection.listed == len(bucket)
