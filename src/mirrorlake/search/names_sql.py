"""Conditions on the names of assets, in SQL. Pure; values are always bound parameters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from mirrorlake.search.nodes import Pattern
from mirrorlake.search.sql import Sql, like, like_pattern


def _match_any_form(text: str, compare: Callable[[str], Sql]) -> list[Sql]:
    """Match composed and decomposed accents: which form is stored depends on the system that created the file."""
    forms = dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))
    return [compare(form) for form in forms]


_RUN = re.compile(r"[A-Za-z0-9]{4,}")


def rarest_part(pieces: tuple[str, ...]) -> str | None:
    """The longest run of letters and digits: of `IMG_00012345.jpg`, most names contain all but the number.

    Decomposed, an accent is a character after its letter: only letters without one are in every form of a name.
    """
    composed = (unicodedata.normalize("NFC", piece) for piece in pieces)
    return max((run for piece in composed for run in _RUN.findall(piece)), key=len, default=None)


def name_contains(text: str) -> list[Sql]:
    """Whether the whole name contains a text, ignoring case: one of these conditions holds."""
    return _match_any_form(text, lambda form: Sql("asset.name ILIKE %s", (f"%{like(form)}%",)))


def file_name(value: str | Pattern) -> list[Sql]:
    """Whether the part after the last `/` is a text or matches a pattern: one of these conditions holds."""

    def compare(like: str) -> Sql:
        # The first condition follows from the second, and the trigram index supports it.
        return Sql(
            "(asset.name ILIKE %s AND substring(asset.name from '[^/]*$') ILIKE %s)", (f"%{like.lstrip('%')}", like)
        )

    return _match_any_form(like(value) if isinstance(value, str) else like_pattern(value), compare)
