"""A key of AWS KMS. Requests are made with the machine's own credentials, by botocore."""

from __future__ import annotations

import base64
import threading
from typing import Any, Final

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.key_services import KeyMismatch
from mirrorlake.storage.providers.s3.aws_failures import describe, raise_if_temporary

# What was encrypted can be decrypted only with the same context, which the trail of KMS shows.
# https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
_CONTEXT: Final = {"application": "mirrorlake"}
_OTHER_KEY: Final = frozenset({"IncorrectKeyException", "InvalidCiphertextException", "NotFoundException"})


class AwsKmsKey:
    """One key of AWS KMS, by id, ARN or alias."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id
        self._made: Any = None
        self._lock = threading.Lock()

    def encrypt(self, data: bytes) -> str:
        """The encrypted data."""
        answer = self._request("encrypt", KeyId=self._key_id, Plaintext=data, EncryptionContext=_CONTEXT)
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def decrypt(self, text: str) -> bytes:
        """The data."""
        blob = base64.b64decode(text)
        found: bytes = self._request("decrypt", KeyId=self._key_id, CiphertextBlob=blob, EncryptionContext=_CONTEXT)[
            "Plaintext"
        ]
        return found

    def _request(self, operation: str, **values: object) -> dict[str, Any]:
        try:
            return getattr(self._client(), operation)(**values)
        except (ClientError, BotoCoreError) as error:
            if operation == "decrypt" and describe(error) in _OTHER_KEY:
                raise KeyMismatch from None
            raise_if_temporary(error, self._failure)
            raise self._unusable(describe(error)) from None

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = botocore.session.Session().create_client("kms")
            return self._made

    @property
    def _failure(self) -> str:
        return f"The key {self._key_id} of AWS KMS cannot be used"

    def _unusable(self, reason: str) -> SettingsError:
        return SettingsError(
            f"{self._failure}: {reason}.",
            "Allow kms:Encrypt and kms:Decrypt on it in the policy of this machine's credentials; check the region.",
        )
