from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tools import suite
from tests.tools.browser import WITHOUT

Suite = Callable[..., tuple[int, list[tuple[str, ...]]]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Suite:
    """Run the suite with a pytest that ends with these codes and leaves these failed tests."""

    def _runs(*codes: int, failed: int) -> tuple[int, list[tuple[str, ...]]]:
        calls: list[tuple[str, ...]] = []
        last_failed = tmp_path / "lastfailed"

        def _pytest(*arguments: str) -> int:
            calls.append(arguments)
            last_failed.write_text(json.dumps({f"tests/test_{number}.py::test": True for number in range(failed)}))
            return codes[len(calls) - 1]

        monkeypatch.setattr(suite, "_pytest", _pytest)
        monkeypatch.setattr(suite, "LAST_FAILED", last_failed)
        monkeypatch.setattr(suite, "installed", lambda: "/a/browser")
        return suite.run(["--quiet"]), calls

    return _runs


def test_a_suite_that_passes_is_run_once(runs: Suite) -> None:
    code, calls = runs(0, failed=0)
    assert code == 0
    assert len(calls) == 1
    assert calls[0][-1] == "--quiet"


def test_a_failure_is_repeated_alone_and_listed(runs: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    code, calls = runs(1, 0, failed=1)
    assert code == 0
    assert calls[1] == ("--last-failed", "--last-failed-no-failures", "none")
    assert capsys.readouterr().out.endswith("to be mended.\n  tests/test_0.py::test\n")


def test_a_test_that_fails_alone_too_fails_the_suite(runs: Suite) -> None:
    assert runs(1, 1, failed=suite.FEW)[0] == 1


def test_many_failures_are_not_repeated(runs: Suite) -> None:
    code, calls = runs(1, 0, failed=suite.FEW + 1)
    assert code == 1
    assert len(calls) == 1


@pytest.mark.parametrize(
    "code", [pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR]
)
def test_a_suite_that_did_not_run_to_its_end_is_not_repeated(runs: Suite, code: int) -> None:
    ended, calls = runs(code, 0, failed=1)
    assert ended == code
    assert len(calls) == 1


def test_a_suite_whose_failures_are_unknown_fails(runs: Suite) -> None:
    assert runs(1, 0, failed=0)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "agreed", "runs"),
    [
        ([], "", False),
        (["-q", "tests/unit", "tests/browser/test_library.py::test_a"], "", False),
        (["tests"], "", False),
        ([], "1", True),
        (["-q", "tests/unit"], "", True),
    ],
)
def test_a_suite_without_a_browser_ends_with_how_to_get_one_unless_that_was_agreed(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    agreed: str,
    *,
    runs: bool,
) -> None:
    monkeypatch.setenv(WITHOUT, agreed)
    monkeypatch.setattr(suite, "installed", lambda: None)
    monkeypatch.setattr(suite, "_pytest", lambda *_: 0)
    monkeypatch.setattr(suite, "LAST_FAILED", tmp_path / "lastfailed")
    assert suite.run(arguments) == (0 if runs else 1)
    assert ("apt-get install chromium" in capsys.readouterr().out) != runs
