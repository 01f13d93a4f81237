"""What reads text in pictures: RapidOCR with the weights in its package. It fetches nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from mirrorlake.core.errors import UsageError

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

_NEEDED: Final = ("rapidocr", "onnxruntime")
_PARAMETERS: Final = {
    "Global.log_level": "error",  # otherwise it reports each picture without text
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def model_name() -> str:
    """The name of what reads, which changes with its weights: texts of another name are read again.

    Raises UsageError if it is not installed here.
    """
    missing = [package for package in _NEEDED if find_spec(package) is None]
    if missing:
        raise UsageError(
            f"Text in pictures is read with the package {missing[0]}, which is not installed here.",
            "Install mirrorlake[ocr] where the workers run, or turn the setting pictureText off.",
        )
    try:
        major, minor, *_ = version("rapidocr").split(".")
    except PackageNotFoundError:  # found as a folder without its metadata
        return "rapidocr"
    return f"rapidocr-{major}.{minor}"  # a fix of its code is no reason to read everything again


def open_reader(threads: int) -> Callable[[NDArray[uint8]], list[str]]:
    """What returns the lines of an RGB picture, from top to bottom. Loads the weights at the first picture."""
    from rapidocr import RapidOCR  # noqa: PLC0415  loads what runs the networks

    engine: Any = RapidOCR(params={**_PARAMETERS, "EngineConfig.onnxruntime.intra_op_num_threads": threads})

    def read(picture: NDArray[uint8]) -> list[str]:
        found: Any = engine(picture[:, :, ::-1])  # it takes BGR
        return [str(line) for line in found.txts or ()]

    return read
