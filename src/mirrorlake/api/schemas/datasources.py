"""Bodies of requests about datasources."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, JsonValue, RootModel

from mirrorlake.api.schemas import Body
from mirrorlake.model.label_sidecars import LabelStrategy, SidecarFormat
from mirrorlake.model.looking import Depth
from mirrorlake.model.media import MediaKind
from mirrorlake.model.policies import DuplicatePolicy, OrientationPolicy
from mirrorlake.model.sources import MetadataStrategy, NamingStrategy, Orphans
from mirrorlake.select.patterns import MAX_PATTERN_CHARS
from mirrorlake.select.policy_settings import NAME_LIMIT, NAMES_LIMIT
from mirrorlake.select.settings import CONFIG_LIMIT
from mirrorlake.select.sidecar_settings import SUFFIX_LIMIT
from mirrorlake.select.title_settings import TEXT_LIMITS


def _or_null(**schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_BOOLEAN: Final = _or_null(type="boolean")
_TEXT: Final = _or_null(type="string")
_TEXTS: Final = _or_null(type="array", items={"type": "string", "maxLength": MAX_PATTERN_CHARS})


def _one_of(*values: Any) -> dict[str, Any]:
    return {"enum": [*values, None]}


def _choice(kind: type[StrEnum]) -> dict[str, Any]:
    return _one_of(*(each.value for each in kind))


_NUMBER: Final = _or_null(type="integer", minimum=1)
_MEDIA_NAMES: Final = _or_null(
    type="array", maxItems=NAMES_LIMIT, items={"type": "string", "minLength": 1, "maxLength": NAME_LIMIT}
)

# Shapes only: `select.settings` checks what a schema cannot express, such as a pattern or a schedule.
SETTINGS: Final[dict[str, Any]] = {
    "glob_patterns": _TEXTS,
    "exclude": _TEXTS,
    "paths": _TEXTS,
    "glob_file_path": _TEXT,
    "namingStrategy": _choice(NamingStrategy),
    "namingStrategyMetadataKey": _TEXT,
    "updateImageStrategy": _one_of("overwrite"),
    "updateImageWhenNewer": _BOOLEAN,
    "updateMetadataStrategy": _choice(MetadataStrategy),
    "updateMetadataWhenNewer": _BOOLEAN,
    "removeOrphanedSourcesFromWorkspace": _BOOLEAN,
    "removeOrphanedSourcesWhenDisappeared": _BOOLEAN,
    "orphans": _choice(Orphans),
    "media": _or_null(type="array", minItems=1, items={"enum": [kind.value for kind in MediaKind]}),
    "look": _choice(Depth),
    "policies": _or_null(
        type="object",
        properties={
            "orientation": _choice(OrientationPolicy),
            "duplicates": _choice(DuplicatePolicy),
            "videoBrands": _MEDIA_NAMES,
            "pixelFormats": _MEDIA_NAMES,
            "maxPixels": _NUMBER,
            "maxBytes": _NUMBER,
            "maxSeconds": _or_null(type="number", exclusiveMinimum=0),
            "minWidth": _NUMBER,
            "minHeight": _NUMBER,
        },
        additionalProperties=False,
    ),
    "pictureText": _BOOLEAN,
    "keywordTags": _BOOLEAN,
    "captionTags": _BOOLEAN,
    "pool": _or_null(type="string", minLength=1, maxLength=63),
    "metadataSidecarSuffix": _or_null(type="string", minLength=1, maxLength=SUFFIX_LIMIT),
    "baseNameSidecars": _BOOLEAN,
    "labels": _or_null(
        type="object",
        properties={
            "format": {"enum": [each.value for each in SidecarFormat]},
            "ontology": {"type": "string", "minLength": 1},
            "suffix": _or_null(type="string", minLength=1, maxLength=SUFFIX_LIMIT),
            "imagePattern": _TEXT,
            "labelPattern": _TEXT,
            "namespace": _TEXT,
            "classMap": _or_null(type="object", additionalProperties={"type": "string"}),
            "strategy": _choice(LabelStrategy),
            "skipInvalid": _BOOLEAN,
        },
        required=["format", "ontology"],
        additionalProperties=False,
    ),
    "listingOrdered": _BOOLEAN,
    "inventory": _TEXT,
    "title": _or_null(type="string", minLength=1, maxLength=TEXT_LIMITS["title"]),
    "description": _or_null(type="string", minLength=1, maxLength=TEXT_LIMITS["description"]),
    "schedule": _TEXT,
    "timezone": _TEXT,
    "runScheduledEvery": _or_null(type="integer", minimum=0),
    "storage": _one_of("reference"),
    "followSymlinks": _one_of(False),  # noqa: FBT003 - the only value so far
    "mirror_configs": _or_null(type="array", maxItems=CONFIG_LIMIT, items={"type": "object"}),
}


Uri = Annotated[str, Field(max_length=4096, description="Address of a bucket or folder. It cannot be changed.")]
ConnectionName = Annotated[
    str | None, Field(max_length=100, description="Name of the connection that provides server and credentials.")
]
Settings = Annotated[
    dict[str, JsonValue] | None,
    Field(
        description="Settings by their names in a settings file, such as title and schedule.",
        json_schema_extra={"properties": SETTINGS},
    ),
]


class NewDatasource(Body):
    """A datasource to create."""

    uri: Uri
    name: Annotated[
        str | None, Field(min_length=1, max_length=100, description="Default: derived from the address.")
    ] = None
    connection: ConnectionName = None
    settings: Settings = None
    run: Annotated[bool, Field(description="Queue its first run at once.")] = False


class LocationToPreview(Body):
    """A location, and what a datasource would select of it."""

    uri: Uri
    connection: ConnectionName = None
    settings: Settings = None


class SettingsChange(RootModel[dict[str, JsonValue]]):
    """Settings by their names in a settings file, and the connection. Those that are not named are kept.

    Null resets a setting. Without a connection, the machine's own credentials are used.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"schedule": "0 3 * * *", "timezone": "Europe/Berlin"}],
            "properties": {"connection": _or_null(type="string", maxLength=100), **SETTINGS},
            "additionalProperties": False,
        }
    )
