"""Stored answers of a server to repeated requests. Not a use case of clients: their requests use it implicitly."""

from __future__ import annotations

from mirrorlake.catalog import stored_answers
from mirrorlake.catalog.stored_answers import Claim, StoredAnswer
from mirrorlake.services.base import Service


class AnswerService(Service):
    """The stored answers of one caller."""

    def claim(self, key: str, digest: bytes) -> Claim | StoredAnswer:
        """Claim a key for a request, or return the answer to an equal one. Raises Conflict."""
        return stored_answers.claim(self.resources.catalog, self.caller, key, digest)

    def store(self, claimed: Claim, status: int, answer: StoredAnswer | None) -> None:
        """Store the answer to a claimed key, or only that its request was executed."""
        stored_answers.store(self.resources.catalog, self.caller, claimed, status, answer)

    def release(self, claimed: Claim) -> None:
        """Release a claimed key, so that its request can be repeated."""
        stored_answers.release(self.resources.catalog, self.caller, claimed)
