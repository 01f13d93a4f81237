"""Keys of roles, refreshed before they expire. Each process refreshes its own; a copy begins with the keys at hand."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from mirrorlake.core.errors import OPEN_ROLE, AccessDenied, ServerAnswer, SettingsError, SourceUnreachable
from mirrorlake.storage.providers.s3.credentials import CredentialSource, Keys
from mirrorlake.storage.providers.s3.sts import (
    RoleRefused,
    StsServer,
    TemporaryKeys,
    assume_role,
    assume_role_with_web_identity,
)

REFRESH: Final = timedelta(minutes=10)  # before the end of the keys
LAST_CHANCE: Final = timedelta(minutes=1)  # until then, an unreachable server does no harm
TOKEN_VARIABLE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105  the name of a variable, set by EKS
TOKEN_BYTES: Final = 20_000  # the most that STS accepts


class RefreshedKeys(ABC):
    """A CredentialSource whose keys expire. Thread-safe; it can be pickled, with its current keys."""

    def __init__(self) -> None:
        self._held: TemporaryKeys | None = None
        self._lock = threading.Lock()

    def current(self) -> Keys:
        """Keys that are valid for some minutes at least. Raises AccessDenied and SourceUnreachable."""
        with self._lock:
            held, now = self._held, datetime.now(UTC)
            if held is None or held.expires - now < REFRESH:
                try:
                    held = self._held = self._fetch()
                except SourceUnreachable:
                    if held is None or held.expires - now < LAST_CHANCE:
                        raise
            return held.keys

    @abstractmethod
    def _fetch(self) -> TemporaryKeys:
        """New keys, by a request."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_caller")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock = threading.Lock()
        self._caller = None

    _caller: CredentialSource | None = None


class AssumedRole(RefreshedKeys):
    """A role that is assumed with the ExternalId of its connection."""

    def __init__(
        self,
        server: StsServer,
        *,
        role_arn: str,
        session_name: str,
        external_id: str,
        base: Keys | None,
        profile: str | None = None,
        proven: bool = False,
    ) -> None:
        """`base` None: the machine's own identity assumes it. `proven`: see `_prove`."""
        super().__init__()
        self._server = server
        self._role_arn = role_arn
        self._session_name = session_name
        self._external_id = external_id
        self._base = base
        self._profile = profile
        self._proven = proven

    def refuse_if_open(self) -> None:
        """Raise AccessDenied if the role is known to admit callers without the ExternalId.

        What cannot be asked now, since no identity or no server answers, is asked at the first use.
        """
        try:
            caller = self._find_caller().current()
        except (AccessDenied, SettingsError, SourceUnreachable):
            return
        try:
            self._prove(caller)
        except (AccessDenied, SourceUnreachable) as error:
            if error.answer is not None and error.answer.code == OPEN_ROLE:
                raise

    def _fetch(self) -> TemporaryKeys:
        caller = self._find_caller().current()
        self._prove(caller)
        return self._assume(caller, self._external_id)

    def _prove(self, caller: Keys) -> None:
        """Refuse a role that admits us without the ExternalId: anyone could make us use it on their behalf.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
        """
        if self._proven:
            return
        try:
            self._assume(caller, None)
        except RoleRefused:
            self._proven = True
            return
        error = AccessDenied(
            f"The role {self._role_arn} admits callers without its ExternalId, so anybody who knows its name could use "
            "it through mirrorlake.",
            "Add the condition on sts:ExternalId to its trust policy (mirrorlake connection documents NAME).",
        )
        error.answer = ServerAnswer(status=HTTPStatus.OK, code=OPEN_ROLE, service="sts")
        raise error

    def _assume(self, caller: Keys, external_id: str | None) -> TemporaryKeys:
        return assume_role(
            self._server,
            caller,
            role_arn=self._role_arn,
            session_name=self._session_name,
            external_id=external_id,
        )

    def _find_caller(self) -> CredentialSource:
        if self._base is not None:
            return self._base
        if self._caller is None:
            from mirrorlake.storage.providers.s3.aws_session import machine_chain  # noqa: PLC0415  loads botocore

            self._caller = machine_chain(self._profile)
        return self._caller


class WebIdentityRole(RefreshedKeys):
    """A role that is assumed with a token, which is read from its file for each request."""

    def __init__(self, server: StsServer, *, role_arn: str, session_name: str, token_file: str | None) -> None:
        super().__init__()
        self._server = server
        self._role_arn = role_arn
        self._session_name = session_name
        self._token_file = token_file

    def _fetch(self) -> TemporaryKeys:
        return assume_role_with_web_identity(
            self._server, self._read_token(), role_arn=self._role_arn, session_name=self._session_name
        )

    def _read_token(self) -> str:
        path = self._token_file or os.environ.get(TOKEN_VARIABLE)
        if not path:
            raise AccessDenied(
                "The file of the web identity's token is not known.", f"Set {TOKEN_VARIABLE}, or specify --token-file."
            )
        try:
            with Path(path).open(encoding="ascii") as file:
                token = file.read(TOKEN_BYTES + 1).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AccessDenied(
                f"The token of the web identity cannot be read from {path}: {type(error).__name__}.",
                "Check that the identity provider writes it.",
            ) from None
        if not token or len(token) > TOKEN_BYTES:
            raise AccessDenied(f"{path} holds no token of a web identity.", "Check the path.")
        return token
