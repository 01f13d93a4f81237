"""Globs agree with a matcher that is too slow and too simple to be wrong."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.support.listings import keys

from mirrorlake.core.errors import PatternError
from mirrorlake.select.globs import compile_globs

PIECES = ["*", "**", "/", "**/", "/**/", "a", "b", ".", "é", "\n", "?", "[a]", '"', "\\", "|", "\U0001f600", ".jpg"]
patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
paths = st.one_of(keys(), st.lists(st.sampled_from('ab./é\n?[]"\\|*\U0001f600'), max_size=8).map("".join))


def matches(pattern, key):
    """What a pattern means, by trying every way to spend the key."""
    quoted = pattern.startswith('"')
    text = pattern[1:-1] if quoted else pattern
    starts = [key]
    if text.startswith("/"):
        text = text[1:]
        starts += [key[1:]] if key.startswith("/") else []
    return any(start == text if quoted else spend(text, start, folder_start=True) for start in starts)


def spend(pattern, key, *, folder_start):
    if not pattern:
        return not key
    if folder_start and pattern.startswith("**/"):
        tails = [key] + [key[at + 1 :] for at, character in enumerate(key) if character == "/"]
        return any(spend(pattern[3:], tail, folder_start=True) for tail in tails)
    if pattern.startswith("**"):
        return any(spend(pattern[2:], key[at:], folder_start=False) for at in range(len(key) + 1))
    if pattern.startswith("*"):
        room = len(key.split("/", maxsplit=1)[0])
        return any(spend(pattern[1:], key[at:], folder_start=False) for at in range(room + 1))
    return key[:1] == pattern[0] and spend(pattern[1:], key[1:], folder_start=pattern[0] == "/")


def legal(pattern):
    try:
        compile_globs([pattern])
    except PatternError:
        return False
    return True


@given(
    st.lists(patterns.filter(legal), min_size=1, max_size=12), st.lists(paths.filter(lambda k: len(k) < 60), max_size=8)
)
def test_globs_match_what_the_plain_matcher_matches(globs, candidates):
    expected = [[pattern for pattern in globs if matches(pattern, key)] for key in candidates]
    compiled = compile_globs(globs)
    assert compiled.match(pa.array(candidates, pa.string())).tolist() == [bool(found) for found in expected]
    assert [compiled.match_one(key) for key in candidates] == [found[0] if found else None for found in expected]


@given(st.lists(keys(), max_size=8))
def test_quoted_key_matches_only_itself(candidates):
    for key in candidates:
        compiled = compile_globs([f'"{key}"'])
        bare = key.removeprefix("/") if key.startswith("/") else key
        expected = [other == key or (key.startswith("/") and other == bare) for other in candidates]
        assert compiled.match(pa.array(candidates)).tolist() == expected
