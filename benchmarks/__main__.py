"""`make bench` and `make soak`: measure everything in one run on one machine, and write benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import api_requests, azure, first_pass, google, no_change, picture, renames, sidecars
from benchmarks.place import loaded_s3
from benchmarks.results import provenance, update
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


def _renames(rounds: int) -> list[Table]:
    return renames.renamed(100_000, rounds=rounds)


def _seaweed(rounds: int) -> list[Table]:
    with loaded_s3() as server:
        return [no_change.on_seaweed(server, rounds=rounds)]


def _google(rounds: int) -> list[Table]:
    return [*google.listing(MILLION, rounds=rounds), *no_change.google(MILLION, rounds=rounds)]


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
    "renames": _renames,
    "gcs": _google,
    "photographs": _photographs,
    "picture": _picture,
    "requests": _requests,
}
SOAK: dict[str, Callable[[int], list[Table]]] = {"ten-million": _ten_million}


def main() -> None:
    """Measure all parts, or some, and write their results. Some are only printed unless they are to be written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--soak", action="store_true", help="the long proofs: ten million objects")
    parser.add_argument("--only", nargs="+", choices=sorted({**BENCH, **SOAK}), help="print these parts")
    parser.add_argument("--write", action="store_true", help="with --only: also replace these parts in the results")
    parser.add_argument("--rounds", type=int, default=5, help="of every pair; medians are shown")
    arguments = parser.parse_args()
    names = arguments.only or list(SOAK if arguments.soak else BENCH)
    for name in names:
        started = time.monotonic()
        print(f"measuring: {name} …", flush=True)
        tables = [table.markdown() for table in {**BENCH, **SOAK}[name](arguments.rounds)]
        print("\n".join(tables), flush=True)
        print(f"({name} took {time.monotonic() - started:.0f} s)\n", flush=True)
        if arguments.write or not arguments.only:
            target, order = (SOAK_RESULTS, SOAK) if name in SOAK else (RESULTS, BENCH)
            update(target, {name: "\n".join([provenance(arguments.rounds), *tables])}, order)
            print(f"written: {target}", flush=True)


if __name__ == "__main__":
    main()
