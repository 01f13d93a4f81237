"""Render the configuration language of Terraform.

https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Expression:
    """A reference or call that is written as it is, such as `aws_iam_role.mirrorlake.name`."""

    text: str


def encoded(document: Mapping[str, Any]) -> Expression:
    """A JSON document as a text."""
    return Expression(f"jsonencode({value(document, 1)})")


def encoded_list(documents: Sequence[Mapping[str, Any]]) -> Expression:
    """A JSON list of documents as a text."""
    return Expression(f"jsonencode({value(documents, 1)})")


def block(kind: str, *labels: str, body: Mapping[str, Any], comment: str = "") -> str:
    """One block. A value that is a list of `Nested` becomes blocks of its name."""
    head = " ".join([kind, *(quoted(label) for label in labels)])
    lead = "".join(f"# {line}\n" for line in comment.splitlines())
    return f"{lead}{head} {{\n{_body(body, 1)}}}\n"


@dataclass(frozen=True, slots=True)
class Nested:
    """A block within a block."""

    body: Mapping[str, Any]


def value(given: object, depth: int = 0) -> str:
    """An expression for text, numbers, booleans, lists and mappings of them."""
    if isinstance(given, Expression):
        return given.text
    if isinstance(given, str):
        return quoted(given)
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int):
        return str(given)
    pad = "  " * (depth + 1)
    end = "  " * depth
    if isinstance(given, Mapping):
        pairs = cast("Mapping[str, object]", given).items()
        lines = "".join(f"{pad}{quoted(name)} = {value(each, depth + 1)}\n" for name, each in pairs)
        return f"{{\n{lines}{end}}}"
    if isinstance(given, Sequence):
        items = [value(each, depth + 1) for each in cast("Sequence[object]", given)]
        if all("\n" not in item for item in items):
            return f"[{', '.join(items)}]"
        return "[\n" + "".join(f"{pad}{item},\n" for item in items) + f"{end}]"
    raise TypeError(type(given).__name__)


def quoted(text: str) -> str:
    """A literal text: no part of it is a template."""
    plain = "".join(_ESCAPES.get(char) or (char if char.isprintable() else _unicode(char)) for char in text)
    return '"' + plain.replace("${", "$${").replace("%{", "%%{") + '"'


def _unicode(char: str) -> str:
    return f"\\U{ord(char):08x}"


def _body(body: Mapping[str, Any], depth: int) -> str:
    pad = "  " * depth
    lines: list[str] = []
    for name, each in body.items():
        if isinstance(each, Nested):
            lines.append(f"\n{pad}{name} {{\n{_body(each.body, depth + 1)}{pad}}}\n")
        else:
            lines.append(f"{pad}{name} = {value(each, depth)}\n")
    return "".join(lines)
