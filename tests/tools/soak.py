"""`make soak`: the long proofs, one after the other. What passed is not repeated when it is run again.

`python -m tests.tools.soak --only model` runs one of them, `--again` forgets what passed before. A change of the code
does so, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3
from tests.support.soak import SEED, SOAKING

ROOT = Path(__file__).parents[2]
PASSED = ROOT / ".cache" / "soak" / "passed.json"
CODE = ("src/mirrorlake", "tests", "benchmarks", "uv.lock")
MODEL_SEEDS = 5  # of 100 examples with 50 steps each
KILL_SEEDS = 2
# In an environment of its own: PyTorch takes 3 GB and minutes to install, and no other test needs it.
CLIP = (
    "run --isolated --frozen --all-groups --extra clip --with webdataset==1.0.2 --with pandas"  # for Ray's data sets
    " python -m pytest -q -x tests/clip"
)


@dataclass(frozen=True)
class Proof:
    """One long proof: a command and the seed that its random choices begin with."""

    name: str
    seed: int
    command: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.name}, seed {self.seed}"


def proofs() -> list[Proof]:
    """All of them, the quickest first."""

    def tests(name: str, path: str, seeds: int) -> list[Proof]:
        command = (sys.executable, "-m", "pytest", "-q", "-x", "-s", path)
        return [Proof(name, seed, command) for seed in range(1, seeds + 1)]

    return [
        *tests("listings", "tests/integration/test_destructive_listings.py", 1),
        *tests("damaged files", "tests/integration/test_damaged_corpus.py", 1),
        *tests("model", "tests/property/test_pass_converges.py", MODEL_SEEDS),
        *tests("events", "tests/property/test_events_law.py", 1),
        *tests("sharing", "tests/property/test_sharing_converges.py", 1),
        *tests("label files", "tests/property/test_label_sidecars_law.py", 1),
        *tests("backup", "tests/journey/test_backup_many.py", 1),
        Proof("journeys", 1, (sys.executable, "-m", "pytest", "-q", "-m", "long", "tests")),
        *tests("kinds of jobs", "tests/integration/test_jobs.py", 1),
        *tests("kinds of servers", "tests/integration/test_s3_servers.py", 1),
        *tests("shared objects", "tests/integration/test_sharing_lasts.py", 1),
        *tests("bad input", "tests/journey/test_bad_input.py", 1),
        *tests("contract", "tests/integration/test_rest_contract.py", 2),
        *tests("jobs", "tests/journey/test_jobs.py", 1),
        *tests("kills", "tests/journey/test_kills.py", KILL_SEEDS),
        Proof("clip", 1, (str(ROOT / ".uv" / "bin" / "uv"), *CLIP.split())),
        Proof("ten-million", 1, (sys.executable, "-m", "benchmarks", "--soak")),
    ]


def left(every: Iterable[Proof], passed: Sequence[str]) -> list[Proof]:
    """Those that did not pass yet."""
    return [proof for proof in every if proof.title not in passed]


def remembered(path: Path, code: str) -> list[str]:
    """The titles of what passed with exactly this code."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return []
    return found["passed"] if found["code"] == code else []


def remember(path: Path, code: str, passed: Sequence[str]) -> None:
    """Keep what passed, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"code": code, "passed": list(passed)}), "utf-8")
    fresh.replace(path)


def digest_of(root: Path) -> str:
    """The code that the proofs are about."""
    found = blake3()
    for name in CODE:
        paths = [root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))
        for path in paths:
            if path.is_file() and path.suffix in {".py", ".sql", ".lock"}:
                found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def main() -> None:
    """Run what is left, and say how far it is."""
    names = sorted({proof.name for proof in proofs()})
    parser = argparse.ArgumentParser(prog="python -m tests.tools.soak", description=__doc__)
    parser.add_argument("--only", choices=names, help="one kind of proof")
    parser.add_argument("--again", action="store_true", help="forget what passed before")
    arguments = parser.parse_args()
    code = digest_of(ROOT)
    passed = [] if arguments.again else remembered(PASSED, code)
    every = [proof for proof in proofs() if arguments.only in (None, proof.name)]
    waiting = left(every, passed)
    if len(waiting) < len(every):
        print(f"{len(every) - len(waiting)} of {len(every)} proofs passed before; --again repeats them.", flush=True)
    for place, proof in enumerate(waiting, len(every) - len(waiting) + 1):
        print(f"proof {place} of {len(every)}: {proof.title} …", flush=True)
        started = time.monotonic()
        done = subprocess.run(
            proof.command, cwd=ROOT, env=os.environ | {SOAKING: "1", SEED: str(proof.seed)}, check=False
        )
        if done.returncode:
            again = f"{SOAKING}=1 {SEED}={proof.seed} {' '.join(proof.command)}"
            sys.exit(f"It failed. Once more, alone: {again}")
        passed.append(proof.title)
        remember(PASSED, code, passed)
        print(f"passed in {time.monotonic() - started:.0f} s\n", flush=True)
    print("All of it holds.")


if __name__ == "__main__":
    main()
