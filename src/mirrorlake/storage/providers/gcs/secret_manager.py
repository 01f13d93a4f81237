"""A secret of Google Cloud Secret Manager, read with the machine's own credentials of Google Cloud.

https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
"""

from __future__ import annotations

import base64
import re

from mirrorlake.core.errors import SettingsError, SourceUnreachable, StorageError
from mirrorlake.storage.providers.gcs import machine
from mirrorlake.storage.providers.gcs.token_requests import as_object, object_of, request_text
from mirrorlake.storage.providers.gcs.tokens import token_cache

SERVER = "https://secretmanager.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_NAME = re.compile(
    r"projects/[\w.:-]+(?:/locations/[\w-]+)?/secrets/[\w-]{1,255}(?:/versions/(?:latest|\d{1,9}))?", re.ASCII
)


def is_secret_name(name: str) -> bool:
    """Whether this is the resource name of a secret, perhaps of one version."""
    return _NAME.fullmatch(name) is not None


def read_secret(name: str) -> str:
    """The secret with this name, in its newest version if none is given; one request.

    Raises SettingsError, and SourceUnreachable for what may be temporary.
    """
    what = f"The secret {name} of Google Cloud cannot be read"
    version = name if "/versions/" in name else f"{name}/versions/latest"
    url = f"{SERVER}/v1/{version}:access"
    try:
        token = token_cache(machine.machine_source(), SCOPE).current()
        answer = object_of(request_text("GET", url, what, headers={"Authorization": f"Bearer {token}"}), url, what)
        return base64.b64decode(str(as_object(answer.get("payload")).get("data", "")), validate=True).decode()
    except SourceUnreachable:
        raise
    except StorageError as error:
        reason = error.message.removeprefix(what).lstrip(": ").rstrip(".")
    except ValueError:
        reason = "it is not a text"
    raise SettingsError(
        f"{what}: {reason}.",
        "Grant this machine's account the role secretmanager.secretAccessor on the secret; check its name.",
    )
