"""The functions of the database that take fingerprints of companions apart."""

from __future__ import annotations

import pytest

from mirrorlake.postgres.pool import Catalog

BOTH = "labels=1:x=y\nmetadata=2:y:z"


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("companion_roles(%(both)s)", ["labels", "metadata"]),
        ("companion_roles(NULL)", []),
        ("companion_of(%(both)s, 'labels')", "1:x=y"),
        ("companion_of(%(both)s, 'metadata')", "2:y:z"),
        ("companion_of(%(both)s, 'data')", None),
        ("companion_of(NULL, 'metadata')", None),
        ("companion_of('metadata=0:', 'metadata')", "0:"),
        ("companions_unread(%(both)s, '{metadata}')", "labels=1:x=y\nmetadata=0:"),
        ("companions_unread(%(both)s, '{subtitles,labels}')", "labels=0:\nmetadata=2:y:z\nsubtitles=0:"),
        ("companions_unread(NULL, '{metadata,metadata}')", "metadata=0:"),
        ("companions_unread(NULL, '{}')", None),
    ],
)
def test_fingerprints_are_taken_apart(catalog: Catalog, call: str, answer: object) -> None:
    with catalog.read() as connection:
        row = connection.execute(f"SELECT {call}".encode(), {"both": BOTH}).fetchone()
    assert row == (answer,)
