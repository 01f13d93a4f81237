"""The example of a first library runs as it stands, and shows what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.cli import Cli

pytestmark = pytest.mark.long

EXAMPLE = Path(__file__).parents[2] / "examples" / "first_library.py"
PATIENCE_S = 300


def test_the_first_library_handles_only_what_changed_and_finds_it(cli: Cli) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE], env=cli.environ, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    first, second, night, moved, yard = done.stdout.splitlines()
    assert first == "first pass: 6 new, 12 objects read"
    expected = {"new": 1, "changed": 1, "metadata_changed": 1, "moved": 1, "missing": 0, "unchanged": 3}
    # The new picture, the replaced one with its sidecar, and the edited sidecar.
    assert second == f"second pass: {expected}, 4 objects read"
    assert night == "at night: gate-0.jpg, gate-one.jpg"
    assert moved == "gate-one.jpg was moved, not made: 320×200, {'site': 'gate', 'night': True}"
    assert yard == "in the yard: gate-0.jpg"
