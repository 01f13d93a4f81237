"""How a running run is doing beside its state."""

from __future__ import annotations

from mirrorlake.model.runs import RunFlag
from mirrorlake.plan.run_flags import SILENT_S, STALLED_S, run_flags


def test_a_run_that_moves_has_no_flags():
    assert run_flags(unmoved_s=0.0, silent_s=1.0, retrying=False) == ()
    assert run_flags(unmoved_s=STALLED_S - 1, silent_s=SILENT_S - 1, retrying=False) == ()


def test_a_run_stalls_without_progress_or_without_a_heartbeat():
    assert run_flags(unmoved_s=STALLED_S, silent_s=1.0, retrying=False) == (RunFlag.STALLED,)
    assert run_flags(unmoved_s=20.0, silent_s=SILENT_S, retrying=False) == (RunFlag.STALLED,)


def test_retries_are_shown_while_a_run_moves_and_while_it_stalls():
    assert run_flags(unmoved_s=0.0, silent_s=0.0, retrying=True) == (RunFlag.RETRYING,)
    assert run_flags(unmoved_s=STALLED_S, silent_s=0.0, retrying=True) == (RunFlag.RETRYING, RunFlag.STALLED)


def test_what_a_silent_process_last_reported_is_no_longer_known():
    assert run_flags(unmoved_s=SILENT_S, silent_s=SILENT_S, retrying=True) == (RunFlag.STALLED,)
