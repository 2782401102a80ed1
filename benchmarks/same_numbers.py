"""Whether two commits give the same numbers: every shipped study, and random cases drawn over the registries.

    python -m benchmarks.same_numbers main HEAD --random 200 --allow 'results.method'

Each side is a commit, checked out into a worktree of its own, or a folder that holds a tree.  Both run
through the command line alone, ``topo study``, so what the library calls its verbs does not matter.
Numbers agree to 1e-12, words exactly; keys that only the new side has are listed and never fail.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drawn_cases import draw

RELATIVE, ABSOLUTE = 1e-12, 1e-15  # the second for what is zero but for rounding, such as a gap
#: Candidates drawn for each random case wanted: most that go wrong are no square, no divisor, no pair.
_DRAWN = 4


class Side:
    """One of the two trees, and where its records go."""

    def __init__(self, given: str, keep: Path, stack: ExitStack) -> None:
        self.given, self.tree = given, Path(given).resolve()
        if self.tree.is_dir():
            self.out = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return
        commit = _git("rev-parse", "--verify", f"{given}^{{commit}}")
        self.out, self.tree = keep / commit, Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tree"
        _git("worktree", "add", "--detach", str(self.tree), commit)
        stack.callback(_git, "worktree", "remove", "--force", str(self.tree))

    def topo(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """Return what ``topo`` of this tree prints."""
        command = [sys.executable, "-m", "topo", *words]
        env = os.environ | {"PYTHONPATH": str(self.tree)}
        done = subprocess.run(command, cwd=self.tree, env=env, capture_output=True, text=True, check=False)
        if done.returncode not in ok:
            sys.exit(f"{self.given}: topo {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def records(self, study: str) -> dict[str, tuple[dict[str, Any], Path]]:
        """Return each case's record and the folder of its tables: run here, or kept from the time before."""
        folder = self.out / Path(study).stem
        self.topo("study", study, "-o", str(folder), "--workers", str(min(2, os.cpu_count() or 1)), ok=(0, 6))
        read = [json.loads(line) for line in (folder / "records.jsonl").read_text("utf-8").splitlines()]
        return {record["case"]["name"]: (record, folder / "cases" / record["hash"]) for record in read}


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()


def _flat(record: dict[str, Any], tables: Path) -> dict[str, Any]:
    """Return dotted key -> value; columns of tables beside the record are keys too, such as ``links.utilization``."""
    from pyarrow import parquet

    flat = dict(_leaves({k: v for k, v in record.items() if k not in ("hash", "schema_version")}, ""))
    for table in sorted(tables.glob("*.parquet")):
        columns = parquet.read_table(table)
        flat |= {f"{table.stem}.{name}": columns[name].to_numpy() for name in columns.column_names}
    return flat


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner:
        yield path, value
    for key, child in inner:
        yield from _leaves(child, f"{path}.{key}" if path else str(key))


def random_study(base: Side, n: int, seed: int, folder: Path) -> str:
    """Return the path of a study of ``n`` random cases that ``base`` accepts."""
    path = folder / f"random-{seed}.yaml"
    head = {"schema": 1, "title": "random cases", "invalid": "record"}
    cases = draw(json.loads(base.topo("schema")), _DRAWN * n, seed)
    path.write_text(json.dumps(head | {"cases": cases}), "utf-8")
    rows = json.loads(base.topo("study", str(path), "--dry-run", "--json"))["cases"]
    good = {row["name"] for row in rows if not row["note"].startswith("refused")}
    path.write_text(json.dumps(head | {"cases": [case for case in cases if case["name"] in good][:n]}), "utf-8")
    return str(path)


def differ(a: Any, b: Any) -> float:
    """Return how far two values are apart, relative to the larger; infinite where they are no numbers."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return _columns_differ(a, b)
    if type(a) is type(b) and a == b:
        return 0.0
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in (a, b)):
        return math.inf
    return 0.0 if math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE) else abs(a - b) / max(abs(a), abs(b))


def _columns_differ(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    if a.shape != b.shape or a.dtype.kind not in "fiu" or b.dtype.kind not in "fiu":
        return 0.0 if np.array_equal(a, b) else math.inf
    apart = ~np.isclose(a, b, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
    larger = np.maximum(np.abs(a[apart]), np.abs(b[apart]))
    return float((np.abs(a[apart] - b[apart]) / larger).max(initial=0.0))


def compare(case: str, before: dict[str, Any], after: dict[str, Any], found: dict[str, list[Any]]) -> None:
    """Add what differs in a case to ``found``: key without numbers of rows -> (how far, case, before, after)."""
    for key in sorted({*before, *after}):
        a, b = before.get(key, "(absent)"), after.get(key, "(absent)")
        if (apart := differ(a, b)) > 0:
            mark = "+ " if key not in before else ""
            found[mark + re.sub(r"\.\d+\b", ".#", key)].append((apart, case, str(a), str(b)))


def main() -> int:
    """Compare, print, and return 1 where anything differs that was not allowed to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("new", nargs="?", default=".")
    parser.add_argument("--random", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--studies", default="*", help="shipped studies whose names match; '' for none")
    parser.add_argument("--allow", action="append", default=[], metavar="KEY", help="may differ, such as 'links.*'")
    parser.add_argument("--keep", type=Path, help="folder for records of commits, so that they run once only")
    given = parser.parse_args()
    found: dict[str, list[Any]] = defaultdict(list)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        base, new = (Side(text, given.keep or scratch, stack) for text in (given.base, given.new))
        files = [path for side in (base, new) for path in (side.tree / "configs/studies").glob("*.yaml")]
        shipped = sorted({path.stem for path in files if "\ndesign:" not in path.read_text()})  # a design has no cases
        studies = [name for name in shipped if fnmatch(name, given.studies)]
        studies += [random_study(base, given.random, given.seed, scratch)] if given.random else []
        for study in studies:
            records = base.records(study), new.records(study)
            for case in sorted({*records[0], *records[1]}):  # one at a time: tables are large
                compare(case, *(_flat(*side[case]) if case in side else {"case": case} for side in records), found)
            print(f"{Path(study).stem}: {len(records[0])} and {len(records[1])} cases", flush=True)
    wrong = 0
    for key, rows in sorted(found.items()):
        allowed = key.startswith("+ ") or any(fnmatch(key, pattern) for pattern in given.allow)
        wrong += not allowed
        apart, case, a, b = max(rows, key=lambda row: row[0])
        print(f"{'may' if allowed else 'DIFFERS'} {key}: {len(rows)} values, {apart:.1e} in {case}: {a} -> {b}")
    print(f"{wrong} keys differ, {len(found) - wrong} more may")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
