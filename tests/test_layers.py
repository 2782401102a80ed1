"""Imports point down, libraries stay in their rooms, and rooms keep to their words.

The layers are those of design.md section 3, the rooms those of style.md section 3.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for package in ("topo", "traffic") for path in (ROOT / package).rglob("*.py"))

#: Rooms from the top down; those of one row are strangers to each other.
LAYERS = (
    {"topo.cli", "topo.notebook"},
    {"topo.report"},
    {"topo.study"},
    {"topo.config"},
    {"topo.design"},
    {"topo.availability"},
    {"topo.failures"},
    {"topo.metrics", "topo.cost", "topo.check", "topo.formats"},
    {"topo.flow"},
    {"topo.routing", "topo.generators"},
    {"topo.fabric", "traffic"},
    {"topo.stored"},
    {
        f"topo.{room}"
        for room in (
            *("atomic", "conform", "headway", "islands", "kernels", "near", "noise", "packet"),
            *("parameters", "plain", "quantities", "rows", "size", "units"),
        )
    },
    {"topo.lazy"},
)
HEIGHT = {room: height for height, rooms in enumerate(reversed(LAYERS)) for room in rooms}

#: Library -> where it may be imported: rooms, or modules.
LIBRARIES = {
    "click": ("topo.cli",),
    "rich": ("topo.cli",),
    "plotly": ("topo.report", "topo.notebook"),
    "pandas": ("topo.notebook",),
    "jinja2": ("topo.report",),
    "numba": ("topo.kernels",),
    "pydantic": ("topo.config",),
    "ruamel": ("topo.config", "topo.formats"),
    "ortools": ("topo.flow.programme", "topo.flow.bounds", "topo.flow.rooted", "topo.design"),
    "networkx": ("topo.fabric", "topo.formats", "topo.check"),
    "dask": ("topo.study",),
    "distributed": ("topo.study",),
    "cloudpickle": ("topo.study",),
    "defusedxml": ("topo.formats",),
    "difflib": ("topo.near",),
}

#: The one way up, taken only when it is asked for: methods of Fabric hand over to the module that knows networkx.
WAYS_UP = {("topo.fabric", "topo.formats.graph")}

#: Methods of named tuples and of the interpreter that are public in spite of their underscore.
LIBRARY_NAMES = {"_replace", "_asdict", "_exit"}

#: Room -> words that no identifier in it contains, singular; plurals are meant too.
NEVER_HEARD_OF = {
    "topo.generators": {"bytes", "commodity", "rate", "price"},
    "traffic": {"switch", "plane", "link", "capacity"},
    "topo.routing": {"expert", "token", "theta", "usd"},
    "topo.flow": {"leaf", "spine", "dragonfly", "expert"},
    "topo.metrics": {"plotly"},
    "topo.cost": {"rate", "commodity"},
}

#: Participles that do not end in -ed; those that do are found by their end.
# fmt: off
PARTICIPLES = {
    "beaten", "begun", "broken", "brought", "built", "caught", "chosen", "done", "drawn", "driven", "fallen",
    "found", "given", "gone", "got", "grown", "held", "hidden", "hurt", "kept", "known", "laid", "led", "left",
    "lost", "made", "meant", "met", "paid", "put", "said", "seen", "sent", "shown", "sold", "spent", "split",
    "stood", "stuck", "swept", "taken", "thrown", "told", "took", "torn", "unbeaten", "won", "written",
}
# fmt: on
#: Words that end in -ed and are nouns, and the one flag that the page's templates ask for.
NO_PARTICIPLES = {"seed", "speed", "need", "folded"}


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def room_of(module: str) -> str:
    """Return the room of a module; topo.copies, moves, rules and source are the back of topo.fabric, traffic is one."""
    if f"{module}.".startswith("traffic."):
        return "traffic"
    room = ".".join(module.split(".")[:2])
    return "topo.fabric" if room in ("topo.copies", "topo.moves", "topo.rules", "topo.source") else room


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything that a file imports, lazily or not."""
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.ImportFrom) or node.level == 0, f"{path}:{node.lineno}: imports are absolute"
        yield from ((node.lineno, name) for name in names_of(node))


