"""`make test`: every test in four processes; the few that fail are run once more, one after another.

Four processes, their databases and browsers on two cores are a load under which a test can time out. A test that fails
again, alone, fails the suite. One that passes alone does not, but is listed at the end: it depends on the load of the
machine, and is to be mended. More than `FEW` failures are not a matter of load, and are not repeated.

Without a browser it ends before the first test, unless MIRRORLAKE_TEST_WITHOUT_BROWSER=1 allows to skip those of pages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.tools.browser import HOW, WITHOUT, installed, may_be_missing

ROOT = Path(__file__).parents[2]
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
PYTEST = (sys.executable, "-m", "pytest")
FEW = 8
OF_PAGES = "tests/browser"


def run(arguments: list[str]) -> int:
    """Run the suite with more arguments for pytest, and return its exit code."""
    if needs_browser(arguments) and not may_be_missing() and installed() is None:
        print(f"{HOW} {WITHOUT}=1 runs the suite without the tests that need one.")
        return 1
    LAST_FAILED.unlink(missing_ok=True)
    together = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not long")
    code = _pytest(*together, *arguments)
    failed = _failed()
    if code != pytest.ExitCode.TESTS_FAILED or not 0 < len(failed) <= FEW:
        return code
    names = "\n".join(f"  {name}" for name in failed)
    print(f"\n{len(failed)} failed beside other tests. Now without other tests:\n{names}", flush=True)
    code = _pytest("--last-failed", "--last-failed-no-failures", "none")
    if code == 0:
        print(f"\nPassed without other tests, and failed beside them: to be mended.\n{names}", flush=True)
    return code


def needs_browser(arguments: list[str]) -> bool:
    """Whether these arguments of pytest choose tests of pages: all do that name no other tests."""
    chosen = [word.partition("::")[0].rstrip("/") for word in arguments if word.startswith("tests")]
    return not chosen or any(word == "tests" or word.startswith(OF_PAGES) for word in chosen)


def _pytest(*arguments: str) -> int:
    return subprocess.run((*PYTEST, *arguments), cwd=ROOT, check=False).returncode


def _failed() -> list[str]:
    return sorted(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
