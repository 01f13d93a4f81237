"""Write what the pages take from the code: the REST contract (ui/openapi.json) and the table of outcome kinds.

Needs no library.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

from mirrorlake.api import create_app
from mirrorlake.api.routing import LibraryFactory
from mirrorlake.model.outcomes import OutcomeKind

UI = Path(__file__).parents[1]


def contract() -> str:
    """The contract as it is written to the file. Its version is left open: it changes without the shapes."""
    app = create_app(cast("LibraryFactory", object()), token="unused")  # noqa: S106 - nothing is served here
    document = app.openapi()
    document["info"]["version"] = "1"
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def outcomes() -> str:
    """The table of outcome kinds as the pages read it."""
    rows: list[str] = []
    for kind in OutcomeKind:
        counted = "" if kind.row.event else ", countedOnly: true"
        group = "" if kind.row.sample in (None, kind.value) else f", preview: '{kind.row.sample}'"
        rows.append(f"  {kind}: {{ label: '{kind.label}', tone: '{kind.row.tone}'{counted}{group} }},")
    head = "// Made by scripts/openapi.py from the table of outcome kinds (model/outcomes.py)."
    return "\n".join([head, "export const OUTCOMES = {", *rows, "} as const;", ""])


TARGETS = {UI / "openapi.json": contract, UI / "src" / "api" / "outcomes.ts": outcomes}


if __name__ == "__main__":
    for target, make in TARGETS.items():
        fresh = make()
        if "--check" not in sys.argv:
            target.write_text(fresh)
        elif not target.is_file() or target.read_text() != fresh:
            outdated = f"ui/{target.relative_to(UI)} is out of date."
            sys.exit(f"{outdated} Run ui/scripts/openapi.py, then `npm run types` in ui/.")
