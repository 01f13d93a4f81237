"""Bodies of requests about connections. Values of secrets are never part of an error."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import Field, JsonValue

from mirrorlake.api.schemas import Body
from mirrorlake.connections.names import SECRET_NAMES, SETTING_NAMES

NAME: Final = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$"
_ANY: Final[dict[str, Any]] = {"anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "null"}]}
_SECRET: Final[dict[str, Any]] = {"type": "string", "writeOnly": True}
_SECRET_OR_NULL: Final[dict[str, Any]] = {"anyOf": [_SECRET, {"type": "null"}]}
_SETTINGS: Final[dict[str, Any]] = {"properties": dict.fromkeys(SETTING_NAMES, _ANY)}
_LIMIT: Final = 64  # settings or secrets that one request may name


Origin = Annotated[
    str | None,
    Query(
        max_length=300,
        pattern=r"^https?://[A-Za-z0-9._\[\]:-]+$",
        description="Origin of the web pages that show originals. Default: MIRRORLAKE_ORIGIN.",
    ),
]


class NewConnection(Body):
    """A connection to store."""

    name: Annotated[str, Field(pattern=NAME)]
    kind: Annotated[str, Field(max_length=64, description="Its kind, such as aws-keys.")]
    settings: Annotated[
        dict[str, JsonValue], Field(max_length=_LIMIT, json_schema_extra=_SETTINGS, default_factory=dict)
    ]
    secrets: Annotated[
        dict[str, str],
        Field(
            max_length=_LIMIT,
            description="Write-only: no response contains them. A secret may be a reference, such as vault:….",
            json_schema_extra={"properties": dict.fromkeys(SECRET_NAMES, _SECRET)},
            default_factory=dict,
        ),
    ]


class ConnectionChange(Body):
    """A change of a connection. What it does not name is kept; null resets a setting or removes a secret."""

    settings: Annotated[
        dict[str, JsonValue], Field(max_length=_LIMIT, json_schema_extra=_SETTINGS, default_factory=dict)
    ]
    secrets: Annotated[
        dict[str, str | None],
        Field(
            max_length=_LIMIT,
            description="Write-only. A change of addresses needs all secrets again.",
            json_schema_extra={"properties": dict.fromkeys(SECRET_NAMES, _SECRET_OR_NULL)},
            default_factory=dict,
        ),
    ]
