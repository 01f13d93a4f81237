"""A move is believed only where the old key answers 404."""

from __future__ import annotations

import pytest
from tests.support.changes import batch
from tests.support.faulty import Faulty

from mirrorlake.core.errors import AccessDenied, ListingBroken, MirrorlakeError, SourceUnreachable, StorageError
from mirrorlake.mirror import existence as proof
from mirrorlake.mirror.existence import ExistenceChecker, Proof
from mirrorlake.mirror.planning import prove_moves
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.plan.moves import Moves, match_moves
from mirrorlake.storage.providers.memory.store import MemoryStore


def claimed(count: int) -> Moves:
    """`old-N` vanished and `new-N` appeared, with the same bytes."""
    common = {"size": 7, "metadata_differs": False}
    gone = [
        {"op": int(Op.VANISHED), "key": f"old-{n}", "token": f"t{n}", "known_state": int(KnownState.PRESENT), **common}
        for n in range(count)
    ]
    came = [{"op": int(Op.NEW), "key": f"new-{n}", "token": f"t{n}", **common} for n in range(count)]
    return match_moves(batch(gone), batch(came))


def old_keys(moves: Moves) -> set[str]:
    return set(moves.pairs.column("old_key").to_pylist())


def test_moves_from_keys_that_are_gone_are_kept() -> None:
    moves = claimed(30)
    assert old_keys(prove_moves(moves, ExistenceChecker(MemoryStore()))) == {f"old-{n}" for n in range(30)}


def test_an_object_that_still_stands_did_not_move() -> None:
    store = MemoryStore()
    store.put("old-1", b"still here")
    assert old_keys(prove_moves(claimed(3), ExistenceChecker(store))) == {"old-0", "old-2"}


@pytest.mark.parametrize(
    "error", [AccessDenied("403"), SourceUnreachable("timeout"), StorageError("400"), ListingBroken("HTML")]
)
def test_an_answer_that_is_no_404_proves_nothing(error: MirrorlakeError) -> None:
    faulty = Faulty(MemoryStore())
    faulty.fail("head", error=error, keys=lambda key: key == "old-1")
    faulty.fail("list", error=AccessDenied("403"))  # nor does the listing that could stand in for it
    assert old_keys(prove_moves(claimed(3), ExistenceChecker(faulty))) == {"old-0", "old-2"}


def test_proofs_come_in_the_order_of_their_keys_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "KEYS_AT_ONCE", 7)
    store = MemoryStore()
    keys = [f"{number:02}" for number in range(30)]
    for key in keys[::3]:
        store.put(key, b"here")
    expected = [Proof.GONE if number % 3 else Proof.EXISTS for number in range(30)]
    assert ExistenceChecker(store).prove(keys) == expected
