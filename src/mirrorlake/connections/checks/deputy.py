"""The proof that a role is not open to a confused deputy: assuming it without the external id must fail.

A service that assumes roles of many customers could be made to read the bucket of one for another, if the role accepts
any request of that service. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mirrorlake.connections.checks.abilities import failed_row
from mirrorlake.connections.checks.symptom import Ability, Subject
from mirrorlake.core.errors import AccessDenied, ServerAnswer, SettingsError, StorageError
from mirrorlake.model.connections import AbilityCheck

# Assumes the role with this external id, or without one. Raises AccessDenied if that is refused, or StorageError.
Assume = Callable[[str | None], object]


def check_role(assume: Assume, subject: Subject) -> Iterator[AbilityCheck]:
    """One row if the role cannot be assumed with the external id; else one that states whether it is required."""
    try:
        assume(subject.external_id)
    except StorageError as error:
        yield failed_row(Ability.AUTHENTICATE, error, subject)
        return
    try:
        assume(None)
    except AccessDenied:
        message = f"{subject.role_arn} can be assumed with the external id of this connection, and not without it."
        yield AbilityCheck(check=Ability.EXTERNAL_ID.value, ok=True, message=message)
    except StorageError as error:  # not a refusal: nothing is proven
        yield failed_row(Ability.EXTERNAL_ID, error, subject)
    else:
        yield failed_row(Ability.EXTERNAL_ID, _open(subject), subject)


def refuse_open_role(assume: Assume, subject: Subject) -> None:
    """Raise SettingsError if the role can be assumed without the external id, or if that cannot be found out.

    A role that cannot be assumed at all is not refused: its trust policy may be applied later.
    """
    for row in check_role(assume, subject):
        if row.check == Ability.EXTERNAL_ID.value and not row.ok:
            raise SettingsError(row.message, row.fix or "")


def _open(subject: Subject) -> StorageError:
    error = StorageError(f"{subject.role_arn} can be assumed without an external id.")
    error.answer = ServerAnswer(status=200, code="ConfusedDeputy")
    return error
