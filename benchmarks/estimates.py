"""What --dry-run says of memory and time, beside what cases take: whole processes, from start to printed result.

    python -m benchmarks.estimates                          every case once (ten minutes)
    python -m benchmarks.estimates --only 4,7               some, by number
    python -m benchmarks.estimates --drawn 20 --seed 1      others, drawn at random
    python -m benchmarks.estimates --start                  what a process takes before it works: least of five
    python -m benchmarks.estimates --write docs/study-file.md

Memory is the peak of the resident set (VmHWM), time what the processor spent on the process and its threads; the
estimate's are those of one core of this machine.  So a process has one core, on which the clock that stops a search
tells processor time; with several it would be threads times as much.  Sources and kernels are compiled before, as
those of an installed package are.  A ratio is the larger of the two over the smaller.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from benchmarks.tables import markdown, write
from topo.cli.exits import LIMIT, OK

MARK = "<!-- benchmarks/estimates.py -->"
#: Fabric, traffic, and further options.
Case = tuple[str, str, dict[str, str]]
PLANES = "fat-tree-2:radix=512,planes=8,nic=multi-port"
#: Sizes from 64 to 131,072 endpoints, every family, policy and solver.
CASES: tuple[Case, ...] = (
    ("fat-tree-2:radix=16,endpoints=64", "uniform", {}),
    ("fat-tree-2:radix=32,endpoints=256", "hotspot", {"solver": "max-min"}),
    ("fat-tree-3:radix=16", "permutation", {"solver": "completion"}),
    ("fat-tree-3:radix=16", "uniform", {"routing": "adaptive"}),
    ("fat-tree-2:radix=64,endpoints=1024", "permutation", {"routing": "spray:paths=128"}),
    ("dragonfly:a=8,p=4,h=4", "adversarial", {"routing": "optimal", "solver": "max-concurrent"}),
    ("dragonfly:a=8,p=4,h=4", "permutation", {"routing": "ugal:seconds=20"}),
    ("fat-tree-2:radix=64,planes=8,endpoints=2048", "moe-all-to-all:ep=64", {"solver": "completion"}),
    ("fat-tree-2:radix=64,planes=8,nic=multi-port", "all-to-all", {"solver": "completion"}),
    ("slim-fly:q=11", "permutation", {"routing": "wcmp", "solver": "completion"}),
    ("slim-fly:q=19", "uniform", {"routing": "valiant"}),
    ("fat-tree-2:radix=128,endpoints=6400", "uniform", {"routing": "static", "solver": "completion"}),
    ("fat-tree-3:radix=32", "permutation", {"solver": "max-min"}),
    ("fat-tree-3:radix=32", "permutation", {"routing": "ecmp-hash:qps=16", "solver": "completion"}),
    ("fat-tree-3:radix=32", "uniform", {"failures": "random:part=cable,count=20,seed=1"}),
    ("dragonfly:a=16,p=8,h=8", "permutation", {"routing": "valiant"}),
    ("fat-tree-3:radix=48,endpoints=16384", "hotspot", {"solver": "completion"}),
    ("fat-tree-3:radix=64,endpoints=16384", "training-step", {"solver": "completion"}),
    ("dragonfly:a=20,p=10,h=10", "uniform", {}),
    ("fat-tree-3:radix=64", "uniform", {"solver": "max-min"}),
    ("fat-tree-3:radix=64", "permutation", {"routing": "static"}),
    ("fat-tree-3:radix=64", "permutation", {}),
    (PLANES, "permutation", {}),
    (PLANES, "allreduce:algorithm=ring", {"solver": "completion"}),
    (PLANES, "all-to-all", {"solver": "completion"}),
)
#: What others are drawn of: each is one of these fabrics, with traffic, a policy and a solver, at times with failures.
FABRICS = (
    "fat-tree-2:radix=16,endpoints=64", "fat-tree-2:radix=32,oversubscription=3", "fat-tree-2:radix=64,planes=4",
    "fat-tree-2:radix=64,planes=4,nic=multi-port", "fat-tree-2:radix=128,endpoints=5000", "fat-tree-2:radix=256",
    PLANES, "fat-tree-3:radix=16", "fat-tree-3:radix=24,endpoints=2048", "fat-tree-3:radix=32,oversubscription=2",
    "fat-tree-3:radix=32,planes=2,nic=multi-port", "fat-tree-3:radix=48", "fat-tree-3:radix=48,endpoints=10000",
    "fat-tree-3:radix=64", "dragonfly:a=4,p=2,h=2", "dragonfly:a=12,p=6,h=6", "dragonfly:a=16,p=8,h=8,g=65",
    "dragonfly:a=20,p=10,h=10", "slim-fly:q=5", "slim-fly:q=19", "slim-fly:q=43",
)  # fmt: skip
TRAFFIC = (
    "uniform", "permutation", "shift", "tornado", "hotspot", "incast", "all-to-all:ep=64", "allreduce:algorithm=ring",
    "allreduce:algorithm=hierarchical", "allreduce:group_size=64", "all-gather", "moe-all-to-all", "decode-step",
    "training-step", "training-step:tp=8", "training-step:tp=4,pp=4", "adversarial",
)  # fmt: skip
POLICIES = (
    *["ecmp"] * 4, "wcmp", "static", "ecmp-hash", "ecmp-hash:qps=4", "spray", "valiant", "adaptive:seconds=20",
    "optimal:seconds=20", "ugal:seconds=20",
)  # fmt: skip
SOLVERS = ("proportional", "completion", "completion", "max-min")
FAILURES = "random:part=cable,count=3,seed=1"
#: The larger over the smaller up to which an estimate holds.
TWICE = 2.0
#: Cases said to take more are not run: [s], [MiB].
MOST = 120.0, 6_000.0
#: Where nothing but the process counts: closed forms, and with kernels.
STARTS: tuple[Case, ...] = (
    ("fat-tree-2:radix=4", "uniform", {}),
    ("fat-tree-2:radix=4", "permutation", {"solver": "max-min"}),
)
#: Runs the command line, then says what it took: seconds, and the most memory that it has held [kB].
CHILD = """\
import contextlib, io, resource, sys
from topo.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/status") as file:
    peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
