"""What all routes share: the caller's library, JSON answers, names in paths, and the refusal of unknown parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import unquote, urlencode

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query as QueryParameter
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.utils import create_model_field
from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

from mirrorlake.api.schemas import NUMBER_LIMIT as NUMBER_LIMIT
from mirrorlake.api.schemas import Body
from mirrorlake.connections.signatures import refused
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import ActorKind, Context, Permission
from mirrorlake.model.pages import Page
from mirrorlake.services.contract import Library, ServedLibrary

T = TypeVar("T")
LibraryFactory = Callable[[Context], ServedLibrary]
# A request names its workspace, percent-encoded, in a header or, where none can be sent, in the address.
WORKSPACE_HEADER: Final = "Mirrorlake-Workspace"
WORKSPACE_PARAMETER: Final = "workspace"
UNKNOWN: Final = "unknown_parameter"
REPEATED: Final = "repeated_parameter"
NAMED: Final = (
    "/api/v1/datasources/",
    "/api/v1/events/",
    "/api/v1/projects/",
    "/api/v1/snapshots/",
)  # paths with names that may contain slashes
# Of a datasource, at the end of a path. A name that ends like this is written with %2F.
DATASOURCE_WORDS: Final = (
    "check",
    "class-names",
    "deletion",
    "events",
    "explain",
    "history",
    "location-preview",
    "preview",
    "purge",
    "reapply",
    "run",
)
PROJECT_WORDS: Final = ("add", "remove", "split", "assign")  # of a project, likewise
SNAPSHOT_WORDS: Final = ("assets", "assets/[^/]+/original", "gone", "compare", "restore")
# Stands for %2F in the path by which routes are chosen. No other NUL can be there: the guard has refused it.
_ENCODED_SLASH: Final = "\0"


class _NameConvertor(Convertor[str]):
    """A name that may contain slashes, encoded or not: everything before the word at the end of the path."""

    regex = ".+"

    def convert(self, value: str) -> str:
        return value.replace(_ENCODED_SLASH, "/")

    def to_string(self, value: str) -> str:
        return value.replace("/", _ENCODED_SLASH)


class _DatasourceConvertor(_NameConvertor):
    """The name of a datasource as the end of the path."""

    regex = rf"(?!.+/(?:{'|'.join(DATASOURCE_WORDS)})$).+"


class _ProjectConvertor(_NameConvertor):
    """The name of a project as the end of the path."""

    regex = rf"(?!.+/(?:{'|'.join(PROJECT_WORDS)})$).+"


class _SnapshotConvertor(_NameConvertor):
    """The name of a snapshot as the end of the path."""

    regex = rf"(?!.+/(?:{'|'.join(SNAPSHOT_WORDS)})$).+"


class _NumberConvertor(Convertor[str]):
    """Digits, whose range the route itself checks."""

    regex = "[0-9]{1,16}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("name", _NameConvertor())
register_url_convertor("datasource", _DatasourceConvertor())
register_url_convertor("project", _ProjectConvertor())
register_url_convertor("snapshot", _SnapshotConvertor())
register_url_convertor("number", _NumberConvertor())


def is_api(path: str) -> bool:
    """Whether the path belongs to the API, not to the pages."""
    return path == "/api" or path.startswith("/api/")


def keep_encoded_slashes(scope: Scope) -> None:
    """Distinguish the slashes within a name from those between the parts of the path; servers decode both."""
    if scope["path"].startswith(NAMED):
        path = scope["raw_path"].decode("ascii", "replace")
        scope["path"] = unquote(path.replace("%2F", "%00").replace("%2f", "%00"))


def workspace_of(request: Request) -> str | None:
    """The name of the workspace that a request is about; None if it names none."""
    sent = request.headers.get(WORKSPACE_HEADER)
    if sent is not None:
        return unquote(sent.strip(), errors="replace")
    return request.query_params.get(WORKSPACE_PARAMETER)


def original_path(request: Request) -> str:
    """The path of a request as a person would write it."""
    return request.url.path.replace(_ENCODED_SLASH, "%2F")


async def caller_library(request: Request) -> ServedLibrary:
    """The library for the caller of the request, which `access.Gate` has set."""
    factory: LibraryFactory = request.app.state.library_for
    caller: Context = request.state.caller
    try:
        return await run_in_threadpool(factory, caller)  # another workspace than `default` is looked up
    except NotFound:  # the workspace
        if caller.actor.kind is ActorKind.WEBHOOK:
            raise refused() from None
        raise


Bound = Annotated[Library, Depends(caller_library)]
Served = Annotated[ServedLibrary, Depends(caller_library)]


def json_answer(content: object, *, status: int = 200) -> Response:
    """A response with public nouns as JSON."""
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return Response(body, status_code=status, media_type="application/json")


def list_answer(request: Request, page: Page[T]) -> Response:
    """A response with the items of a page, and the address of the next page in the Link header (RFC 8288)."""
    answer = json_answer(page.items)
    if page.next_cursor is not None:
        kept = [item for item in request.query_params.multi_items() if item[0] not in {"cursor", "offset", "before"}]
        query = urlencode([*kept, ("cursor", page.next_cursor)])
        path = request.scope["raw_path"].decode("latin-1")  # as it was sent: a header carries no decoded names
        answer.headers["Link"] = f'<{path}?{query}>; rel="next"'
    return answer


class Open(StrEnum):
    """The policies of routes that need no permission."""

    SIGNED_IN = "signed-in"  # for every caller, whatever its permissions
    PUBLIC = "public"  # for everyone; `guards.PUBLIC` names their addresses


Needs = Permission | Open
POLICY: Final = "x-permission"  # in the OpenAPI document


class PolicyRoute(APIRoute):
    """A route that refuses callers without its permission before it reads parameters or the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework behind the check."""
        handle = super().get_route_handler()
        needs = (self.openapi_extra or {})[POLICY]
        if needs in set(Open):
            return handle
        permission = Permission(needs)

        async def check_and_handle(request: Request) -> Response:
            caller: Context = request.state.caller
            caller.require(permission)
            return await handle(request)

        return check_and_handle


def policy(needs: Needs, extra: dict[str, object] | None = None) -> dict[str, Any]:
    """The options of a route that declare its policy; `extra` is what else the OpenAPI document contains about it."""
    return {"route_class_override": PolicyRoute, "openapi_extra": {**(extra or {}), POLICY: needs.value}}


def _answering(handler: Callable[..., Any], status: int, *, secret: bool) -> Callable[..., Any]:
    """The handler with a response instead of what it returns."""

    def response(result: object) -> Response:
        answer = result if isinstance(result, Response) else json_answer(result, status=status)
        if secret:
            answer.headers["Cache-Control"] = "no-store"
        return answer

    if iscoroutinefunction(handler):

        @wraps(handler)
        async def handle_here(*args: Any, **kwargs: Any) -> Response:
            return response(await handler(*args, **kwargs))

        return handle_here

    @wraps(handler)
    def handle(*args: Any, **kwargs: Any) -> Response:
        return response(handler(*args, **kwargs))

    return handle


def add_route(
    router: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., object],
    *,
    operation: str,
    needs: Needs,
    status: int = 200,
    secret: bool = False,
    response_model: object = None,
    **options: Any,
) -> None:
    """Serve `handler` at `path` to callers with what it `needs`.

    The handler returns a public noun, a list of them, or a Response, whose content `response_model` describes. It runs
    in a thread, unless it is a coroutine function. `secret`: the answer contains a secret, and is kept neither by
    clients nor for repeated requests.
    """
    handle = _answering(handler, status, secret=secret)
    if response_model is not None:
        handle.__annotations__ = {**handler.__annotations__, "return": response_model}
    options.update(policy(needs, options.pop("openapi_extra", None)))
    # The framework neither checks nor writes our answers: their schemas, which take most of the time in which an app
    # is made, are for the document alone.
    router.add_api_route(
        path, handle, methods=[method], operation_id=operation, status_code=status, response_model=None, **options
    )


@dataclass(frozen=True)
class DocumentedRoute(RouteContext):
    """A route with the schema of its answer."""

    response_field: Any = None  # of the framework; None: the answer has no schema


def documented_routes(routes: Sequence[BaseRoute]) -> list[RouteContext]:
    """The routes as the OpenAPI document describes them."""
    return [
        DocumentedRoute(**vars(context), response_field=_answer_field(context))
        for context in iter_route_contexts(routes)
    ]


def _answer_field(context: RouteContext) -> Any:
    if not isinstance(context.original_route, PolicyRoute) or context.endpoint is None:
        return None
    answer = get_type_hints(context.endpoint).get("return", Response)
    if isinstance(answer, type) and issubclass(answer, Response):
        return context.response_field
    return create_model_field(f"Response_{context.unique_id}", answer, mode="serialization")


async def check_parameter_names(request: Request) -> None:
    """Raises RequestValidationError for a query parameter that the route does not have, naming the nearest one.

    Also for one that is named twice and takes one value: otherwise the last one would count.
    """
    known = _query_parameters(request.scope["endpoint"])
    errors: list[dict[str, object]] = []
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known and name != WORKSPACE_PARAMETER:
            errors.append({"type": UNKNOWN, "loc": ("query", name), "msg": unknown_name(name, tuple(known))})
        elif times > 1 and not known.get(name):
            message = f"It takes one value, and was given {times} times. Name it once."
            errors.append({"type": REPEATED, "loc": ("query", name), "msg": message})
    if errors:
        raise RequestValidationError(errors)


def body_fields(request: Request) -> tuple[str, ...]:
    """The known names in the body of a request to this route; empty if it has no body."""
    endpoint = request.scope.get("endpoint")
    return () if endpoint is None else _body_fields(endpoint)


def allowed_methods(request: Request) -> list[str]:
    """The methods allowed at the address of a request, over all routes: each route knows only its own."""
    path = request.url.path
    api = is_api(path)
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        template = context.path or ""
        if template.startswith("/api/") == api and _pattern(template).match(path):
            found |= context.methods or set()
    return sorted(found)


@cache  # one entry for each route
def _pattern(template: str) -> re.Pattern[str]:
    return compile_path(template)[0]


def unknown_name(name: str, known: Sequence[str]) -> str:
    """The message for a name that is not one of `known`."""
    nearest = get_close_matches(name, known, n=1, cutoff=0.0)
    return f"Unknown name. Did you mean {nearest[0]}?" if nearest else "Unknown name. No names are allowed here."


@cache  # one entry for each route
def _query_parameters(endpoint: Callable[..., object]) -> dict[str, bool]:
    """The query parameters of a route, and whether each takes several values."""
    hints = get_type_hints(endpoint, include_extras=True)
    return {
        each.alias or name: any(get_origin(kind) is list for kind in (hint.__origin__, *get_args(hint.__origin__)))
        for name, hint in hints.items()
        for each in getattr(hint, "__metadata__", ())
        if isinstance(each, QueryParameter)
    }


@cache
def _body_fields(endpoint: Callable[..., object]) -> tuple[str, ...]:
    for hint in get_type_hints(endpoint).values():
        if isinstance(hint, type) and issubclass(hint, Body):
            return tuple(hint.model_fields)
    return ()
