"""A transaction that had to give way to another one is done again, and every function that owns one sees to it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mirrorlake.catalog import faults
from mirrorlake.catalog.faults import PAUSES_S, repeated
from mirrorlake.errors import CatalogContended, CatalogUnavailable

CATALOG = Path(faults.__file__).parent
BEGIN = {"write", "staged", "leased", "arrow"}  # what begins a transaction that writes
OWN = {"pool.py", "staging.py", "arrow.py", "faults.py"}  # what they are made of


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults.time, "sleep", lambda _: None)


class Giving:
    """A transaction that gives way so many times before it succeeds."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.left = times
        self.error = error or CatalogContended("in the way")
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "done"


def test_a_transaction_that_gave_way_is_done_again() -> None:
    giving = Giving(len(PAUSES_S))

    @repeated
    def transaction() -> str:
        return giving()

    assert transaction() == "done"
    assert giving.tries == len(PAUSES_S) + 1


@pytest.mark.parametrize(
    ("error", "tries"), [(CatalogContended("in the way"), len(PAUSES_S) + 1), (CatalogUnavailable("away"), 1)]
)
def test_it_is_not_done_for_ever_nor_for_another_reason(error: Exception, tries: int) -> None:
    giving = Giving(99, error)

    @repeated
    def transaction() -> str:
        return giving()

    with pytest.raises(type(error)):
        transaction()
    assert giving.tries == tries


@pytest.mark.parametrize("path", sorted(CATALOG.glob("*.py")), ids=lambda path: path.name)
def test_every_function_that_owns_a_transaction_is_done_again(path: Path) -> None:
    if path.name in OWN:
        return
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef) and any(map(_begins, ast.walk(function))):
            decorators = {one.id for one in function.decorator_list if isinstance(one, ast.Name)}
            assert "repeated" in decorators, f"{path.name}: {function.name}"


def _begins(node: ast.AST) -> bool:
    if not isinstance(node, ast.With):
        return False
    for item in node.items:
        if isinstance(item.context_expr, ast.Call):
            called = item.context_expr.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
            if name in BEGIN:
                return True
    return False
