"""What benchmarks took, by commit: a line of JSON a run in benchmarks/history, and what changed between two of them.

    python -m benchmarks.history [COMMIT [COMMIT]] [--file benchmarks/history/planes.jsonl]

Compares the last run with the one before it, with that of a commit, or those of two; commits by their first letters.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tables import markdown

FILE = Path(__file__).parent / "history" / "planes.jsonl"


class Record(NamedTuple):
    """What a command takes."""

    cpu_s: float
    wall_s: float
    mebibytes: float


def append(file: Path, found: Mapping[str, Record]) -> None:
    """Add a line with what was ``found``, by name, to ``file``."""
    commit = ["git", "-C", str(Path(__file__).parents[1]), "describe", "--always", "--dirty", "--abbrev=10"]
    said = subprocess.run(commit, capture_output=True, text=True, check=False).stdout.strip()
    line = {
        "commit": said or "unknown",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cases": {name: one._asdict() for name, one in found.items()},
    }
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def runs(file: Path) -> list[dict[str, Any]]:
    """Return all lines of ``file``, oldest first."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def of(lines: list[dict[str, Any]], commit: str) -> dict[str, Any]:
    """Return the last run of ``commit``.

    Raises SystemExit where there is none.
    """
    found = [line for line in lines if line["commit"].startswith(commit)]
    if not found:
        raise SystemExit(f"no run of {commit!r}; there are {', '.join(line['commit'] for line in lines) or 'none'}")
    return found[-1]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return a row a case that both runs have: what each took, and the ratios of the later one to the earlier."""
    rows = []
    for name, now in after["cases"].items():
        then = before["cases"].get(name)
        if then is not None:
            cells = [f"{then[key]:,.1f} -> {now[key]:,.1f} ({now[key] / then[key]:.2f}x)" for key in Record._fields]
            rows.append((name, *cells))
    heads = (f"{before['commit']} -> {after['commit']}", "processor [s]", "clock [s]", "memory [MiB]")
    return markdown(heads, rows)


def main() -> None:
    """Print what changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commits", nargs="*", help="at most two")
    parser.add_argument("--file", type=Path, default=FILE)
    given = parser.parse_args()
    lines = runs(given.file)
    if len(given.commits) > 2 or len(lines) + len(given.commits) < 2 or not lines:
        raise SystemExit(f"{given.file}: {len(lines)} runs; two are compared")
    chosen = [of(lines, commit) for commit in given.commits]
    before, after = chosen if len(chosen) == 2 else (chosen[0], lines[-1]) if chosen else lines[-2:]
    print(changes(before, after))


if __name__ == "__main__":
    main()
