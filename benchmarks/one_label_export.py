"""One export of labels as COCO, in a process whose memory is measured.

`python -m benchmarks.one_label_export --home H --query Q --out FILE` prints one JSON line: how many labels it wrote.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import orjson

from mirrorlake.core.settings import Settings
from mirrorlake.library.label_export import export_labels
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.labels import LabelExportOptions
from mirrorlake.postgres.pool import open_catalog


def _no_step(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def main() -> None:
    """Export, and print the number of labels."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--query", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    settings = Settings(home=arguments.home)
    with open_catalog(settings) as catalog, tempfile.TemporaryDirectory() as workdir:
        made = export_labels(
            catalog,
            LabelExportOptions(query=arguments.query, format="coco", path=arguments.out),
            _no_step,
            stores=SourceStores(settings, catalog),
            workdir=Path(workdir),
        )
    print(orjson.dumps({"labels": made.annotations}).decode())


if __name__ == "__main__":
    main()
