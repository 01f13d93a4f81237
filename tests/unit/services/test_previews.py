"""Previews are made once for all who ask, told for a while, and tell what went wrong."""

from __future__ import annotations

import threading
import time

import pytest

from mirrorlake.core.errors import MirrorlakeError, NotFound, SourceUnreachable
from mirrorlake.mirror.cancellation import CancelCheck
from mirrorlake.mirror.report import Report
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.services.previews import KEPT, Previews


def report(name: str, _check: CancelCheck) -> Report:
    return Report(run=None, datasource=name, state=RunState.SUCCEEDED, counts=Counts(listed=7))


def ended(previews: Previews, number: str) -> Preview:
    while (told := previews.told(number)).state is RunState.RUNNING:
        time.sleep(0.005)
    return told


def test_who_asks_while_one_is_made_is_given_the_same() -> None:
    go = threading.Event()

    def make(name: str, check: CancelCheck) -> Report:
        go.wait()
        return report(name, check)

    previews = Previews(make)
    first, second, other = previews.begin("a"), previews.begin("a"), previews.begin("b")
    assert first.id == second.id != other.id
    assert first.state is RunState.RUNNING
    go.set()
    assert ended(previews, first.id).counts.listed == 7
    assert previews.begin("a").id != first.id


def test_the_oldest_is_forgotten_first() -> None:
    previews = Previews(report)
    made = [previews.begin(str(number)).id for number in range(KEPT + 1)]
    with pytest.raises(NotFound):
        previews.told(made[0])
    assert ended(previews, made[1]).datasource == "1"


def test_what_went_wrong_is_told_to_who_asks() -> None:
    def make(name: str, _check: CancelCheck) -> Report:
        raise SourceUnreachable(f"{name} does not answer.")

    previews = Previews(make)
    begun = previews.begin("a")
    with pytest.raises(SourceUnreachable):
        ended(previews, begun.id)


def test_one_under_way_goes_on_until_its_server_ends() -> None:
    going, go = threading.Event(), threading.Event()

    def make(name: str, check: CancelCheck) -> Report:
        check()
        going.set()
        go.wait()
        check()
        return report(name, check)

    previews = Previews(make)
    begun = previews.begin("a")
    going.wait()
    previews.end()
    go.set()
    with pytest.raises(MirrorlakeError, match="server ended"):
        ended(previews, begun.id)
