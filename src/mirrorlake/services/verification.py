"""Check the catalog against its sources, in this process or by a worker."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.catalog import datasources, jobs
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.verification import Finding, Verification, VerifyResult
from mirrorlake.postgres.pool import Catalog


def verify_library(
    settings: Settings,
    catalog: Catalog,
    name: str | None,
    *,
    sample: int | None,
    content: bool = False,
    found: Callable[[Finding], None],
    done: Callable[[int, int], None],
    requested_by: str,
) -> Verification:
    """Compare the catalog with the sources: `sample` objects of each datasource, or all (None).

    With `content`, also read the objects and compare their bytes. `found` receives each difference, `done` the number
    of checked objects and their total. An unreachable datasource does not stop the others. Raises NotFound for an
    unknown name.
    """
    job = _verification(catalog, name, VerifyArgs(sample=sample, content=content), requested_by)
    result: VerifyResult = run_here(
        settings, catalog, job, item=found, step=lambda _step, some, total: done(some, total)
    )
    return result.verification


def request_verify(
    catalog: Catalog, name: str | None, *, sample: int | None, content: bool = False, requested_by: str
) -> int:
    """Queue a verification; return the number of its job. Raises NotFound for an unknown name."""
    args = VerifyArgs(sample=sample, content=content)
    return jobs.request(catalog, _verification(catalog, name, args, requested_by))


def _verification(catalog: Catalog, name: str | None, args: VerifyArgs, requested_by: str) -> NewJob:
    source = None if name is None else datasources.named(catalog, name)
    subject = "all datasources" if source is None else None
    return new_job(JobKind.VERIFY, args, datasource=source, subject=subject, requested_by=requested_by)
