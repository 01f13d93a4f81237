"""mirrorlake: a searchable library of images that stays in step with cloud buckets.

from mirrorlake import Mirrorlake          # a library on a server
dataset = mirrorlake.open("traps@3")       # the images and labels of a snapshot, for training

Names are imported when they are used, so that `import mirrorlake` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrorlake.client.client import Mirrorlake  # for type checkers
    from mirrorlake.client.dataset import AssetDataset, Record, open_dataset  # for type checkers
    from mirrorlake.core.errors import MirrorlakeError  # for type checkers
    from mirrorlake.model.asset_previews import PreviewKind  # for type checkers
    from mirrorlake.model.exports import ExportFormat, ExportOptions, ExportScope  # for type checkers

    open = open_dataset  # noqa: A001  only as `mirrorlake.open`

__all__ = [
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


def __getattr__(name: str) -> Any:
    match name:
        case "Mirrorlake":
            from mirrorlake.client.client import Mirrorlake  # noqa: PLC0415  see above

            found: Any = Mirrorlake
        case "AssetDataset" | "Record" | "open":
            from mirrorlake.client import dataset  # noqa: PLC0415  see above

            found = getattr(dataset, "open_dataset" if name == "open" else name)
        case "ExportFormat" | "ExportOptions" | "ExportScope":
            from mirrorlake.model import exports  # noqa: PLC0415  see above

            found = getattr(exports, name)
        case "PreviewKind":
            from mirrorlake.model.asset_previews import PreviewKind  # noqa: PLC0415  see above

            found = PreviewKind
        case "MirrorlakeError":
            from mirrorlake.core.errors import MirrorlakeError  # noqa: PLC0415  see above

            found = MirrorlakeError
        case _:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
