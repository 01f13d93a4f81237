"""Write the REST contract to ui/openapi.json, from which the types of the pages are generated. Needs no library."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

from mirrorlake.api import Library, create_app

TARGET = Path(__file__).parents[1] / "openapi.json"


def contract() -> str:
    """Return the contract as the file holds it. The version is fixed, since it changes without the contract."""
    app = create_app(cast("Library", object()), token="unused")  # noqa: S106 - nothing is served here
    document = app.openapi()
    document["info"]["version"] = "1"
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    fresh = contract()
    if "--check" in sys.argv:
        outdated = "ui/openapi.json is out of date. Run ui/scripts/openapi.py, then `npm run types` in ui/."
        sys.exit(0 if TARGET.is_file() and TARGET.read_text() == fresh else outdated)
    TARGET.write_text(fresh)
