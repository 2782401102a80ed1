"""What --dry-run says of memory and time, beside what cases take: whole processes, from start to printed result.

    python -m benchmarks.estimates                          every case once (ten minutes)
    python -m benchmarks.estimates --only 4,7               some, by number
    python -m benchmarks.estimates --write docs/study-file.md

Memory is the peak of the resident set (VmHWM), time what the processor spent on the process and its threads; the
estimate's are those of this machine.  Kernels are compiled before.  A ratio is the larger of the two over the smaller.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.tables import markdown, write
from topo.cli.exits import LIMIT, OK

MARK = "<!-- benchmarks/estimates.py -->"
PLANES = "fat-tree-2:radix=512,planes=8,nic=multi-port"
#: Fabric, traffic, and further options; sizes from 64 to 131,072 endpoints, every family, policy and solver.
CASES = (
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


def measured(words: list[str]) -> tuple[float, float]:
    """Return seconds and memory [MiB] of the command in a process of its own."""
    child = [sys.executable, "-c", CHILD, *words, "--json"]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    code = done.stdout.split(" ")[0]
    if done.returncode or int(code or 1) not in (OK, LIMIT):
        raise SystemExit(f"topo {' '.join(words)}: {done.stderr or done.stdout}")
    _, seconds, kilobytes = done.stdout.split()
    return float(seconds), float(kilobytes) / 1024


def estimated(words: list[str]) -> tuple[float, float]:
    """Return seconds and memory [MiB] that --dry-run says of the command."""
    dry = [sys.executable, "-m", "topo", *words, "--dry-run", "--json"]
    found = json.loads(subprocess.run(dry, capture_output=True, check=True).stdout)
    return found["total_seconds"], found["peak_memory_bytes"] / 2**20


def ratio(said: float, took: float) -> float:
    """Return how many times the smaller goes into the larger."""
    return max(said / took, took / said)


def table(numbers: list[int]) -> str:
    """Return a row a case, and the worst ratios."""
    rows, worst = [], [0.0, 0.0]
    for number in numbers:
        words = command(*CASES[number])
        said, took = estimated(words), measured(words)
        each = [ratio(*pair) for pair in zip(said, took, strict=True)]
        worst = [max(pair) for pair in zip(worst, each, strict=True)]
        time, memory = ((said[i], took[i], each[i]) for i in (0, 1))
        cells = [*map("{:.{}f}".format, time, (1, 1, 2)), *map("{:.{}f}".format, memory, (0, 0, 2))]
        rows.append((f"`{' '.join(words[1:])}`", *cells))
        print(number, *rows[-1], file=sys.stderr, flush=True)
    rows.append(("worst", "", "", f"{worst[0]:.2f}", "", "", f"{worst[1]:.2f}"))
    head = ("case", "seconds said", "taken", "ratio", "MiB said", "taken", "ratio")
    return markdown(head, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="numbers of cases, from 0, comma between")
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    given = parser.parse_args()
    text = table([int(one) for one in given.only.split(",")] if given.only else list(range(len(CASES))))
    print(text)
    if given.write:
        write(given.write, MARK, text)
