"""The pictures that label files are about, as far as the labels depend on them."""

from __future__ import annotations

from mirrorlake.catalog.label_files import UnreadLabels, image_list
from mirrorlake.catalog.statements import statement
from mirrorlake.labels.turning import PictureSize
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.label_names import LabelNames
from mirrorlake.select.label_patterns import Reach


def picture_sizes(
    catalog: Catalog, datasource_id: int, files: UnreadLabels, names: LabelNames
) -> dict[int, dict[str, PictureSize]]:
    """The sizes of the images of those files, by their places and by the names of the images in their folders."""
    values = {
        "images": image_list(files, names),
        "reach": list(Reach).index(names.reach),
        "datasource_id": datasource_id,
    }
    found: dict[int, dict[str, PictureSize]] = {}
    with catalog.read() as connection:
        for number, name, width, height, orientation in connection.execute(
            statement("label_picture_sizes").query, values
        ):
            size = PictureSize(width=width, height=height, orientation=orientation or 1)
            found.setdefault(number - 1, {})[name] = size
    return found
