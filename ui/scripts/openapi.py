"""Write what the pages take from the code: the REST contract (ui/openapi.json) and the table of outcome kinds.

No server, no library.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

from mirrorlake.api import Library, create_app
from mirrorlake.model.outcomes import OutcomeKind

UI = Path(__file__).parents[1]


def contract() -> str:
    """The contract as it is written to the file. Its version is left open: it changes without the shapes."""
    app = create_app(cast("Library", object()), token="unused")  # noqa: S106 - nothing is served here
    document = app.openapi()
    document["info"]["version"] = "1"
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def outcomes() -> str:
    """The rows of the table of outcome kinds, as the pages read them."""
    rows = [
        f"  {{ kind: '{kind}', name: '{kind.label}', tone: '{kind.row.tone}', "
        f"listed: {str(kind.row.event and kind.row.report is not None).lower()}, "
        f"sample: {'null' if kind.row.sample is None else repr(kind.row.sample)} }},"
        for kind in OutcomeKind
    ]
    head = "// Made by scripts/openapi.py from the table of outcome kinds (model/outcomes.py)."
    return "\n".join([head, "export const OUTCOMES = [", *rows, "] as const;", ""])


TARGETS = {UI / "openapi.json": contract, UI / "src" / "api" / "outcomes.ts": outcomes}


if __name__ == "__main__":
    for target, make in TARGETS.items():
        fresh = make()
        if "--check" not in sys.argv:
            target.write_text(fresh)
        elif not target.is_file() or target.read_text() != fresh:
            sys.exit(f"ui/{target.relative_to(UI)} is outdated.")
