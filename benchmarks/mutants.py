"""How much the tests see: small seeded faults in the rooms that compute, and which tests notice them.

    python -m benchmarks.mutants --sample 300 --seed 0 --write mutants.md
    python -m benchmarks.mutants --only topo/flow/bounds.py:120 --minutes 5

Each mutant is one change of one expression (a comparison, an operator, a number, min for max) in a copy of the
commit that is checked out.  It is killed where a test fails: first the examples and tests of its own module, then
those of its room, then the laws and the registry product.  A survivor is a change that no test sees: it needs a new
test, or changes nothing that matters, such as the size of a block: those that were judged so stand with the reason in
``data/mutants.csv`` and are not run again.  Runs at low priority and one at a time.
"""

from __future__ import annotations

import argparse
import ast
import copy
import csv
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import markdown

ROOT = Path(__file__).parents[1]
#: Faults that no test need see: module, line of source, column in it, what was, what became of it, and why it may.
EXPLAINED = Path(__file__).parent / "data" / "mutants.csv"
ROOMS = ("topo/flow", "topo/routing", "topo/metrics", "traffic")
#: Tests that see the rooms together, run last.
WIDE = ("tests/test_laws.py", "tests/test_registries.py", "tests/test_counts.py", "tests/topo/cli/test_verbs.py")
#: Exit code of pytest where a module has no examples.
NO_TESTS = 5
#: [s] of one run of tests; a mutant that takes longer never ends, which is noticed.
LATE = 600
_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "floor": "ceil", "ceil": "floor"}


@dataclass(frozen=True)
class Mutant:
    """One change of one expression."""

    path: str  # from the root
    line: int
    before: str
    after: str
    number: int  # of the node, as the tree is walked
    text: str  # of the line, without indent
    column: int  # in ``text``

    @property
    def key(self) -> tuple[str, ...]:
        """What it is called in ``EXPLAINED``: no number of a line, which other changes move."""
        return self.path, self.text, str(self.column), self.before, self.after

    def __str__(self) -> str:
        return f"{self.path}:{self.line} `{self.before}` -> `{self.after}`"

    def applied(self, text: str) -> str:
        """Return the text of the whole module, changed."""
        tree = ast.parse(text)
        node = list(ast.walk(tree))[self.number]
        changed = _changed(node)
        assert changed is not None
        node.__dict__.update(changed.__dict__)
        return ast.unparse(tree)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    tree, lines = ast.parse(path.read_text()), path.read_bytes().splitlines()
    silent = _silent(tree)
    for number, node in enumerate(ast.walk(tree)):
        changed = _changed(node) if id(node) not in silent else None
        if isinstance(changed, ast.expr):
            line, text = changed.lineno, lines[changed.lineno - 1]
            column = changed.col_offset - (len(text) - len(text.lstrip()))
            made, place = (ast.unparse(node), ast.unparse(changed), number), str(path.relative_to(ROOT))
            yield Mutant(place, line, *made, text.strip().decode(), column)


def explained() -> dict[tuple[str, ...], str]:
    """Return why each mutant that was judged to change nothing may survive, by its key."""
    with EXPLAINED.open(newline="") as file:
        return {tuple(row[:-1]): row[-1] for row in list(csv.reader(file))[1:]}


def _silent(tree: ast.AST) -> set[int]:
    """Return the nodes that compute nothing: annotations, messages, what runs for type checkers alone."""
    heads: list[ast.AST] = []
    for node in ast.walk(tree):
        heads += [getattr(node, name) for name in ("annotation", "returns") if getattr(node, name, None)]
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert):
            heads.append(node)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            heads.append(node)
    return {id(inner) for head in heads for inner in ast.walk(head)}


