"""A transaction that had to give way to another one is done again, and every function that owns one sees to it."""

from __future__ import annotations

import ast
from pathlib import Path

import psycopg
import pytest

from mirrorlake.core.errors import CatalogContended, CatalogUnavailable
from mirrorlake.postgres import db_errors as faults
from mirrorlake.postgres.db_errors import PAUSES_S, driver_error, retry_on_contention

CATALOG = Path(faults.__file__).parent
BEGIN = {"write", "staged", "leased", "arrow"}  # what begins a transaction that writes
OWN = {"pool.py", "staging.py", "arrow.py", "faults.py"}  # what they are made of


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults.time, "sleep", lambda _: None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'connection to server at "127.0.0.1", port 9 failed: Connection refused\n\tIs it accepting connections?',
            "Connection refused",
        ),
        ('connection failed: FATAL:  password authentication failed for user "u"', "password authentication failed"),
        ("server closed the connection unexpectedly.", "server closed the connection unexpectedly."),
    ],
)
def test_a_server_that_cannot_be_used_is_told_with_its_cause_and_where_to_look(said: str, told: str) -> None:
    error = driver_error("127.0.0.1:9, database x", None, psycopg.OperationalError(said))
    assert error is not None
    assert told in error.message
    assert "?" not in error.message
    assert ".." not in error.message
    assert "MIRRORLAKE_DATABASE_URL" in error.fix
    of_ours = driver_error("/run/x, database x", None, psycopg.OperationalError(said))
    assert of_ours is not None
    assert "MIRRORLAKE_DATABASE_URL" not in of_ours.fix


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

    @retry_on_contention
    def transaction() -> str:
        return giving()

    assert transaction() == "done"
    assert giving.tries == len(PAUSES_S) + 1


@pytest.mark.parametrize(
    ("error", "tries"), [(CatalogContended("in the way"), len(PAUSES_S) + 1), (CatalogUnavailable("away"), 1)]
)
def test_it_is_not_done_for_ever_nor_for_another_reason(error: Exception, tries: int) -> None:
    giving = Giving(99, error)

    @retry_on_contention
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
    if not isinstance(node, ast.With) or "suppress(CatalogError)" in map(ast.unparse, node.items):
        return False  # the others are what nobody misses where it fails
    for item in node.items:
        if isinstance(item.context_expr, ast.Call):
            called = item.context_expr.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
            if name in BEGIN:
                return True
    return False
