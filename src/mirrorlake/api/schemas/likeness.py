"""The body of a change of the model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import Body


class LikenessChange(Body):
    """The model that embeds pictures from now on."""

    model: Annotated[
        str | None, Field(max_length=200, description="Its name, such as `lite`. Null: pictures are not embedded.")
    ]
    pool: Annotated[
        str | None,
        Field(max_length=63, description="The pool of the workers that embed pictures. Null: it stays as it is."),
    ] = None
