"""What the benchmarks share: medians, Markdown rows, and the place in a file between two markers."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def timed(work: Callable[[], Any], runs: int) -> tuple[Any, float]:
    """Return what ``work`` gives and the median of its wall times [s] over ``runs``."""
    seconds, answer = [], None
    for _ in range(runs):
        started = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - started)
    return answer, statistics.median(seconds)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(file: Path, mark: str, text: str) -> None:
    """Put ``text`` between the two lines ``mark`` of ``file``.

    Raises SystemExit where the file has not exactly two of them.
    """
    parts = file.read_text().split(mark)
    if len(parts) != 3:
        raise SystemExit(f"{file}: {len(parts) - 1} lines {mark!r} where two are needed")
    file.write_text(f"{parts[0]}{mark}\n{text}\n{mark}{parts[2]}")


def told(doc: str | None, table: Callable[[int], str], mark: str) -> None:
    """Print ``table(runs)`` and write it where ``--write`` says."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, help="file with two markers to put the table between")
    given = parser.parse_args(sys.argv[1:])
    text = table(given.runs)
    print(text)
    if given.write:
        write(given.write, mark, text)
