"""Write the generated parts of the pages in docs/: `python -m tests.tools.docs`, which `make docs` runs.

A page holds a generated part between two comments; everything around them is written by hand:

    <!-- generated: commands -->
    …
    <!-- end of generated -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.tools.reference.arrow import annotation_column_reference, asset_column_reference, fact_column_reference
from tests.tools.reference.commands import command_reference
from tests.tools.reference.errors import error_reference, problem_reference
from tests.tools.reference.packages import package_reference
from tests.tools.reference.rest import rest_reference
from tests.tools.reference.sdk import (
    client_reference,
    dataset_reference,
    package_names_reference,
    parameter_type_reference,
)

DOCS = Path(__file__).parents[2] / "docs"
PARTS: Mapping[str, Callable[[], str]] = {
    "annotation_columns": annotation_column_reference,
    "asset_columns": asset_column_reference,
    "client": client_reference,
    "commands": command_reference,
    "datasets": dataset_reference,
    "errors": error_reference,
    "fact_columns": fact_column_reference,
    "package_names": package_names_reference,
    "parameter_types": parameter_type_reference,
    "packages": package_reference,
    "problems": problem_reference,
    "rest": rest_reference,
}
PART = re.compile(r"(<!-- generated: (?P<name>\w+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def pages() -> list[Path]:
    """The pages that hold a generated part."""
    return [page for page in sorted(DOCS.rglob("*.md")) if PART.search(page.read_text("utf-8"))]


def regenerate(text: str) -> str:
    """The text of a page with its generated parts as they should be now. Raises KeyError for an unknown part."""
    return PART.sub(lambda match: f"{match[1]}\n{PARTS[match['name']]()}\n\n{match[3]}", text)


if __name__ == "__main__":
    for page in pages():
        before = page.read_text("utf-8")
        after = regenerate(before)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"{page.relative_to(DOCS.parent)} is written.")
