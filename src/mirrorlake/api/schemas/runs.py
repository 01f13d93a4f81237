"""Bodies of requests about runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from mirrorlake.api.schemas import Body


class Consent(Body):
    """Consent to held removals. `run` or `plan_hash` names them; every other field that is given has to agree."""

    model_config = ConfigDict(strict=True)

    run: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="A held run.")] = None
    plan_hash: Annotated[str | None, Field(max_length=128, pattern="^[0-9a-f]*$", description="Of what is held.")] = (
        None
    )
    count: Annotated[int | None, Field(ge=0, description="The number of removals that you agree to.")] = None