print(code, used.ru_utime + used.ru_stime, peak)
"""


def command(fabric: str, traffic: str, options: dict[str, str]) -> list[str]:
    """Return the words of the case on the command line."""
    return ["analyze", fabric, traffic, *(word for key, text in options.items() for word in (f"--{key}", text))]


def measured(words: list[str], *, alone: bool = False) -> tuple[float, float]:
    """Return seconds and memory [MiB] of the command in a process of its own; ``alone`` gives it one core."""
    child = [sys.executable, "-c", CHILD, *words, "--json"]
    pinned = _on_one_core if alone and hasattr(os, "sched_setaffinity") else None
    done = subprocess.run(child, capture_output=True, text=True, check=False, env=_as_installed(), preexec_fn=pinned)
    code = done.stdout.split(" ")[0]
    if done.returncode or int(code or 1) not in (OK, LIMIT):
        raise SystemExit(f"topo {' '.join(words)}: {done.stderr or done.stdout}")
    _, seconds, kilobytes = done.stdout.split()
    return float(seconds), float(kilobytes) / 1024


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _as_installed() -> dict[str, str]:
    """Return the environment in which Python keeps what it compiles, whatever this one says."""
    return {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def estimated(words: list[str]) -> tuple[float, float] | None:
    """Return seconds and memory [MiB] that --dry-run says of the command; None where it says that it fails."""
    dry = [sys.executable, "-m", "topo", *words, "--dry-run", "--json"]
    done = subprocess.run(dry, capture_output=True, check=False)
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    if found["cases"][0]["seconds"] is None:
        return None
    return found["total_seconds"], found["peak_memory_bytes"] / 2**20


def drawn(n: int, seed: int) -> Iterator[Case]:
    """Yield ``n`` cases drawn at random that a dry run approves and that take less than MOST."""
    random, found = Random(seed), 0
    while found < n:
        options = {"routing": random.choice(POLICIES), "solver": random.choice(SOLVERS)}
        if random.random() < 0.15:
            options["failures"] = FAILURES
        case = random.choice(FABRICS), random.choice(TRAFFIC), options
        said = estimated(command(*case))
        if said is not None and all(one <= most for one, most in zip(said, MOST, strict=True)):
            found += 1
            yield case


def ratio(said: float, took: float) -> float:
    """Return how many times the smaller goes into the larger."""
    return max(said / took, took / said)


def table(cases: Iterable[Case]) -> str:
    """Return on how many cases estimates hold, and a row a case."""
    rows, ratios = [], []
    for case in STARTS:
        measured(command(*case), alone=True)  # which leaves compiled what all others find
    for number, case in enumerate(cases):
        words = command(*case)
        said, took = estimated(words), measured(words, alone=True)
        if said is None:
            raise SystemExit(f"topo {' '.join(words)} --dry-run says that it fails")
        each = [ratio(*pair) for pair in zip(said, took, strict=True)]
        ratios.append(each)
        time, memory = ((said[i], took[i], each[i]) for i in (0, 1))
        cells = [*map("{:.{}f}".format, time, (1, 1, 2)), *map("{:.{}f}".format, memory, (0, 0, 2))]
        rows.append((f"`{' '.join(words[1:])}`", *cells))
        print(number, *rows[-1], file=sys.stderr, flush=True)
    worst = [max(column) for column in zip(*ratios, strict=True)]
    rows.append(("worst", "", "", f"{worst[0]:.2f}", "", "", f"{worst[1]:.2f}"))
    head = ("case", "seconds said", "taken", "ratio", "MiB said", "taken", "ratio")
    return f"{verdict(ratios)}\n\n{markdown(head, rows)}"


def verdict(ratios: Sequence[Sequence[float]]) -> str:
    """Return on how many cases time and memory are within TWICE, of ``ratios`` of both a case."""
    n, (time, memory) = len(ratios), (sum(one <= TWICE for one in column) for column in zip(*ratios, strict=True))
    if time == memory == n:
        return f"Time and memory are within twice on all {n} cases."
    return f"Time is within twice on {time} of {n} cases, memory on {memory}."


def starts() -> str:
    """Return what a process takes that has hardly anything to do, the least of five runs: seconds and MiB."""
    rows = []
    for case in STARTS:
        took = [measured(command(*case), alone=True) for _ in range(5)]
        rows.append((f"`{' '.join(command(*case)[1:])}`", *(f"{min(each):.2f}" for each in zip(*took, strict=True))))
    return markdown(("case", "seconds", "MiB"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="numbers of cases, from 0, comma between")
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    parser.add_argument("--drawn", type=int, default=0, help="cases drawn at random in place of those")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--start", action="store_true", help="what a process takes before it works")
    given = parser.parse_args()
    if given.start:
        print(starts())
        raise SystemExit
    some = [CASES[int(one)] for one in given.only.split(",")] if given.only else CASES
    text = table(drawn(given.drawn, given.seed) if given.drawn else some)
    print(text)
    if given.write:
        write(given.write, MARK, text)
