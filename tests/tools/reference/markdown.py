"""Small pieces of Markdown that all generated parts use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(one) for one in line)} |" for line in lines)


def cell(text: str) -> str:
    """A text as one cell: on one line, with its bars escaped."""
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def code(text: str) -> str:
    """A text set as code."""
    return f"`{text}`" if text else ""


def anchor(heading: str) -> str:
    """The fragment by which a forge links to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
