"""Eight planes of 512-port switches, 131,072 NICs, and what is run beside them: whole commands, time and memory.

    python -m benchmarks.planes [--only 0,1] [--sizes] [--append] [--write docs/model.md]

Every row is a process of its own; seconds are of the processor, start and imports included, those of the clock beside
them.  ``--sizes`` runs what is drawn in docs/planes.svg, from 1,024 endpoints on, and draws it; ``--append`` adds
a line to benchmarks/history/planes.jsonl, which ``benchmarks.history`` reads.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

from benchmarks.estimates import measured
from benchmarks.history import Record, append
from benchmarks.tables import markdown, write

MARK = "<!-- benchmarks/planes.py -->"
PLANES = "fat-tree-2:radix=512,planes=8,nic=multi-port"
TREE = "fat-tree-3:radix=64,endpoints=16384"
SPRAY = ("permutation", "--routing", "spray:paths=128,choose=blind", "--max-memory", "8GiB")
FED_BACK = ("permutation", "--routing", "spray:paths=128,choose=feedback", "--max-memory", "8GiB")
#: What is run, by name.
CASES: dict[str, tuple[str, ...]] = {
    "uniform, 131,072": (PLANES, "uniform"),
    "permutation, 131,072": (PLANES, "permutation"),
    "permutation, 131,072, spray, blind": (PLANES, *SPRAY),
    "permutation, 131,072, spray, feedback": (PLANES, *FED_BACK),
    "ring allreduce, 131,072, completion": (PLANES, "allreduce:algorithm=ring", "--solver", "completion"),
    "all-to-all, 2,048 on eight planes, completion": (
        "fat-tree-2:radix=64,planes=8,endpoints=2048",
        "all-to-all",
        "--solver",
        "completion",
    ),
    "training step, 16,384, completion": (TREE, "training-step", "--solver", "completion"),
    "training step, 16,384, tapered 2:1, completion": (
        f"{TREE},oversubscription=2",
        "training-step",
        "--solver",
        "completion",
    ),
    "permutation, 1,024": ("fat-tree-2:radix=64,endpoints=1024", "permutation"),
}
#: What is drawn against endpoints, on planes of as many.
LINES: dict[str, tuple[str, ...]] = {
    "uniform": ("uniform",),
    "permutation": ("permutation",),
    "spray, blind": SPRAY,
    "spray, feedback": FED_BACK,
}
SIZES = (1024, 4096, 16384, 65536, 131072)
ROOT = Path(__file__).parents[1]
HISTORY = ROOT / "benchmarks" / "history" / "planes.jsonl"
#: The picture, with room for names of lines [pixels], and the decades of seconds that it spans from the first on.
WIDTH, HEIGHT, MARGIN, LABELS, DECADES, FIRST = 680, 360, 50, 165, 3, -1
COLOURS = ("#1f6fb4", "#d1495b", "#2a9d67", "#8b5fbf")

Points = list[tuple[int, float]]


def run(words: tuple[str, ...]) -> Record:
    """Return what ``topo analyze`` of ``words`` takes."""
    begun = time.perf_counter()
    seconds, mebibytes = measured(["analyze", *words])
    return Record(seconds, time.perf_counter() - begun, mebibytes)


def table(names: list[str]) -> tuple[str, dict[str, Record]]:
    """Return rows for the cases ``names``, and what each took."""
    found = {}
    for name in names:
        found[name] = run(CASES[name])
        print(name, *found[name], file=sys.stderr, flush=True)
    rows = [(name, f"{r.cpu_s:.1f}", f"{r.wall_s:.1f}", f"{r.mebibytes:,.0f}") for name, r in found.items()]
    return markdown(("case", "processor [s]", "clock [s]", "memory [MiB]"), rows), found


def svg(lines: dict[str, Points]) -> str:
    """Return a picture of seconds against endpoints, both in powers; ``lines`` are points by name."""
    low, high = SIZES[0].bit_length(), SIZES[-1].bit_length()

    def at(endpoints: float, seconds: float) -> tuple[float, float]:
        across = (math.log2(endpoints) + 1 - low) / (high - low)
        up = (math.log10(seconds) - FIRST) / DECADES
        return MARGIN + across * (WIDTH - MARGIN - LABELS), HEIGHT - MARGIN - up * (HEIGHT - 1.5 * MARGIN)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        "<title>Processor time of whole commands against endpoints, eight planes</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{MARGIN}" y="18">processor time of the whole command [s]</text>',
        f'<text x="{WIDTH - MARGIN - LABELS:.0f}" y="{HEIGHT - 12}">endpoints</text>',
    ]
    for seconds in (0.1, 0.3, 1, 3, 10, 30, 100):
        (x, y), (end, _) = at(SIZES[0], seconds), at(SIZES[-1], seconds)
        parts.append(f'<line x1="{x:.0f}" y1="{y:.0f}" x2="{end:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">{seconds}</text>')
    for size in SIZES:
        x, y = at(size, 10**FIRST)
        parts.append(f'<text x="{x:.0f}" y="{y + 16:.0f}" text-anchor="middle">{size:,}</text>')
    for colour, (name, points) in zip(COLOURS, lines.items(), strict=False):
        places = [at(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = places[-1]
        parts.append(f'<text x="{x + 6:.0f}" y="{y + 4:.0f}" fill="{colour}">{name}, {points[-1][1]:.1f} s</text>')
    return "\n".join([*parts, "</svg>", ""])


def drawn() -> dict[str, Points]:
    """Return the points of every line, measured."""
    lines: dict[str, Points] = {}
    for name, words in LINES.items():
        lines[name] = [(size, run((f"{PLANES},endpoints={size}", *words)).cpu_s) for size in SIZES]
        print(name, *lines[name], file=sys.stderr, flush=True)
    return lines


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="numbers of cases, from 0, comma between")
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--append", action="store_true")
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    given = parser.parse_args()
    if given.sizes:
        (ROOT / "docs" / "planes.svg").write_text(svg(drawn()))
        return
    names = list(CASES)
    text, found = table([names[int(i)] for i in given.only.split(",")] if given.only else names)
    print(text)
    if given.append:
        append(HISTORY, found)
    if given.write:
        write(given.write, MARK, text)


if __name__ == "__main__":
    main()
