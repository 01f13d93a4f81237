"""Fixtures that many tests share live in `tests/support`, one file for each real service."""

import gc
import os
import signal
import tempfile
from pathlib import Path

import psutil
from hypothesis import settings

pytest_plugins = ["tests.support.postgres"]

# In memory, creating a database takes a tenth of the time. TMPDIR chooses another place.
RAM_DISK = Path("/dev/shm")  # of Linux; for everybody, like /tmp
if "TMPDIR" not in os.environ and RAM_DISK.is_dir() and psutil.virtual_memory().available > 8 << 30:
    os.environ["TMPDIR"] = tempfile.tempdir = str(RAM_DISK)

# How long one example takes on a busy machine is no law.
settings.register_profile("mirrorlake", deadline=None)
settings.load_profile("mirrorlake")

# Started in the background of a shell, tests have SIGINT ignored, and so has every process that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each process of the suite holds 13,000 tests with their modules: searching those for garbage took a tenth of its time.
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    """Never search what was collected for garbage: it stays until the end."""
    gc.freeze()