def _changed(node: ast.AST) -> ast.AST | None:
    """Return a copy of ``node`` with another meaning; None where there is none to give."""
    new = copy.copy(node)
    if isinstance(new, ast.Compare) and type(new.ops[0]) in _OTHER:
        new.ops = [_OTHER[type(new.ops[0])](), *new.ops[1:]]  # type: ignore[list-item]
    elif isinstance(new, ast.BinOp | ast.BoolOp) and type(new.op) in _OTHER:
        new.op = _OTHER[type(new.op)]()  # type: ignore[assignment]
    elif isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.Not):
        new.operand = ast.UnaryOp(ast.Not(), new.operand)
    elif isinstance(new, ast.Constant) and type(new.value) in (int, float):
        new.value = new.value + 1 if isinstance(new.value, int) else new.value * 2 + 1
    elif isinstance(new, ast.Attribute) and new.attr in _NAMES:
        new.attr = _NAMES[new.attr]
    elif isinstance(new, ast.Name) and new.id in _NAMES:
        new.id = _NAMES[new.id]
    else:
        return None
    return new


def tests_of(path: str) -> list[list[str]]:
    """Return the tests of a module in the order in which they are run: its own, those of its room, the wide ones."""
    room = next(room for room in ROOMS if path.startswith(f"{room}/"))
    folder = Path("tests") / room
    stem = Path(path).stem
    own = [path, *(str(folder / test.name) for test in (ROOT / folder).glob(f"test_*{stem}*.py"))]
    return [own, [str(folder), *(["tests/topo/flow"] if room == "topo/routing" else [])], list(WIDE)]


def noticed(mutant: Mutant, tree: Path) -> str:
    """Return the test that a mutant fails in ``tree``; empty where it survives."""
    target = tree / mutant.path
    whole = target.read_text()
    target.write_text(mutant.applied(whole))
    try:
        for tests in tests_of(mutant.path):
            failure = _failure(tests, tree)
            if failure:
                return failure
        return ""
    finally:
        target.write_text(whole)


def _failure(tests: list[str], tree: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"cwd": tree, "env": environment, "capture_output": True, "text": True}
    try:
        done = subprocess.run(command, check=False, timeout=LATE, **options)
    except subprocess.TimeoutExpired:
        return "never ends"
    if done.returncode in (0, NO_TESTS):
        return ""
    told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return told[0].split(" - ")[0] if told else f"exit {done.returncode}"


def main() -> None:
    """Print a line a mutant, then how many were killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no mutant after so long")
    parser.add_argument("--only", default="", help="mutants whose place begins so, such as topo/flow/bounds.py:12")
    parser.add_argument("--write", type=Path, help="file for the table of survivors")
    given = parser.parse_args()
    files = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "__init__.py")
    every = [one for path in files for one in mutants(path) if str(one).startswith(given.only)]
    chosen = random.Random(given.seed).sample(every, min(given.sample, len(every)))
    end, survivors, killed, harmless = time.monotonic() + 60 * given.minutes, [], 0, explained()
    os.nice(10)
    with tempfile.TemporaryDirectory() as folder:
        tree = _copy(Path(folder))
        for mutant in chosen:
            if time.monotonic() > end:
                break
            if mutant.key in harmless:
                print(f"EXPLAINED: {mutant}: {harmless[mutant.key]}", flush=True)
                continue
            failure = noticed(mutant, tree)
            print(f"{failure or 'SURVIVES'}: {mutant}", flush=True)
            killed += bool(failure)
            survivors += [] if failure else [mutant]
    print(f"{killed} of {killed + len(survivors)} killed; {len(every)} there are")
    if given.write:
        rows = [(f"{one.path}:{one.line}", f"`{one.before}`", f"`{one.after}`") for one in survivors]
        given.write.write_text(markdown(("survivor", "was", "became"), rows) + "\n")


def _copy(folder: Path) -> Path:
    """Return a copy of the commit that is checked out, its kernels compiled."""
    held = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(held)) as archive:
        archive.extractall(folder, filter="data")
    failure = _failure(["tests/test_laws.py"], folder)
    if failure:
        raise SystemExit(f"tests fail without a mutant: {failure}")
    return folder


if __name__ == "__main__":
    main()
