"""Bodies of requests about events."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import Body
from mirrorlake.model.events import ReceiverKind


class ReceiverSetting(Body):
    """Where the events of a datasource come from."""

    kind: ReceiverKind
    address: Annotated[
        str | None,
        Field(max_length=2048, description="The URL of the queue, or the name of the subscription; not for a webhook."),
    ] = None
