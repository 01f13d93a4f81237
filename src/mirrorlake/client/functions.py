"""Own functions over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from mirrorlake.client.connection import NounClient
from mirrorlake.core.errors import UsageError
from mirrorlake.model.functions import Function, FunctionFailure, NewFunction
from mirrorlake.model.jobs import Job
from mirrorlake.services.function_contract import Functions


class FunctionClient(NounClient, Functions):
    """Implements `Functions` over HTTP."""

    def add(self, function: NewFunction) -> Function:
        """See `Functions.add`."""
        if function.source is not None:
            raise _no_python()
        body = {
            "name": function.name,
            "url": function.url,
            "events": [event.value for event in function.events],
            "query": function.query,
            "repeat": function.repeat.value,
            "pool": function.pool,
            "timeout_s": function.timeout_s,
            "attempts": function.attempts,
        }
        return self.connection.ask(Function, "POST", "/functions", body=body)

    def replace_source(self, name: str, source: str, entry: str) -> Function:  # noqa: ARG002 - as the contract has it
        """Raises UsageError, as `Functions.add` for a function in Python."""
        raise _no_python()

    def list(self) -> Sequence[Function]:
        """See `Functions.list`."""
        return self.connection.ask(tuple[Function, ...], "GET", "/functions")

    def get(self, name: str) -> Function:
        """See `Functions.get`."""
        return self.connection.ask(Function, "GET", _path(name))

    def failures(self, name: str, *, limit: int = 100, after: str | None = None) -> Sequence[FunctionFailure]:
        """See `Functions.failures`."""
        params = {"limit": limit} if after is None else {"limit": limit, "after": after}
        return self.connection.ask(tuple[FunctionFailure, ...], "GET", f"{_path(name)}/failures", params=params)

    def failures_of_asset(self, asset_id: str) -> Sequence[FunctionFailure]:
        """See `Functions.failures_of_asset`."""
        path = f"/assets/{quote(asset_id, safe='')}/function-failures"
        return self.connection.ask(tuple[FunctionFailure, ...], "GET", path)

    def call(self, name: str, *, query: str | None = None, failed: bool = False) -> Job:
        """See `Functions.call`."""
        return self.connection.ask(Job, "POST", f"{_path(name)}/call", body={"query": query, "failed": failed})

    def pause(self, name: str) -> Function:
        """See `Functions.pause`."""
        return self.connection.ask(Function, "POST", f"{_path(name)}/pause")

    def resume(self, name: str) -> Function:
        """See `Functions.resume`."""
        return self.connection.ask(Function, "POST", f"{_path(name)}/resume")

    def delete(self, name: str) -> None:
        """See `Functions.delete`."""
        self.connection.send("DELETE", _path(name))


def _no_python() -> UsageError:
    return UsageError(
        "A server accepts no functions in Python: its workers would execute them.",
        "Have its operator run `mirrorlake function add` on its machine, or add a webhook.",
    )


def _path(name: str) -> str:
    return f"/functions/{quote(name, safe='')}"
