"""Answers to requests with an Idempotency-Key: claimed before the request is executed, stored after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import AnswerNotKept, Conflict, KeyReused
from mirrorlake.model.access import Context
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

KEPT_HOURS = 24
MOST = 10_000  # answers kept for one caller
PENDING_S = 600  # a request that takes longer ended with its server


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The answer to an earlier request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A key that this request has claimed. End it with `store` or `release`."""

    key: str
    claimed: datetime


@retry_on_contention
def claim(catalog: Catalog, caller: Context, key: str, digest: bytes) -> Claim | StoredAnswer:
    """Claim a key for a request, or return the stored answer of an equal one.

    Raises KeyReused if the key belongs to another request, AnswerNotKept, and Conflict while an equal request is in
    progress.
    """
    values = _values(caller, key) | {"digest": digest, "hours": KEPT_HOURS, "most": MOST, "pending_s": PENDING_S}
    with catalog.write() as connection:
        for name in ("expire_answers", "expire_answer_of_key", "limit_answers"):
            connection.execute(statement(name).query, values)
        claimed = connection.execute(statement("claim_answer").query, values).fetchone()
        if claimed is not None:
            return Claim(key=key, claimed=claimed[0])
        row = connection.execute(statement("read_answer").query, values).fetchone()
    if row is None:  # the other request has just failed
        raise Conflict("A request with the same Idempotency-Key has just ended.", "Repeat the request.")
    stored, status, headers, body = row
    if bytes(stored) != digest:
        raise KeyReused(
            "The Idempotency-Key was used for another request within the last 24 hours.",
            "Use a new key for each request. Repeat a key only with the same method, address and body.",
        )
    if status is None:
        raise Conflict("A request with the same Idempotency-Key is in progress.", "Repeat the request in a moment.")
    if headers is None:
        raise AnswerNotKept(
            "The request with this Idempotency-Key was executed, or failed on the way. Its answer was not kept: it has"
            " a secret, is too large, or was never sent.",
            "Get what the request created from its own address. If it is not there, repeat the request with a new key.",
        )
    return StoredAnswer(status=status, headers=headers, body=bytes(body))


@retry_on_contention
def store(catalog: Catalog, caller: Context, claimed: Claim, status: int, answer: StoredAnswer | None) -> None:
    """Store the answer to a claimed key, or with None only that its request was executed."""
    values: dict[str, Any] = _values(caller, claimed.key) | {
        "claimed": claimed.claimed,
        "status": status,
        "headers": None if answer is None else Jsonb(dict(answer.headers)),
        "body": None if answer is None else answer.body,
    }
    with catalog.write() as connection:
        connection.execute(statement("store_answer").query, values)


@retry_on_contention
def release(catalog: Catalog, caller: Context, claimed: Claim) -> None:
    """Release a claimed key whose request was refused: it can be repeated."""
    values = _values(caller, claimed.key) | {"claimed": claimed.claimed}
    with catalog.write() as connection:
        connection.execute(statement("release_answer").query, values)


def _values(caller: Context, key: str) -> dict[str, Any]:
    return {"caller": f"{caller.actor.kind.value}:{caller.actor.name}", "key": key}
