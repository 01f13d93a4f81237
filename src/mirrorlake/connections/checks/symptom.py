"""What a failed check shows: the input of a diagnosis."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote

from mirrorlake.connections.documents.arns import literal
from mirrorlake.core.errors import StorageError
from mirrorlake.model.connections import ConnectionKind

_DENIALS = ("AccessDenied", "RoleRefused")


class Ability(StrEnum):
    """The abilities that a check tries, in order."""

    REACH = "reach endpoint"
    AUTHENTICATE = "authenticate"
    EXTERNAL_ID = "external id"
    REGION = "region"
    LIST = "list"
    HEAD = "head"
    GET = "get"
    RANGE = "get a range"
    PRESIGNED = "presigned get"
    MATCH = "read a match"
    PUT = "put"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The connection that is checked, as far as causes and fixes name it."""

    name: str = ""
    kind: ConnectionKind = ConnectionKind.S3
    scheme: str = "s3"
    bucket: str = ""
    prefix: str = ""
    region: str | None = None
    endpoint: str | None = None
    account: str | None = None
    role_arn: str | None = None
    external_id: str = ""
    principal: str | None = None
    origin: str = ""
    partition: str = "aws"

    @property
    def address(self) -> str:
        """The address of the scope."""
        return f"{self.scheme}://{self.bucket}/{self.prefix}"

    @property
    def shown_endpoint(self) -> str:
        """The endpoint, for messages."""
        return self.endpoint or "that of the cloud"

    @property
    def bucket_arn(self) -> str:
        """The ARN of the bucket, as a text of JSON."""
        return json.dumps(f"arn:{self.partition}:s3:::{self.bucket}", ensure_ascii=False)

    @property
    def objects_arn(self) -> str:
        """The ARN of the objects in scope, as a text of JSON."""
        return json.dumps(f"arn:{self.partition}:s3:::{self.bucket}/{literal(self.prefix)}*", ensure_ascii=False)

    @property
    def listed_prefixes(self) -> str:
        """The prefixes that a condition on listings must permit, as a text of JSON."""
        return json.dumps(f"{literal(self.prefix)}*", ensure_ascii=False)

    @property
    def shell_name(self) -> str:
        """The name of the connection as a word of a shell."""
        return quote(self.name)

    @property
    def shell_bucket(self) -> str:
        """The bucket as a word of a shell."""
        return quote(self.bucket)

    @property
    def shell_account(self) -> str:
        """The account as a word of a shell."""
        return quote(self.account or "ACCOUNT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One failed request, with what earlier ones showed."""

    ability: Ability
    subject: Subject
    error: str = ""  # the name of our error's class, such as AccessDenied
    status: int | None = None  # None: no answer
    code: str = ""
    words: str = ""  # the server's message, or the reason why there is no answer
    region: str = ""  # of the bucket, if the server specified it
    service: str = ""  # that answered, if it is not the bucket's own
    key: str | None = None
    worked: frozenset[Ability] = frozenset()  # abilities that were tried and work

    @property
    def shell_key(self) -> str:
        """The key as a word of a shell."""
        return quote(self.key or "")

    @property
    def denied(self) -> bool:
        """Whether the server refused the caller without a more precise code."""
        return self.error in _DENIALS and self.code in ("", "AccessDenied", "403", "forbidden")

    def mentions(self, *words: str) -> bool:
        """Whether the server's message contains one of these, whatever their case."""
        text = self.words.lower()
        return any(word in text for word in words)


def symptom_of(
    error: StorageError, ability: Ability, subject: Subject, *, key: str | None, worked: frozenset[Ability]
) -> Symptom:
    """The symptom that an error of a store is. Without an answer of the server, our own message stands for it."""
    answer = error.answer
    return Symptom(
        ability=ability,
        subject=subject,
        error=type(error).__name__,
        status=None if answer is None else answer.status,
        code="" if answer is None else answer.code,
        words=error.message if answer is None else answer.words,
        region="" if answer is None else answer.region,
        service="" if answer is None else answer.service,
        key=key,
        worked=worked,
    )
