"""Bodies of requests about runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from mirrorlake.api.schemas import NUMBER_LIMIT, Body, whole

# 7.0 is an integer in JSON Schema; "7" and true are none.
_Run = Annotated[int, Field(ge=1, le=NUMBER_LIMIT), BeforeValidator(whole)]
_Count = Annotated[int, Field(ge=0, le=NUMBER_LIMIT), BeforeValidator(whole)]


class Consent(Body):
    """Consent to held removals. `run` or `plan_hash` identifies them; any other field given must match."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "anyOf": [
                {"required": ["run"], "properties": {"run": {"type": "integer"}}},
                {"required": ["plan_hash"], "properties": {"plan_hash": {"type": "string"}}},
            ]
        },
    )

    run: Annotated[_Run | None, Field(description="Number of the held run.")] = None
    plan_hash: Annotated[
        str | None, Field(max_length=128, pattern="^[0-9a-f]*$", description="Hash of the held removals.")
    ] = None
    count: Annotated[_Count | None, Field(description="Number of removals to carry out; must match the held ones.")] = (
        None
    )
