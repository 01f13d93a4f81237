"""A key of Google Cloud KMS, with the machine's own credentials of Google Cloud.

https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable, StorageError
from mirrorlake.storage.key_services import KeyMismatch
from mirrorlake.storage.providers.gcs import machine
from mirrorlake.storage.providers.gcs.token_requests import post_json
from mirrorlake.storage.providers.gcs.tokens import token_cache

SERVER = "https://cloudkms.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloudkms"
_NAME = re.compile(r"projects/[\w.:-]+/locations/[\w-]+/keyRings/[\w-]+/cryptoKeys/[\w-]+", re.ASCII)
# What was encrypted can be decrypted only with the same context.
# https://cloud.google.com/kms/docs/additional-authenticated-data
_CONTEXT: Final = base64.b64encode(b"mirrorlake").decode()


class GcpKmsKey:
    """One symmetric key, by its resource name. Its primary version encrypts, and any enabled version decrypts."""

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"{name} is not the name of a key of Google Cloud KMS.",
                "Write gcp-kms:projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY.",
            )
        self._name = name
        self._tokens = token_cache(machine.machine_source(), SCOPE)

    def encrypt(self, data: bytes) -> str:
        """The encrypted data."""
        return str(self._ask("encrypt", {"plaintext": base64.b64encode(data).decode()}, "ciphertext"))

    def decrypt(self, text: str) -> bytes:
        """The data."""
        try:
            return base64.b64decode(self._ask("decrypt", {"ciphertext": text}, "plaintext"), validate=True)
        except binascii.Error:
            raise self._unusable("its answer is not the decrypted key") from None

    def _ask(self, verb: str, members: Mapping[str, str], wanted: str) -> str:
        what = f"The key {self._name} of Google Cloud KMS cannot be used"
        document = {**members, "additionalAuthenticatedData": _CONTEXT}
        try:
            token = self._tokens.current()
            answer: Mapping[str, Any] = post_json(f"{SERVER}/v1/{self._name}:{verb}", document, token, what)
        except AccessDenied as error:
            status = error.answer.status if error.answer is not None else None
            # INVALID_ARGUMENT is the answer for a text of another key, and NOT_FOUND that for a key that is gone.
            if verb == "decrypt" and status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                raise KeyMismatch from None
            raise self._unusable(error.message) from None
        except SourceUnreachable:
            raise
        except StorageError as error:
            raise self._unusable(error.message) from None
        found = answer.get(wanted)
        if not isinstance(found, str) or not found.isascii() or ":" in found:
            raise self._unusable(f"its answer has no {wanted}")
        return found

    def _unusable(self, reason: str) -> SettingsError:
        what = f"The key {self._name} of Google Cloud KMS cannot be used"
        return SettingsError(
            f"{what}: {reason.removeprefix(what).lstrip(': ').rstrip('.')}.",
            "Grant this machine's account the role cloudkms.cryptoKeyEncrypterDecrypter on the key; check its name.",
        )
