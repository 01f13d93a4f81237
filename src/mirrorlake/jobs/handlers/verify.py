"""Check the catalog against its sources."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from mirrorlake.catalog import datasources
from mirrorlake.catalog.verifying import count_known
from mirrorlake.core.errors import MirrorlakeError, RunCancelled
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.jobs.library_store import library_store
from mirrorlake.library.snapshot_reading import check_chunks
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.mirror.verify import verify
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.verification import DriftKind, Finding, Verification, VerifyResult
from mirrorlake.plan.backoff import RetryPolicy

VERIFYING = "verifying"
KEPT_FINDINGS = 1000  # per verification; all of them are counted
KEPT_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyArgs:
    """Check `sample` objects of each datasource (None: all), with `content` also their bytes."""

    sample: int | None = None
    content: bool = False


def verify_sources(job: Job, args: VerifyArgs, context: JobContext) -> VerifyResult:
    """Compare the catalog with the sources and, unless one datasource is named, snapshots with their digests.

    Does not change the catalog.

    An interrupted verification starts again. An unreachable datasource does not stop the others.
    """
    started = time.monotonic()
    catalog = context.catalog
    chosen = datasources.list_all(catalog) if job.datasource is None else [context.source(job)]
    known = {source.id: count_known(catalog, source.id) for source in chosen}
    total = sum(count if args.sample is None else min(count, args.sample) for count in known.values())
    counters, drift, errors = Counters(), Counter[DriftKind](), dict[str, str]()
    findings: list[Finding] = []
    checked = 0
    context.reporter.step(VERIFYING, 0, total)
    with closing(library_store(context.settings)) as library:
        thumbnails = Thumbnails(catalog, library.store)
        for source in chosen:
            try:
                for batch in verify(
                    source,
                    catalog,
                    thumbnails,
                    counters,
                    sample=args.sample,
                    content=args.content,
                    store_factory=context.store_of(source),
                    check=context.lease.check,
                ):
                    checked += batch.objects
                    for finding in batch.findings:
                        drift[finding.drift] += 1
                        context.item(finding)
                    findings += batch.findings[: KEPT_FINDINGS - len(findings)]
                    context.reporter.step(VERIFYING, checked, total)
            except RunCancelled:
                raise
            except MirrorlakeError as error:
                errors[source.name] = str(error)
    damaged: tuple[str, ...] = ()
    if job.datasource is None:
        damaged = check_chunks(catalog, context.reporter.step)
    verification = Verification(
        verified=checked,
        drift=drift,
        requests=counters.requests,
        seconds=time.monotonic() - started,
        bytes_read=counters.bytes_read,
        errors=errors,
        damaged_snapshots=damaged,
    )
    return VerifyResult(verification=verification, findings=tuple(findings))


VERIFY = Handler(
    kind=JobKind.VERIFY,
    args=VerifyArgs,
    result=VerifyResult,
    run=verify_sources,
    policy=RetryPolicy(after_failure=False),  # an unreachable source is a result
    quick=True,
    kept_days=KEPT_DAYS,
)
