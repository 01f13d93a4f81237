"""Forms with files: read piece by piece within the limits of their address, and answered like any other request."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from mirrorlake.api.bodies import FORM_TYPE, is_form
from mirrorlake.api.problems import RequestRefused, problem, problem_response
from mirrorlake.core.errors import UsageError


async def answer_form(
    request: Request, answer: Callable[[FormData], Response], *, files: int, fields: int, field_bytes: int
) -> Response:
    """The answer to the form in a request, made in another thread, or the problem with a body that is no such form."""
    if not is_form(request.scope):
        detail, fix = "The body is not a form with files.", f"Send it as `{FORM_TYPE}`."
        return problem_response(problem("unsupported-media-type", "Unsupported media type", 415, detail, fix))
    try:
        async with request.form(max_files=files, max_fields=fields, max_part_size=field_bytes) as form:
            return await run_in_threadpool(answer, form)
    except RequestRefused as refusal:
        return problem_response(refusal.problem)
    except ClientDisconnect:
        return Response(status_code=400)  # that nobody receives
    except TimeoutError:
        detail = "The upload paused for too long."
        return problem_response(problem("timeout", "Request Timeout", 408, detail))
    except HTTPException as error:
        return problem_response(problem("invalid-request", "Invalid request", 422, f"Invalid form: {error.detail}"))


def check_names(form: FormData, known: Collection[str]) -> None:
    """Raise UsageError for a field that the form does not have."""
    unknown = sorted(set(form.keys()) - set(known))
    if unknown:
        raise UsageError(f"The form has an unknown field: {unknown[0]!r}.", f"Fields are {', '.join(sorted(known))}.")


def one_text(form: FormData, name: str) -> str | None:
    """The text of a field that a form has at most once. Raises UsageError."""
    texts = all_texts(form, name)
    if len(texts) > 1:
        raise UsageError(f"A form has one field {name!r}.", "Send it once.")
    return texts[0] if texts else None


def all_texts(form: FormData, name: str) -> list[str]:
    """The texts of a field. Raises UsageError."""
    found = form.getlist(name)
    texts = [one for one in found if isinstance(one, str)]
    if len(texts) < len(found):
        raise UsageError(f"The field {name!r} is a file.", "Send it as text.")
    if any("\0" in text for text in texts):
        raise UsageError(f"The field {name!r} contains a NUL character.", "Remove it.")
    return texts
