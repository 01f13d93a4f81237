"""Documents that an administrator of a cloud applies, so that a connection can access its bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mirrorlake.model.public import public_noun

Document: TypeAlias = Mapping[str, Any]  # JSON as the cloud defines it


@public_noun
class ConnectionDocuments:
    """Everything that grants a connection access to its bucket and prefix, ready to paste."""

    external_id: str
    """Made by mirrorlake, one for each connection, immutable."""
    principal: str | None
    """Who accesses the bucket: an ARN, an email address or an id of the cloud. None: not known."""
    iam_policy: Document | None
    """What the connection may do: nothing but that."""
    trust_policy: Document | None
    """Who may assume the role, with the external id. None: the connection assumes no role of AWS."""
    bucket_policy: Document | None = None
    """Grants the principal access by the bucket's own policy, without keys and roles."""
    cors: Sequence[Document] | None
    """Rules that allow the web pages to show originals."""
    queue_policy: Document | None = None
    """Allows the bucket to send events to the queue."""
    notification: Document | None = None
    """Sends events of the prefix to the queue or topic."""
    commands: Sequence[str] = ()
    """The same for a shell, in order."""
    terraform: str | None = None
    """The same as configuration of Terraform."""
    steps: Sequence[str] = ()
    """What must be done besides applying them, such as replacing a placeholder."""
    notes: Sequence[str] = ()
    """What they replace, what they cannot limit further, and what else may be granted."""
