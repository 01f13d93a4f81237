"""What failures of botocore mean: those of services that may answer otherwise a little later, and all others."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from mirrorlake.core.errors import SourceUnreachable
from mirrorlake.storage.retry import is_passing

# Codes of throttling, which most services of AWS answer with the status 400.
_THROTTLED: Final = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"})


def describe(error: ClientError | BotoCoreError) -> str:
    """The code of an answer, or the kind of another error; not its text, which may name what others must not see."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def raise_if_temporary(error: ClientError | BotoCoreError, what: str) -> None:
    """Raise SourceUnreachable, with the sentence `what` and the reason, for what may be temporary."""
    if isinstance(error, ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        temporary = is_passing(status) or describe(error) in _THROTTLED
    else:
        temporary = isinstance(error, NoConnection | HTTPClientError)
    if temporary:
        raise SourceUnreachable(f"{what}: {describe(error)}.", "Check the network, or try again later.") from None
