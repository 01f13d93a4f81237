"""The terms that rank a result by similarity: `like:` and `like-image:`. Pure.

They are no conditions: a query has at most one, outside brackets, and it replaces `sort:`.
"""

from __future__ import annotations

import re

from mirrorlake.search.nodes import LikeImage, Likeness, LikeText
from mirrorlake.search.scanner import Scanner
from mirrorlake.search.values import read_integer

MOST_ALIKE = 1_000  # assets that a ranked result has at most
LIKENESS_FIELDS = ("like", "like-image")
_LIKE = re.compile(r"(?P<field>like-image|like)[:=]", re.IGNORECASE)


def read_likeness(scanner: Scanner) -> Likeness | None:
    """`likeness = "like:" text | "like-image:" id`; None for anything else."""
    found = _LIKE.match(scanner.source, scanner.at)
    if found is None:
        return None
    scanner.at = found.end()
    value = scanner.read_quoted() if scanner.next == '"' else scanner.read_raw()
    if found["field"].lower() == "like":
        if not value.text.strip():
            raise scanner.error(
                "Expected a text.", 'Describe what a picture shows, as in like:"red truck".', at=value.at
            )
        return LikeText(value.text)
    number = read_integer(value.text)
    if number is None:
        raise scanner.error("Invalid asset id.", "Write the id of an asset, as in like-image:42.", at=value.at)
    return LikeImage(number)
