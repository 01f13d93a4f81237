"""Settings of all property tests: how long one example takes on a busy machine is no law."""

from hypothesis import settings

settings.register_profile("mirrorlake", deadline=None)
settings.load_profile("mirrorlake")
