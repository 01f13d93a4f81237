"""The names of the package: what scripts import."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources

import pytest

import mirrorlake


def test_the_package_has_exactly_these_names() -> None:
    assert mirrorlake.__all__ == [
        "AssetDataset",
        "ExportFormat",
        "ExportOptions",
        "ExportScope",
        "Mirrorlake",
        "MirrorlakeError",
        "PreviewKind",
        "Record",
        "open",
    ]
    assert all(getattr(mirrorlake, name) is not None for name in mirrorlake.__all__)
    assert mirrorlake.open.__name__ == "open_dataset"
    assert set(mirrorlake.__all__) <= set(dir(mirrorlake))
    with pytest.raises(AttributeError, match="nothing"):
        _ = mirrorlake.nothing


def test_type_checkers_are_told_that_the_package_has_types() -> None:
    assert resources.files("mirrorlake").joinpath("py.typed").is_file()


def test_importing_the_package_loads_nothing_else() -> None:
    code = "import sys, mirrorlake; print([name for name in sys.modules if name.startswith('mirrorlake.')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
