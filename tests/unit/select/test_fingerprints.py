"""A fingerprint holds exactly what it was made of, and ignores roles that this version does not know."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.model.columns import CANDIDATES
from mirrorlake.model.companions import METADATA
from mirrorlake.select.fingerprints import UNREAD, fingerprints, tokens_and_sizes

TOKENS = st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]))
COMPANIONS = st.none() | st.tuples(TOKENS, st.integers(0, 2**63 - 1))


@given(st.lists(COMPANIONS))
def test_tokens_and_sizes_come_back_from_a_fingerprint(companions: list[tuple[str, int] | None]):
    rows = pa.RecordBatch.from_pylist(
        [
            {"key": "a.jpg", "size": 1, "token": "t"}
            | ({} if companion is None else {METADATA.token: companion[0], METADATA.size: companion[1]})
            for companion in companions
        ],
        schema=CANDIDATES,
    )
    token, size = tokens_and_sizes(fingerprints(rows))[METADATA]
    found = zip(token.to_pylist(), size.to_pylist(), strict=True)
    assert list(found) == [companion or (None, None) for companion in companions]


def test_roles_of_another_version_change_nothing():
    companions = pa.array(["labels=1:x\nmetadata=2:y\nsubtitles=3:z", "labels=1:metadata=2:y", "metadata=0:"])
    token, size = tokens_and_sizes(companions)[METADATA]
    assert token.to_pylist() == ["y", None, UNREAD]
    assert size.to_pylist() == [2, None, 0]
