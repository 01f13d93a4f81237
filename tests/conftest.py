"""Fixtures that many tests share live in `tests/support`, one file for each real service."""

from hypothesis import settings

pytest_plugins = ["tests.support.postgres"]

# How long one example takes on a busy machine is no law.
settings.register_profile("mirrorlake", deadline=None)
settings.load_profile("mirrorlake")
