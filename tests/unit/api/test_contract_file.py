"""The pages' types are made from the contract as it is now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_contract_that_the_pages_were_built_from_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "ui/scripts/openapi.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr} Run `python ui/scripts/openapi.py`, then `npm run types` in ui/."
