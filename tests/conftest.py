"""Fixtures that many tests share live in `tests/support`, one file for each real service."""

import signal

from hypothesis import settings

pytest_plugins = ["tests.support.postgres"]

# How long one example takes on a busy machine is no law.
settings.register_profile("mirrorlake", deadline=None)
settings.load_profile("mirrorlake")

# Started in the background of a shell, tests have SIGINT ignored, and so has every process that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
