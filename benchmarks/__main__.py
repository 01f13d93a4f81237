"""`make bench` and `make soak`: measure everything in one run on one machine, and write benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import (
    api_requests,
    azure,
    browser,
    embedding,
    exports,
    fields,
    first_pass,
    google,
    label_files,
    labels,
    likeness,
    load_costs,
    no_change,
    picture,
    ray_passes,
    renames,
    search,
    sidecars,
    texts,
    vectors,
)
from benchmarks.place import loaded_s3
from benchmarks.results import loop_speed, provenance, update
from benchmarks.tables import Table

RESULTS = Path(__file__).with_name("RESULTS.md")
SOAK_RESULTS = Path(__file__).with_name("SOAK.md")
MILLION = 1_000_000


def _million(rounds: int) -> list[Table]:
    return no_change.synthetic(MILLION, rounds=rounds)


def _azure(rounds: int) -> list[Table]:
    return [azure.beside_s3(MILLION, rounds=rounds), *no_change.azure(MILLION, rounds=rounds)]


def _ten_million(rounds: int) -> list[Table]:
    return no_change.synthetic(10 * MILLION, rounds=min(rounds, 3))


def _sidecars(rounds: int) -> list[Table]:
    return sidecars.changed(MILLION, sidecars=10_000, rounds=rounds)


def _label_files(files: int, rounds: int) -> list[Table]:
    return label_files.loaded(files, rounds=min(rounds, 3))


def _renames(rounds: int) -> list[Table]:
    return renames.renamed(100_000, rounds=rounds)


def _seaweed(rounds: int) -> list[Table]:
    with loaded_s3() as server:
        return [no_change.on_seaweed(server, rounds=rounds)]


def _google(rounds: int) -> list[Table]:
    return [*google.listing(MILLION, rounds=rounds), *no_change.google(MILLION, rounds=rounds)]


def _labels(rounds: int) -> list[Table]:
    return labels.imports_and_exports(MILLION // 10, rounds=min(rounds, 3))


def _export(rounds: int) -> list[Table]:
    return exports.exported(MILLION, rounds=min(rounds, 2))


def _completion(assets: int, rounds: int) -> list[Table]:
    return fields.completion(assets, rounds=rounds)


def _facets(assets: int, rounds: int) -> list[Table]:
    return fields.facets(assets, rounds=rounds)


def _ten_million_fields(rounds: int) -> list[Table]:
    return [*fields.completion(10 * MILLION, rounds=rounds), *fields.facets(10 * MILLION, rounds=rounds)]


def _likeness(rounds: int) -> list[Table]:
    return likeness.near_duplicates(MILLION, rounds=min(rounds, 3))


def _vectors(assets: int, rounds: int) -> list[Table]:
    return vectors.searched(assets, rounds=min(rounds, 3))


def _lite(rounds: int) -> list[Table]:
    return embedding.lite(rounds)


def _clip(model: str, rounds: int) -> list[Table]:
    return embedding.clip(model, rounds)


def _texts(rounds: int) -> list[Table]:
    return texts.reading(min(rounds, 3))


def _picture(rounds: int) -> list[Table]:
    return [picture.step_by_step(rounds)]


def _requests(rounds: int) -> list[Table]:
    return [api_requests.over_http(rounds)]


def _photographs(rounds: int) -> list[Table]:
    with loaded_s3() as server:
        return [first_pass.over_photographs(server, rounds=rounds)]


def _ray(rounds: int) -> list[Table]:
    with loaded_s3() as server:
        return [ray_passes.beside_local(server, rounds=rounds)]


def _load(rounds: int) -> list[Table]:
    return [load_costs.of_an_asset(rounds=min(rounds, 3))]


def _search(assets: int, rounds: int) -> list[Table]:
    return search.measured(assets, rounds=rounds)


def _browser(assets: int, rounds: int) -> list[Table]:
    return browser.measured(assets, rounds=rounds)


def _keep(library: Path, assets: int | None) -> None:
    """Measure these parts in a library that stays."""
    BENCH["search"] = lambda rounds: search.measured(assets or 10 * MILLION, rounds=rounds, library=library)
    BENCH["vectors"] = lambda rounds: vectors.searched(assets or MILLION, rounds=min(rounds, 3), library=library)


BENCH: dict[str, Callable[[int], list[Table]]] = {
    "seaweed": _seaweed,
    "million": _million,
    "azure": _azure,
    "sidecars": _sidecars,
    "label-files": partial(_label_files, MILLION // 10),
    "renames": _renames,
    "gcs": _google,
    "labels": _labels,
    "export": _export,
    "completion": partial(_completion, MILLION),
    "facets": partial(_facets, MILLION),
    "likeness": _likeness,
    "vectors": partial(_vectors, MILLION),
    "lite": _lite,
    "texts": _texts,
    "photographs": _photographs,
    "picture": _picture,
    "ray": _ray,
    "requests": _requests,
    "load": _load,
    "search": partial(_search, 10 * MILLION),
    "browser": partial(_browser, MILLION),
}
# Needs PyTorch and a model, so that it is measured only where it is named.
CLIP = "clip"
SOAK: dict[str, Callable[[int], list[Table]]] = {"ten-million": _ten_million, "ten-million-fields": _ten_million_fields}


def main() -> None:
    """Measure all parts, or some, and write their results. Some are only printed unless they are to be written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--soak", action="store_true", help="the long proofs: ten million objects")
    parser.add_argument("--only", nargs="+", choices=sorted({**BENCH, **SOAK, CLIP: None}), help="print these parts")
    parser.add_argument("--write", action="store_true", help="with --only: also replace these parts in the results")
    parser.add_argument("--rounds", type=int, default=5, help="of every pair; medians are shown")
    parser.add_argument(
        "--model", default="clip:timm/ViT-B-16-SigLIP2", help="of the part clip; random:ViT-B-16 needs no hub"
    )
    parser.add_argument("--assets", type=int, help="of the parts search, browser, completion, facets and vectors")
    parser.add_argument("--library", type=Path, help="a folder that keeps the library of search or vectors")
    parser.add_argument("--label-files", type=int, help="of the part label-files")
    arguments = parser.parse_args()
    if arguments.label_files is not None:
        BENCH["label-files"] = partial(_label_files, arguments.label_files)
    if arguments.assets is not None:
        sized = {
            "search": _search,
            "browser": _browser,
            "completion": _completion,
            "facets": _facets,
            "vectors": _vectors,
        }
        BENCH.update({name: partial(part, arguments.assets) for name, part in sized.items()})
    if arguments.library is not None:
        _keep(arguments.library, arguments.assets)
    every = {**BENCH, CLIP: partial(_clip, arguments.model)}
    names = arguments.only or list(SOAK if arguments.soak else BENCH)
    for name in names:
        started, before = time.monotonic(), loop_speed()
        print(f"measuring: {name} …", flush=True)
        tables = [table.markdown() for table in {**every, **SOAK}[name](arguments.rounds)]
        print("\n".join(tables), flush=True)
        print(f"({name} took {time.monotonic() - started:.0f} s)\n", flush=True)
        if arguments.write or not arguments.only:
            target, order = (SOAK_RESULTS, SOAK) if name in SOAK else (RESULTS, every)
            update(target, {name: "\n".join([provenance(arguments.rounds, before, loop_speed()), *tables])}, order)
            print(f"written: {target}", flush=True)


if __name__ == "__main__":
    main()
