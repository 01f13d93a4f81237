"""A sealed sign-in says nothing, and opens only where it was closed, unchanged and in time."""

from __future__ import annotations

import pytest

from mirrorlake.services.sealed_sign_in import COOKIE_CHARACTERS, LONGEST_S, Seal, UnderWay

SEAL = Seal("of the operator", "https://id.example", "lake")
BEGUN = UnderWay(state="s-1", nonce="n-1", verifier="v-1", earlier=b"\x00\xff")


def test_it_opens_where_it_was_closed() -> None:
    again = Seal("of the operator", "https://id.example", "lake")  # another server of the library
    assert again.open(SEAL.close(BEGUN)) == BEGUN
    assert SEAL.open(SEAL.close(UnderWay(state="s", nonce="n", verifier="v"))) is not None
    assert len(SEAL.close(BEGUN)) < COOKIE_CHARACTERS
    assert "v-1" not in repr(BEGUN)


@pytest.mark.parametrize(
    "other",
    [
        Seal("of another", "https://id.example", "lake"),
        Seal("of the operator", "https://evil.example", "lake"),
        Seal("of the operator", "https://id.example", "sea"),
    ],
)
def test_nobody_else_opens_or_makes_it(other: Seal) -> None:
    assert other.open(SEAL.close(BEGUN)) is None


def test_what_was_changed_is_too_old_or_is_nothing_does_not_open() -> None:
    closed = SEAL.close(BEGUN)
    for wrong in ("", "x", "é", closed[:-1], closed[:40] + closed[40:].swapcase(), "A" * (COOKIE_CHARACTERS + 1)):
        assert SEAL.open(wrong) is None
    now = [1000.0]
    seal = Seal("of the operator", "https://id.example", "lake", clock=lambda: now[0])
    closed = seal.close(BEGUN)
    now[0] += LONGEST_S
    assert seal.open(closed) == BEGUN
    now[0] += 1
    assert seal.open(closed) is None
