"""Use cases of own functions."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Sequence
from dataclasses import replace

from mirrorlake.catalog import assets, functions, jobs, signing_secrets
from mirrorlake.core.errors import Conflict, PermissionDenied, UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.functions import (
    MAX_ATTEMPTS,
    MAX_MEMORY_MB,
    MAX_TIMEOUT_S,
    Function,
    FunctionEvent,
    FunctionFailure,
    FunctionKind,
    NewFunction,
)
from mirrorlake.model.jobs import Job
from mirrorlake.model.pool_names import check_function, check_pool
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Service, requires
from mirrorlake.services.function_contract import Functions

SOURCE_BYTES = 1 << 20  # of a file in Python; models and other large files belong beside it
MIN_MEMORY_MB, NO_LIMIT = 64, 0


class FunctionService(Service, Functions):
    """Implements `Functions` over the catalog."""

    @requires(Permission.FUNCTIONS_EDIT)
    def add(self, function: NewFunction) -> Function:
        """See `Functions.add`."""
        resources = self.resources
        _check(function)
        if function.source is not None:
            self._require_operator()
            check_source(function.source, function.entry or "")
        else:
            from mirrorlake.connections.webhook_requests import check_url  # noqa: PLC0415  loads an HTTP library

            check_url(function.url or "", resources.settings.allow_addresses)
        secret = sealed = None
        if function.url is not None:
            from mirrorlake.jobs.signing import seal_secret  # noqa: PLC0415  loads cryptography

            secret, sealed = seal_secret(resources.settings, resources.catalog, functions.secret_owner(function.name))
        functions.add(resources.catalog, function, by=self.caller, secret=sealed)
        return replace(functions.named(resources.catalog, function.name).function, secret=secret)

    @requires(Permission.FUNCTIONS_EDIT)
    def replace_source(self, name: str, source: str, entry: str) -> Function:
        """See `Functions.replace_source`."""
        self._require_operator()
        check_source(source, entry)
        functions.replace_source(self.resources.catalog, name, source, entry, by=self.caller)
        return functions.named(self.resources.catalog, name, counts=True).function

    @requires(Permission.FUNCTIONS_READ)
    def list(self) -> Sequence[Function]:
        """See `Functions.list`."""
        return functions.list_all(self.resources.catalog)

    @requires(Permission.FUNCTIONS_READ)
    def get(self, name: str) -> Function:
        """See `Functions.get`."""
        return functions.named(self.resources.catalog, name, counts=True).function

    @requires(Permission.FUNCTIONS_READ)
    def failures(self, name: str, *, limit: int = 100, after: str | None = None) -> Sequence[FunctionFailure]:
        """See `Functions.failures`."""
        functions.named(self.resources.catalog, name)
        place = 0 if after is None else assets.parse_asset_id(after)
        return functions.failures(self.resources.catalog, function=name, after=place, limit=limit)

    @requires(Permission.FUNCTIONS_READ)
    def failures_of_asset(self, asset_id: str) -> Sequence[FunctionFailure]:
        """See `Functions.failures_of_asset`."""
        number = int(assets.get_asset_detail(self.resources.catalog, asset_id).asset.id)
        return functions.failures(self.resources.catalog, asset_id=number, limit=100)

    @requires(Permission.ASSETS_EDIT)
    def call(self, name: str, *, query: str | None = None, failed: bool = False) -> Job:
        """See `Functions.call`."""
        from mirrorlake.jobs.handlers.functions import FunctionArgs, function_job  # noqa: PLC0415  loads bucket libraries

        stored = functions.named(self.resources.catalog, name)
        require_active(stored.function)
        if query is not None:
            select_ids(query)
            _require_assets(stored.function)
        args = FunctionArgs(function=name, query=query, failed=failed)
        by = self.caller.actor.name
        job = function_job(name, stored.function.pool, stored.id, args, requested_by=by)
        return jobs.show_job(self.resources.catalog, jobs.request(self.resources.catalog, job))

    @requires(Permission.FUNCTIONS_EDIT)
    def pause(self, name: str) -> Function:
        """See `Functions.pause`."""
        return self._pause(name, paused=True)

    @requires(Permission.FUNCTIONS_EDIT)
    def resume(self, name: str) -> Function:
        """See `Functions.resume`."""
        return self._pause(name, paused=False)

    @requires(Permission.FUNCTIONS_EDIT)
    def delete(self, name: str) -> None:
        """See `Functions.delete`."""
        found = functions.named(self.resources.catalog, name)
        functions.delete(self.resources.catalog, name, by=self.caller)
        if found.function.kind is FunctionKind.WEBHOOK:
            signing_secrets.drop(self.resources.catalog, functions.secret_owner(name))

    def _pause(self, name: str, *, paused: bool) -> Function:
        functions.pause(self.resources.catalog, name, paused=paused, by=self.caller)
        return functions.named(self.resources.catalog, name, counts=True).function

    def _require_operator(self) -> None:
        """Code is executed with the rights of the workers: no permission of a workspace is enough for that."""
        if not self.caller.is_operator:
            raise PermissionDenied(
                "Functions in Python are added on the library's own machine only.",
                "Have its operator run `mirrorlake function add` there, or add a webhook.",
                permission=Permission.FUNCTIONS_EDIT.value,
            )


def _require_assets(function: Function) -> None:
    if FunctionEvent.RUN_FINISHED in function.events:
        raise UsageError(f"The function {function.name} is called for runs, not for assets.")


def require_active(function: Function) -> None:
    """Raise Conflict for a paused function."""
    if function.paused:
        raise Conflict(
            f"The function {function.name} is paused.",
            f"Resume it in the settings, or with `mirrorlake function resume {shlex.quote(function.name)}`.",
        )


def check_source(source: str, entry: str) -> None:
    """Raise UsageError unless this is Python with a function or name `entry` at its top level. Executes nothing."""
    if len(source.encode()) > SOURCE_BYTES:
        raise UsageError(f"The file is larger than {SOURCE_BYTES:,} bytes.", "Load what is large from another file.")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UsageError(f"The file is not Python: {error}.") from error
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    if entry not in names:
        raise UsageError(f"The file defines no {entry!r}.", "Write FILE:CALLABLE with the name of a function in it.")


def _check(function: NewFunction) -> None:
    """Raise UsageError and QueryError for a function that cannot be."""
    check_function(function.name)
    check_pool(function.pool)
    if (function.url is None) == (function.source is None):
        raise UsageError("A function is either an address or a file in Python.", "Give one of both.")
    if not function.events:
        raise UsageError("A function needs at least one event.", f"Choose from {', '.join(FunctionEvent)}.")
    if FunctionEvent.RUN_FINISHED in function.events and (len(function.events) > 1 or function.query):
        raise UsageError(
            "A function is called either for runs or for assets.", "Give run.finished alone, and without a query."
        )
    select_ids(function.query, trashed=FunctionEvent.REMOVED in function.events)
    for name, value, least, most in (
        ("time limit", function.timeout_s, 1, MAX_TIMEOUT_S),
        ("memory limit", function.memory_mb, MIN_MEMORY_MB, MAX_MEMORY_MB),
        ("number of attempts", function.attempts, 1, MAX_ATTEMPTS),
    ):
        if not least <= value <= most and (name, value) != ("memory limit", NO_LIMIT):
            raise UsageError(f"The {name} of a function is from {least:,} to {most:,}, not {value:,}.")
