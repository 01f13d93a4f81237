"""The field `digest:`, which finds assets by the BLAKE3 digest of their content. Pure."""

from __future__ import annotations

import re

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
    return Sql(
        "SELECT asset_id FROM (SELECT asset.id AS asset_id FROM asset WHERE asset.digest = %s) AS equal WHERE TRUE",
        (bytes.fromhex(digest),),
    )


def digest_sql(digest: str) -> Sql:
    """Whether the content of an asset has this digest. Of objects that were read in parts, none is known."""
    return Sql("asset.digest = %s", (bytes.fromhex(digest),))
