"""Translate globs into regular expressions of PostgreSQL. Pure."""

from __future__ import annotations

import re

# Characters that a backslash escapes in PostgreSQL's regular expressions. Letters and digits must not be escaped.
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def glob_to_regex(glob: str) -> str:
    """Translate a glob: `*` stays within a folder, `**` crosses folders, `**/` also matches no folder."""
    pieces: list[str] = []
    for found in re.finditer(r"(?:(?<=/)|^)(?:\*\*/)+|\*\*|\*|[^*]+", glob):
        piece = found.group()
        if piece.endswith("**/"):
            pieces.append("(?:.*/)?")
        elif piece == "**":
            pieces.append(".*")
        elif piece == "*":
            pieces.append("[^/]*")
        else:
            pieces.append(_PUNCTUATION.sub(r"\\\g<0>", piece))
    return "".join(pieces)
