"""Nothing asks for an entry by its name: what the house needs to know of one, its record in the registry says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.test_layers import FILES, module_of, room_of
from topo.config import SECTIONS

#: Where a name stands all the same: (module, name), at most eight.
DEFAULTS = {
    ("topo.config.case", "ecmp"),  # of a case that does not say
    ("topo.config.case", "proportional"),
    ("topo.cli.doctor", "permutation"),  # the smallest case that every kernel runs in
    ("topo.cli.doctor", "max-min"),
    # Words that mean something else there.
    ("topo.cli.build", "file"),  # key of --json: what was written
    ("topo.cli.analyze", "jobs"),  # key of a result
    ("topo.report.panels.jobs", "jobs"),
    ("traffic.jobs", "jobs"),
}


def entries() -> Iterator[tuple[str, str, str]]:
    """Yield every name that a registry knows, the module of the registry, and that of the entry's function."""
    for section in SECTIONS.values():
        for name in section.registry:
            yield name, str(section.entries).partition(":")[0], section.function(name).__module__


def homes() -> dict[str, set[str]]:
    """Return the modules where each name may stand: the entry's own, its registry, and those that fill the registry."""
    found: dict[str, set[str]] = {}
    for name, registry, own in entries():
        below = {"traffic": "traffic.", "topo.generators": "topo.generators."}
        fills = {room for room, start in below.items() if own.startswith(start)}
        found.setdefault(name, set()).update({registry, own, *fills})
    return found


def choices() -> dict[str, set[str]]:
    """Return the words that are choices of a parameter, ``Literal[...]``, by the room that has it."""
    found: dict[str, set[str]] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
                found.setdefault(room_of(module_of(path)), set()).update(constants(node))
    return found


def constants(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def exempt(tree: ast.AST) -> set[ast.AST]:
    """Return docstrings, and the names that a module makes public."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr):
            found.add(node.body[0].value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            found |= set(ast.walk(node))
    return found


def named(path: Path, known: dict[str, set[str]], choice: set[str]) -> Iterator[tuple[str, str, int]]:
    """Yield module, name and line of every string in a file that is the name of an entry at home elsewhere."""
    module, tree = module_of(path), ast.parse(path.read_text())
    passed = exempt(tree)
    for node in ast.walk(tree):
        name = node.value if isinstance(node, ast.Constant) and node not in passed else None
        if isinstance(name, str) and name in known and module not in known[name] and name not in choice:
            yield module, name, node.lineno


def test_no_string_is_the_name_of_an_entry():
    """A family, pattern, policy or solver is named in its own module, its registry, and by at most eight defaults."""
    known, choice = homes(), choices()
    assert len(known) > 30 and len(DEFAULTS) <= 8
    found = [one for path in FILES for one in named(path, known, choice.get(room_of(module_of(path)), set()))]
    strange = [f"{module}:{line}: {name!r}" for module, name, line in found if (module, name) not in DEFAULTS]
    assert not strange, "\n".join(strange)
    stale = DEFAULTS - {(module, name) for module, name, _ in found}
    assert not stale, f"no longer needed: {stale}"


def test_the_search_finds_a_name(tmp_path, monkeypatch):
    """What the law is for: a check by name is found, one in a docstring or among choices is not."""
    monkeypatch.setattr("tests.test_no_names.module_of", lambda _: "topo.study.mine")
    path = tmp_path / "mine.py"
    path.write_text('"""uniform"""\n__all__ = ["ecmp"]\nif policy == "valiant" or gate == "uniform":\n    pass\n')
    assert list(named(path, homes(), {"uniform"})) == [("topo.study.mine", "valiant", 3)]
    assert {name for _, name, _ in named(path, homes(), set())} == {"valiant", "uniform"}
