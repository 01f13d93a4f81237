"""Programs that no test runs, such as the gallery and the benchmarks, still find what they import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("tests/tools", "tests/support", "benchmarks", "examples")
# In a process of its own: some of them load much, or change how the process works.
IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"{name}: {error}")
"""


def test_every_program_and_helper_finds_what_it_imports() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if "__" not in path.stem]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    done = subprocess.run([sys.executable, "-c", IMPORT, *names], cwd=ROOT, check=False, capture_output=True, text=True)
    assert len(names) > 80
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
