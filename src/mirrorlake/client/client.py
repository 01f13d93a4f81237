"""The SDK: a library over HTTP, with the same nouns as in process.

with Client("http://127.0.0.1:8765", api_key="…") as client:
    for asset in client.find('metadata.site:"hall 3"', limit=10):
        print(asset.name)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx

from mirrorlake.core.errors import (
    AccessDenied,
    Conflict,
    CoolingDown,
    MirrorlakeError,
    NotFound,
    PassRunning,
    QueryError,
    SourceUnreachable,
    UsageError,
)
from mirrorlake.model.acts import Deletion, Project, Purge, deletion_from_json
from mirrorlake.model.assets import Asset, AssetDetail
from mirrorlake.model.edits import Edit
from mirrorlake.model.explanations import Explained, explained_from_json
from mirrorlake.model.previews import Preview, preview_from_json
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState
from mirrorlake.model.serialization import (
    asset_from_json,
    datasource_from_response,
    detail_from_response,
    outcome_from_response,
    run_from_response,
)
from mirrorlake.model.sources import DatasourceSummary

__all__ = ["Client"]

PAGE = 200  # assets, runs or outcomes a request
TIMEOUT_S = 30.0
FIRST_LOOK_S = 0.2  # after that a run is asked for again, less and less often
LOOK_EVERY_S = 2.0
MEMBERS = 1000  # assets that one request puts into a project


class Client:
    """One server. `url` is what `mirrorlake up` prints; `api_key` is its token.

    Every method raises NotFound, QueryError, AccessDenied or another MirrorlakeError with the server's own sentence.
    """

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(base_url=url.rstrip("/") + "/api/v1", headers=headers, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def find(self, query: str, *, limit: int | None = None) -> Iterator[Asset]:
        """Assets that match, newest first; `limit` None means all."""
        found = 0
        while limit is None or found < limit:
            size = PAGE if limit is None else min(PAGE, limit - found)
            page = self._get("/assets", query=query, offset=found, limit=size)
            yield from (asset_from_json(item) for item in page["items"])
            found += len(page["items"])
            if len(page["items"]) < size:
                return

    def asset(self, asset_id: str) -> AssetDetail:
        """Everything about one asset."""
        return detail_from_response(self._get(_asset(asset_id)))

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """Change metadata and tags of one asset, all of it or nothing; answers it as it is then."""
        change = {
            "metadata": dict(edit.metadata),
            "removeMetadata": list(edit.remove_metadata),
            "addTags": list(edit.add_tags),
            "removeTags": list(edit.remove_tags),
        }
        return detail_from_response(self._ask("PATCH", _asset(asset_id), body=change))

    def restore(self, asset_id: str) -> AssetDetail:
        """Bring an asset back from the trash: missing where its object is gone, present where it stands."""
        return detail_from_response(self._ask("POST", f"{_asset(asset_id)}/restore"))

    def datasources(self) -> list[DatasourceSummary]:
        """Every datasource, by name."""
        return [datasource_from_response(item) for item in self._get("/datasources")]

    def runs(self, *, limit: int = 20, datasource: str | None = None) -> list[Run]:
        """The newest runs first."""
        found: list[Run] = []
        while len(found) < limit:
            size = min(PAGE, limit - len(found))
            before = found[-1].id if found else None
            page = self._get("/runs", limit=size, datasource=datasource, before=before)
            found += [run_from_response(item) for item in page]
            if len(page) < size:
                break
        return found

    def run(self, run_id: int) -> Run:
        """One run with its counts."""
        return run_from_response(self._get(f"/runs/{run_id}"))

    def outcomes(
        self, run_id: int, *, limit: int = 1000, offset: int = 0, kind: OutcomeKind | None = None
    ) -> list[Outcome]:
        """What happened to single objects in a run, by key."""
        found: list[Outcome] = []
        while len(found) < limit:
            size = min(PAGE, limit - len(found))
            page = self._get(f"/runs/{run_id}/outcomes", limit=size, offset=offset + len(found), kind=kind)
            found += [outcome_from_response(item) for item in page]
            if len(page) < size:
                break
        return found

    def confirm(self, *, run_id: int | None = None, plan_hash: str | None = None, count: int | None = None) -> Run:
        """Let the removals happen that a run holds back; answers the run that does it, as it begins.

        The run or the hash names what is held; `count`, where it is said, has to agree. `wait` sees it to its end.
        """
        consent = {"run": run_id, "plan_hash": plan_hash, "count": count}
        return run_from_response(self._ask("POST", "/runs/confirm", body=consent))

    def wait(self, run: Run, told: Callable[[Run], None] | None = None) -> Run:
        """The run when it has ended; `told` hears how far it is meanwhile."""
        pause = FIRST_LOOK_S
        while run.state in (RunState.QUEUED, RunState.RUNNING):
            time.sleep(pause)
            pause = min(pause * 1.5, LOOK_EVERY_S)
            run = self.run(run.id)
            if told is not None:
                told(run)
        return run

    def cancel(self, run_id: int) -> Run:
        """End a run; one that is at work ends a moment later, so `wait` for it. Raises Conflict where it is over."""
        return run_from_response(self._ask("POST", f"/runs/{run_id}/cancel"))

    def retry(self, run_id: int) -> Run:
        """Look again at the objects that failed in a run; answers the run that does. Raises Conflict if none did."""
        return run_from_response(self._ask("POST", f"/runs/{run_id}/retry"))

    def preview(self, name: str) -> Preview:
        """What a pass over a datasource would do, with some keys of each kind. Waits for it; stores nothing."""
        told = preview_from_json(self._ask("POST", f"{_source(name)}/preview"))
        pause = FIRST_LOOK_S
        while told.state is RunState.RUNNING:
            time.sleep(pause)
            pause = min(pause * 1.5, LOOK_EVERY_S)
            told = preview_from_json(self._get(f"/previews/{quote(told.id, safe='')}"))
        return told

    def explain(self, name: str, key: str) -> Explained:
        """What becomes of one key of a datasource, and which rule says so."""
        return explained_from_json(self._get(f"{_source(name)}/explain", key=key))

    def start(self, name: str) -> Run:
        """Ask for a pass over a datasource; answers the run as it waits for a worker.

        Raises PassRunning while one waits or is at work, CoolingDown too soon after one that imported something.
        """
        return run_from_response(self._ask("POST", f"{_source(name)}/run"))

    def change_settings(self, name: str, change: Mapping[str, object]) -> DatasourceSummary:
        """Change some settings of a datasource, by their names in a settings file; what is not named stays."""
        return datasource_from_response(self._ask("PATCH", _source(name), body=change))

    def reapply(self, name: str) -> Run:
        """Merge all assets of a datasource again; answers the run that does it, as it begins."""
        return run_from_response(self._ask("POST", f"{_source(name)}/reapply"))

    def delete_datasource(self, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
        """What deleting a datasource does, and whether it was done: only when the number that goes was said."""
        if acknowledged is None:
            return deletion_from_json(self._get(f"{_source(name)}/deletion"))
        return deletion_from_json(self._ask("DELETE", _source(name), params={"acknowledge": acknowledged}))

    def purgeable(self, name: str, *, days: int = 30) -> Purge:
        """How many assets of its trash have waited so many days, and would go for good."""
        found = self._get(f"{_source(name)}/purge", days=days)
        return Purge(datasource=found["datasource"], days=found["days"], acknowledge=found["acknowledge"])

    def purge(self, name: str, *, acknowledge: int, days: int = 30) -> Run:
        """Remove them for good, if that many would go; answers the run that does it, as it begins."""
        params = {"acknowledge": acknowledge, "days": days}
        return run_from_response(self._ask("POST", f"{_source(name)}/purge", params=params))

    def projects(self) -> list[Project]:
        """Every project with the number of its assets, by name."""
        return [Project(name=item["name"], assets=item["assets"]) for item in self._get("/projects")]

    def add_to_project(self, name: str, asset_ids: Sequence[str]) -> int:
        """Put assets into a project, which is made where there is none; answers how many were not in it."""
        return self._members(name, "add", asset_ids)

    def remove_from_project(self, name: str, asset_ids: Sequence[str]) -> int:
        """Take assets out of a project; answers how many were in it."""
        return self._members(name, "remove", asset_ids)

    def _members(self, name: str, act: str, asset_ids: Sequence[str]) -> int:
        path = f"/projects/{quote(name, safe='')}/{act}"
        parts = (asset_ids[start : start + MEMBERS] for start in range(0, len(asset_ids), MEMBERS))
        return sum(self._ask("POST", path, body={"assets": list(part)})["changed"] for part in parts)

    def _get(self, path: str, **query: str | int | None) -> Any:
        return self._ask("GET", path, params={name: value for name, value in query.items() if value is not None})

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:
        try:
            answer = self._http.request(method, path, params=params, json=body)
        except httpx.HTTPError as error:
            raise SourceUnreachable(
                f"The server at {self._http.base_url} does not answer: {error}.",
                "Start it with `mirrorlake up`, or correct MIRRORLAKE_URL.",
            ) from error
        if not answer.is_success:
            raise _problem(answer)
        try:
            return answer.json()
        except ValueError as error:
            raise SourceUnreachable(
                f"What answers at {self._http.base_url} is not a mirrorlake server.", "Correct MIRRORLAKE_URL."
            ) from error


def _asset(asset_id: str) -> str:
    # What a person typed is one step of the path, whatever it holds.
    return f"/assets/{quote(asset_id, safe='')}"


def _source(name: str) -> str:
    return f"/datasources/{quote(name, safe='')}"


def _problem(answer: httpx.Response) -> MirrorlakeError:
    """The error that an RFC 9457 problem document tells of."""
    try:
        body: object = answer.json()
    except ValueError:
        body = None
    problem = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    message = str(problem.get("detail") or f"The server answered {answer.status_code} {answer.reason_phrase}.")
    fix = str(problem.get("fix") or "")
    match answer.status_code:
        case 401 | 403:
            return AccessDenied(message, "Set MIRRORLAKE_API_KEY to the token that `mirrorlake up` printed.")
        case 404:
            return NotFound(message, fix)
        case 409:
            return _conflict(problem, message, fix)
        case 400 | 422 if "position" not in problem:
            return UsageError(message, fix)
        case _ if "position" in problem:
            return QueryError(message, fix, text=str(problem.get("text", "")), position=int(problem["position"]))
        case _:
            return MirrorlakeError(message, fix)


def _conflict(problem: Mapping[str, Any], message: str, fix: str) -> MirrorlakeError:
    match problem.get("type"):
        case "urn:mirrorlake:pass-running":
            return PassRunning(message, fix)
        case "urn:mirrorlake:cooling-down":
            return CoolingDown(message, fix, minutes=int(problem.get("minutes", 0)))
        case _:
            return Conflict(message, fix)
