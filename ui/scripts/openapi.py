"""Write what the pages take from the code: the REST contract (ui/openapi.json), and two tables.

These are the kinds of outcomes, and the kinds of connections with their settings.

Needs no library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from mirrorlake.api import create_app
from mirrorlake.api.routing import LibraryFactory
from mirrorlake.connections.kinds import KINDS, OPERATOR_ONLY
from mirrorlake.connections.presets import PRESETS
from mirrorlake.model.connections import ESSENTIAL
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


def connection_kinds() -> str:
    """The kinds of connections and the known services as the pages read them, without what only operators may set."""
    rows: list[str] = []
    for kind, row in KINDS.items():
        reserved = OPERATOR_ONLY | ({"endpoint", "proxy", "proxy_login"} if row.sends_identity else set())
        parts = {"settings": row.settings - reserved, "secrets": row.secrets - reserved, "required": row.required}
        lists = "".join(f"    {name}: {_list(values)},\n" for name, values in parts.items())
        rows.append(f"  '{kind.value}': {{\n    provider: '{kind.provider.value}',\n{lists}  }},")
    services = [
        f"  '{name}': {{ label: '{each.summary}', address: {_text(each.address)}, region: {_text(each.region)} }},"
        for name, each in PRESETS.items()
    ]
    head = "// Made by scripts/openapi.py from connections/kinds.py and connections/presets.py."
    return "\n".join(
        [
            head,
            *("export const KINDS = {", *rows, "} as const;", ""),
            *("export const PRESETS = {", *services, "} as const;", ""),
            "/** The checks without which no run succeeds. */",
            f"export const ESSENTIAL: readonly string[] = {_list(ESSENTIAL)};",
            "",
        ]
    )


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(repr, sorted(values)))}]"


def _text(value: str | None) -> str:
    return "null" if value is None else f"'{value}'"


TARGETS = {
    UI / "openapi.json": contract,
    UI / "src" / "api" / "outcomes.ts": outcomes,
    UI / "src" / "api" / "connectionKinds.ts": connection_kinds,
}


if __name__ == "__main__":
    for target, make in TARGETS.items():
        fresh = make()
        if "--check" not in sys.argv:
            target.write_text(fresh)
        elif not target.is_file() or target.read_text() != fresh:
            outdated = f"ui/{target.relative_to(UI)} is out of date."
            sys.exit(f"{outdated} Run ui/scripts/openapi.py, then `npm run types` in ui/.")
