"""Requests that wait for a job end with its error, whatever the error is, and workspaces do not share polls."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.support.loops import run

from mirrorlake.api.job_feed import JobFeed
from mirrorlake.model.jobs import Job

WAIT_S = 30.0


def job(number: int) -> Job:
    return Job(**{**dict.fromkeys(Job.__dataclass_fields__), "id": number, "version": 1})  # type: ignore[arg-type]


def test_an_unexpected_error_of_a_poll_reaches_who_waits() -> None:
    def read() -> Job:
        raise RuntimeError("unexpected")

    async def wait() -> None:
        feed = JobFeed()
        async with feed.watching("", 7, read) as poll:
            await feed.newer(poll, job(7), WAIT_S)

    with pytest.raises(RuntimeError, match="unexpected"):
        run(asyncio.wait_for(wait(), WAIT_S / 2))


def test_the_same_number_in_another_workspace_is_another_job() -> None:
    async def wait() -> tuple[Job, Job]:
        feed = JobFeed()
        async with (
            feed.watching("", 7, lambda: replace(job(7), version=2, subject="ours")) as ours,
            feed.watching("workspace_2", 7, lambda: replace(job(7), version=2, subject="theirs")) as theirs,
        ):
            return await feed.newer(ours, job(7), WAIT_S), await feed.newer(theirs, job(7), WAIT_S)

    ours, theirs = run(wait())
    assert (ours.subject, theirs.subject) == ("ours", "theirs")
