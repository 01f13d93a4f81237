"""The engine that a setting names."""

from __future__ import annotations

from importlib.util import find_spec

from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import LOCAL_ENGINE
from mirrorlake.engine.base import Engine, LocalEngine
from mirrorlake.engine.ray_pool import RayEngine
from mirrorlake.processing.prestart import cores


def choose_engine(setting: str, processes: int | None) -> Engine:
    """The engine of a setting such as `local`; `processes` limits what runs at once (None: one for each core).

    Raises SettingsError if the package of a cluster is not installed. Connects to nothing.
    """
    if setting == LOCAL_ENGINE:
        return LocalEngine(processes or cores())
    check_installed(setting)
    return RayEngine(setting, processes)


def check_installed(setting: str) -> None:
    """Raise SettingsError if what this setting needs is not installed."""
    if setting != LOCAL_ENGINE and find_spec("ray") is None:
        raise SettingsError(
            f"MIRRORLAKE_ENGINE is {setting}, and the package ray is not installed.",
            "Install mirrorlake[ray], or unset MIRRORLAKE_ENGINE to use this machine alone.",
        )
