"""The bodies of messages of storage queues. Pure."""

from __future__ import annotations

import base64
import binascii


def decoded_message(text: str) -> bytes:
    """The body of a message, which Event Grid writes in base64; one that is not base64 as it is."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogatepass")
