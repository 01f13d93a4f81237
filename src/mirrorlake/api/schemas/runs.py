"""Bodies of requests about runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from mirrorlake.api.schemas import Body


class Consent(Body):
    """Consent to held removals. `run` or `plan_hash` identifies them; any other field given must match."""

    model_config = ConfigDict(strict=True)

    run: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Number of the held run.")] = None
    plan_hash: Annotated[
        str | None, Field(max_length=128, pattern="^[0-9a-f]*$", description="Hash of the held removals.")
    ] = None
    count: Annotated[
        int | None, Field(ge=0, description="Number of removals to carry out; must match the held ones.")
    ] = None
