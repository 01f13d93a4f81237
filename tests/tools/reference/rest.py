"""The routes of the REST API and the shapes of their JSON, from the committed OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tools.reference.markdown import anchor, code, table

CONTRACT = Path(__file__).parents[3] / "ui" / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
SUCCESS = range(200, 400)


def rest_reference() -> str:
    """An overview of all routes, a section for each of them, then the shapes of their JSON."""
    contract = json.loads(CONTRACT.read_text("utf-8"))
    routes = [
        (f"{method.upper()} {path}", path_item[method])
        for path, path_item in contract["paths"].items()
        for method in METHODS
        if method in path_item
    ]
    rows = [(f"[`{title}`](#{anchor(title)})", first_sentence(route)) for title, route in routes]
    parts = [table(("Request", "Purpose"), rows)]
    parts += [section(title, route) for title, route in routes]
    parts.append("## Shapes")
    parts += [shape(name, schema) for name, schema in contract["components"]["schemas"].items()]
    return "\n\n".join(parts)


def section(title: str, route: dict[str, Any]) -> str:
    """One route: what it does, its parameters, its body and its answers."""
    parts = [f"### {title}", route.get("description", "")]
    parameters = [
        (code(one["name"]), one["in"], type_of(one["schema"]), limits(one), one.get("description", ""))
        for one in route.get("parameters", [])
    ]
    if parameters:
        parts.append(table(("Parameter", "In", "Type", "Limits", "Meaning"), parameters))
    body = route.get("requestBody")
    if body is not None:
        parts.append(f"Body: {content_type(body)}.")
    answers = [
        f"{status}: {content_type(answer)}"
        for status, answer in route["responses"].items()
        if status.isdigit() and int(status) in SUCCESS
    ]
    parts.append(f"Answers: {'; '.join(answers)}.")
    return "\n\n".join(part for part in parts if part)


def shape(name: str, schema: dict[str, Any]) -> str:
    """One shape: its fields, or its values."""
    parts = [f"### {name}", schema.get("description", "")]
    if "enum" in schema:
        parts.append(f"One of {', '.join(code(str(one)) for one in schema['enum'])}.")
    elif schema.get("properties"):
        required = schema.get("required", [])
        rows = [
            (code(field), type_of(one), "always" if field in required else "optional", one.get("description", ""))
            for field, one in schema["properties"].items()
        ]
        parts.append(table(("Field", "Type", "Present", "Meaning"), rows))
    else:
        parts.append(f"Type: {type_of(schema)}.")
    return "\n\n".join(part for part in parts if part)


def first_sentence(route: dict[str, Any]) -> str:
    """What a route is for, in short."""
    text = " ".join(route.get("description", route.get("summary", "")).split())
    return text.partition(". ")[0].removesuffix(".") + "."


def content_type(part: dict[str, Any]) -> str:
    """What a body or an answer holds."""
    content = part.get("content")
    if not content:
        return str(part.get("description", "no content")).removesuffix(".")
    media, held = next(iter(content.items()))
    shown = type_of(held.get("schema", {}))
    return shown if media == "application/json" else f"{code(media)}"


def type_of(schema: dict[str, Any]) -> str:
    """The type of a value in a few words, with links to shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{anchor(name)})"
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return " or ".join(code(json.dumps(one)) for one in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(type_of(one) for one in schema[union]))
    match schema.get("type"):
        case "array":
            return f"list of {type_of(schema.get('items', {}))}"
        case "object":
            values = schema.get("additionalProperties")
            return f"object of {type_of(values)}" if isinstance(values, dict) else "object"
        case str(kind):
            return f"{kind} ({schema['format']})" if "format" in schema else kind
        case _:
            return "any JSON value"


def limits(parameter: dict[str, Any]) -> str:
    """What a parameter may be, and its default."""
    schema = parameter["schema"]
    found = ["required"] if parameter.get("required") else []
    if "minimum" in schema or "maximum" in schema:
        found.append(f"{schema.get('minimum', '…')} to {schema.get('maximum', '…')}")
    if "maxLength" in schema:
        found.append(f"at most {schema['maxLength']} characters")
    if schema.get("default") not in (None, ""):
        found.append(f"default {schema['default']}")
    return ", ".join(found)
