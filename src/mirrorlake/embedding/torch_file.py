"""Read the tensors of a file that torch.save wrote before version 1.6, without torch.

Such a file is a sequence of pickles and the bytes of the tensors. A pickle can run code, so only the few names that a
dictionary of tensors needs are looked up: any other one ends the reading.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_TYPES: Final = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_LENGTH_BYTES: Final = 8

Tensors = Mapping[str, NDArray[Any]]


def read_tensors(path: Path) -> Tensors:
    """The tensors by name. Raises pickle.UnpicklingError for a file with anything but contiguous tensors."""
    with path.open("rb") as file:
        if _Pickle(file).load() != _MAGIC:
            raise pickle.UnpicklingError(f"{path.name} is no file of tensors")
        for _ in range(2):  # the version of the format, and the byte order of the machine
            _Pickle(file).load()
        reader = _Pickle(file)
        named = reader.load()
        stored = {key: _read_storage(file, reader.types[key]) for key in _Pickle(file).load()}
    return {name: _tensor(stored[key], offset, size, stride) for name, (key, offset, size, stride) in named.items()}


def _read_storage(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    count = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    return np.frombuffer(file.read(count * dtype.itemsize), dtype, count)


def _tensor(values: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> NDArray[Any]:
    """The tensor, whose dimensions may be stored in another order than they have."""
    order = sorted(range(len(size)), key=lambda place: (-stride[place], size[place] == 1))
    stored = [size[place] for place in order]
    expected = {place: prod(stored[at + 1 :]) for at, place in enumerate(order)}
    if any(stride[place] != expected[place] for place in order if size[place] > 1):
        raise pickle.UnpicklingError("a tensor has gaps")
    return values[offset : offset + prod(size)].reshape(stored).transpose([order.index(n) for n in range(len(size))])


class _Pickle(pickle.Unpickler):
    """Reads one pickle of such a file."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.types: dict[str, np.dtype[Any]] = {}  # of the storages, by their keys

    def find_class(self, module: str, name: str, /) -> Any:
        """The few names that tensors need."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _reference
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a file of tensors")

    def persistent_load(self, pid: Any, /) -> str:
        """The key of a storage, whose bytes follow later in the file."""
        _, dtype, key, _, _, _ = pid
        self.types[key] = dtype
        return key


def _reference(key: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> tuple[object, ...]:
    return key, offset, tuple(size), tuple(stride)