def names_of(node: ast.AST) -> list[str]:
    """Return the full names that a statement imports, or that a registry has ``late``."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "late":
        return [ast.literal_eval(node.args[0]).replace(":", ".")]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of every name that a file defines or uses."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "NodeKind":
            continue  # the kinds of nodes are everyone's words
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str) and not isinstance(node, ast.alias):
                yield getattr(node, "lineno", 0), value


def words(identifier: str) -> set[str]:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", identifier)
    return {form for part in parts for form in (part.lower(), part.lower().removesuffix("s"))}


MODULES = {module_of(path): path for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_point_down(path):
    """A room imports its own modules and rooms below it, never a stranger of its row or one above."""
    here = room_of(module_of(path))
    if here in ("topo", "topo.__main__"):
        return  # the public names and the door: they may see every room, and nothing may see them
    for line, name in imports(path):
        there = room_of(name)
        if name.split(".")[0] not in ("topo", "traffic") or there == here or name == "topo.__version__":
            continue
        if (module_of(path), target(name)) in WAYS_UP:
            continue
        assert there in HEIGHT, f"{path}:{line}: {name} is in no room of design.md section 3"
        assert HEIGHT[there] < HEIGHT[here], f"{path}:{line}: {here} may not import {there}"


def target(name: str) -> str:
    """Return the module that a name is imported from; empty where it is none of ours."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def test_modules_import_in_no_circle():
    """No module needs itself, by way of others, at any time; the public names of topo see everything and are left out.

    The way up from Fabric to networkx would close one, so it must be taken inside a function.
    """
    needs = {module: {target(name) for _, name in imports(path)} for module, path in MODULES.items()}
    edges = [(a, b) for a, found in needs.items() for b in found - {a, "", "topo"} if (a, b) not in WAYS_UP]
    circles = [sorted(part) for part in nx.strongly_connected_components(nx.DiGraph(edges)) if len(part) > 1]
    assert not circles, circles
    for here, there in WAYS_UP:
        top = {name for node in ast.parse(MODULES[here].read_text()).body for name in names_of(node)}
        assert there in needs[here] and there not in {target(name) for name in top}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_libraries_stay_in_their_rooms(path):
    """A library is imported only where its kind of decision is made."""
    here = module_of(path)
    for line, name in imports(path):
        rooms = LIBRARIES.get(name.split(".")[0])
        fits = rooms is None or any(here == room or here.startswith(f"{room}.") for room in rooms)
        assert fits, f"{path}:{line}: {name} belongs in {', '.join(rooms or ())}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_the_command_line_knows_no_arrays(path):
    """cli speaks of options, paths and exits; arrays are for the rooms below."""
    if room_of(module_of(path)) == "topo.cli":
        assert not [f"{path}:{line}" for line, name in imports(path) if name.split(".")[0] in ("numpy", "scipy")]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_rooms_keep_to_their_words(path):
    """Cover the path and guess the file: a room's identifiers hold no word of another room."""
    strange = NEVER_HEARD_OF.get(room_of(module_of(path)), set())
    heard = [f"{path}:{line}: {name}" for line, name in identifiers(path) if words(name) & strange]
    assert not heard, "\n".join(heard)


def introduced(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the names that a module gives: variables, parameters, fields, functions and classes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name


def is_participle(name: str) -> bool:
    """Return whether ``name`` ends in a participle: held, told, drawn, _stored, links_found."""
    last = name.lower().strip("_").rpartition("_")[2]
    return last in PARTICIPLES or (last.endswith("ed") and last not in NO_PARTICIPLES)


@pytest.mark.parametrize("path", [path for path in FILES if room_of(module_of(path)) == "topo.report"], ids=module_of)
def test_things_on_a_page_have_nouns(path):
    """A name in the report says what a thing is, not what was done to it: cases, never held; a sentence, never told."""
    strange = [f"{path}:{line}: {name}" for line, name in introduced(path) if is_participle(name)]
    assert not strange, "\n".join(strange)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_private_names_stay_at_home(path):
    """A name that begins with an underscore is its module's own; what a neighbour needs is public."""
    tree = ast.parse(path.read_text())
    names = [(line, name) for line, name in imports(path) if name.split(".")[0] in ("topo", "traffic")]
    taken = [f"{path}:{line}: {name}" for line, name in names if re.search(r"\._[a-z]", name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("_"):
            owner = ast.unparse(node.func.value)
            own = owner.partition(".")[0] in ("self", "cls") or node.func.attr in LIBRARY_NAMES
            defined = f"def {node.func.attr}(" in path.read_text()
            if not own and not defined:
                taken.append(f"{path}:{node.lineno}: {owner}.{node.func.attr}")
    assert not taken, "\n".join(taken)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_are_short(path):
    """A module is one room: it stops at 350 lines."""
    assert len(path.read_text().splitlines()) <= 350


def test_nothing_is_left_out():
    """Every package of the tree is in a layer."""
    rooms = {room_of(module_of(path)) for path in FILES} - {"topo", "topo.__main__"}
    assert rooms <= set(HEIGHT), rooms - set(HEIGHT)
