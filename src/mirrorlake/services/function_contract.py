"""The use cases of own functions; see `services/contract.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.model.functions import Function, FunctionFailure, NewFunction
from mirrorlake.model.jobs import Job


class Functions(Protocol):
    """Manage the functions that workers call for assets and runs."""

    def add(self, function: NewFunction) -> Function:
        """Add a function. Only this result contains the secret of a webhook. Makes no request.

        Functions in Python are added on the library's own machine only: their code is executed by its workers. Raises
        UsageError, QueryError, PermissionDenied, and Conflict if the name is taken.
        """
        ...

    def replace_source(self, name: str, source: str, entry: str) -> Function:
        """Give a function in Python another file. What it was called for is not called again.

        Raises as `add`, and NotFound.
        """
        ...

    def list(self) -> Sequence[Function]:
        """All functions, by name."""
        ...

    def get(self, name: str) -> Function:
        """One function. Raises NotFound."""
        ...

    def failures(self, name: str, *, limit: int = 100, after: str | None = None) -> Sequence[FunctionFailure]:
        """Calls that failed or wait for another attempt, by asset, from the one after this asset. Raises NotFound."""
        ...

    def failures_of_asset(self, asset_id: str) -> Sequence[FunctionFailure]:
        """The same of all functions for one asset. Raises NotFound."""
        ...

    def call(self, name: str, *, query: str | None = None, failed: bool = False) -> Job:
        """Queue a job that calls the function for what waits.

        With a query, for all its assets again; with `failed`, only for what failed again, of the query if there is one.
        Raises NotFound and QueryError.
        """
        ...

    def pause(self, name: str) -> Function:
        """Call the function no more. What happens meanwhile is caught up on. Raises NotFound."""
        ...

    def resume(self, name: str) -> Function:
        """Call the function again. Raises NotFound."""
        ...

    def delete(self, name: str) -> None:
        """Delete a function. What it changed stays. Raises NotFound."""
        ...
