"""The error classes with their meaning, their type over HTTP and the exit code of the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.tools.reference.markdown import code, table

from mirrorlake.api.problems import problem_of
from mirrorlake.core.errors import MirrorlakeError, UsageError

URN = "urn:mirrorlake:"
# What the constructors of some errors need beyond their message.
EXTRA: dict[str, dict[str, Any]] = {
    "minutes": {"minutes": 1},
    "seconds": {"seconds": 1},
    "text": {"text": "", "position": 0},
    "name": {"text": "", "position": 0, "name": ""},
}


def error_reference() -> str:
    """A row for each error, parents first."""
    rows = []
    for kind in walk(MirrorlakeError):
        problem = problem_of(instance(kind))
        parent = "" if kind is MirrorlakeError else code(kind.__mro__[1].__name__)
        exit_code = "2" if issubclass(kind, UsageError) else "1"
        meaning = (kind.__doc__ or "").strip().partition("\n\n")[0]
        type_name = code(problem.type.removeprefix(URN))
        rows.append((code(kind.__name__), parent, meaning, exit_code, str(problem.status), type_name))
    return table(("Error", "Kind of", "Meaning", "Exit code", "HTTP status", "Type"), rows)


def problem_reference() -> str:
    """The fields of a problem document, from a real one."""
    problem = problem_of(instance(next(kind for kind in walk(MirrorlakeError) if kind.__name__ == "QueryError")))
    fields = type(problem).model_fields
    rows = [(code(name), field.description or name) for name, field in fields.items()]
    return table(("Field", "Meaning"), rows)


def walk(kind: type[MirrorlakeError]) -> Iterator[type[MirrorlakeError]]:
    """An error of the package and all that are kinds of it, parents first."""
    if kind.__module__ != MirrorlakeError.__module__:
        return
    yield kind
    for child in kind.__subclasses__():
        yield from walk(child)


def instance(kind: type[MirrorlakeError]) -> MirrorlakeError:
    """An error of a kind, whatever its constructor asks for."""
    for extra in ({}, *EXTRA.values()):
        try:
            return kind("A message.", "A fix.", **extra)
        except TypeError:
            continue
    raise TypeError(json.dumps({"cannot make": kind.__name__}))
