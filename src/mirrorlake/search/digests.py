"""The field `digest:`, which finds assets by the BLAKE3 digest of their content. Pure."""

from __future__ import annotations

import re
from typing import LiteralString

from mirrorlake.search.nodes import HasDigest, Node
from mirrorlake.search.sql import Sql
from mirrorlake.search.term import Term

_DIGEST = re.compile(r"[0-9a-f]{64}")


def read_digest(term: Term) -> Node:
    """`digest = "digest:" hex`: all 64 digits, in upper or lower case."""
    digest = term.value.text.lower()
    if not _DIGEST.fullmatch(digest):
        term.reject("Invalid digest.", "Write all 64 hexadecimal digits of a BLAKE3 digest, as b3sum prints them.")
    return term.allow_negation(HasDigest(digest))


def members_sql(digest: str) -> Sql:
    """The ids of the assets with this digest, from its index."""
    same = digest_sql(digest)
    # A query of its own, so that conditions on `asset_id` can follow.
    select: LiteralString = "SELECT asset_id FROM (SELECT asset.id AS asset_id FROM asset WHERE "
    return Sql(select + same.text + ") AS equal WHERE TRUE", same.params)


def digest_sql(digest: str) -> Sql:
    """Whether the content of an asset has this digest. Of objects that were read in parts, none is known."""
    return Sql("asset.digest = decode(%s, 'hex')", (digest,))
