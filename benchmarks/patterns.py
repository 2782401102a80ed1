"""docs/patterns.md: what every family looks like, and who sends to whom in every pattern, drawn from the registries.

``python -m benchmarks.patterns`` writes the page and its pictures, ``--check`` fails where they are stale.
Pictures are SVG of a few kilobytes, in colours that stand on a light and on a dark page.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import topo
import traffic
from topo.generators import FAMILIES
from topo.report.layouts import drawing
from traffic.demand import GroupedDemand

FOLDER = Path(__file__).parents[1] / "docs"
PAGE, PICTURES = FOLDER / "patterns.md", FOLDER / "patterns"
MARK = "<!-- benchmarks/patterns.py -->"
#: Families at a size that can be seen.
SHOWN: dict[str, dict[str, Any]] = {
    "dragonfly": {"a": 4, "p": 2, "h": 2},
    "fat-tree-2": {"radix": 8, "planes": 2, "endpoints_per_host": 2},
    "fat-tree-3": {"radix": 6, "endpoints_per_host": 3},
    "slim-fly": {"q": 5, "p": 4},
}
#: Ranks of a pattern, and those of a host.
RANKS, PER_HOST = 16, 4
#: Parameters where the defaults would fill all ranks alike.
SMALL: dict[str, dict[str, Any]] = {
    "all-to-all": {"ep": 8},
    "moe-all-to-all": {"ep": 8, "tokens": 64},
    "decode-step": {"ep": 8},
    "prefill-step": {"ep": 8},
    "training-step": {"ep": 8, "pp": 2},
}
#: Width and height of the drawing of a network, of a cell of a matrix, and the margin around both [px].
WIDE, HIGH, CELL, EDGE = 320, 200, 10, 10
COLOURS = {"leaf-spine": "#2E8FBF", "spine-core": "#D55E00", "local": "#2E8FBF", "global": "#D55E00"}
MARKED, FILL, FRAME = "#7C8694", "#2E8FBF", "#7C8694"


def family(name: str) -> str:
    """Return the drawing of a small network of the family ``name``: its switches, and cables by their tier."""
    fabric = topo.generate(name, **SHOWN[name], capacity=1.0, scale_up=1.0)
    demand = traffic.offer("shift", n_ranks=fabric.n_endpoints)
    found = drawing(
        topo.link_table(topo.solve(fabric, demand, topo.route(fabric, demand))), blocks=FAMILIES[name].facing
    )
    assert found is not None
    wide = HIGH if found.square else WIDE
    x, y = _placed(found.x, wide), HIGH - _placed(found.y, HIGH)
    lines = [
        f'<path stroke="{COLOURS[tier]}" d="{"".join(_line(x, y, ends) for ends in _ends(found, tier))}"/>'
        for tier in dict.fromkeys(found.tier)
    ]
    marks = "".join(f'<rect x="{a - 3:.1f}" y="{b - 3:.1f}" width="6" height="6"/>' for a, b in zip(x, y, strict=True))
    body = f'<g fill="none" stroke-width=".8" stroke-opacity=".75">{"".join(lines)}</g><g fill="{MARKED}">{marks}</g>'
    return _svg(wide, HIGH, f"Switches of {fabric.name}", body)


def _placed(values: Any, wide: int) -> Any:
    span = float(np.ptp(values)) or 1.0
    return EDGE + (values - values.min()) / span * (wide - 2 * EDGE)


def _ends(found: Any, tier: str) -> Iterator[tuple[int, int]]:
    pairs = {tuple(sorted(pair)) for pair, of in zip(found.ends.tolist(), found.tier, strict=True) if of == tier}
    yield from sorted(pairs)  # type: ignore[misc]


def _line(x: Any, y: Any, ends: tuple[int, int]) -> str:
    a, b = ends
    return f"M{x[a]:.1f} {y[a]:.1f}L{x[b]:.1f} {y[b]:.1f}"


def pattern(name: str) -> str:
    """Return who sends to whom in the pattern ``name``: a row a sender, a column a receiver, darker the more bytes."""
    demand = _demand(name)
    amount = np.zeros((RANKS, RANKS))
    np.add.at(amount, (demand.src, demand.dst), demand.size * demand.repeat[demand.phase])
    share = np.sqrt(amount / amount.max())  # shades of a few levels apart stay apart
    side = RANKS * CELL
    cells = [
        f'<rect x="{EDGE + dst * CELL}" y="{EDGE + src * CELL}" width="{CELL}" height="{CELL}" '
        f'fill-opacity="{0.15 + 0.85 * share[src, dst]:.2f}"/>'
        for src, dst in np.argwhere(amount > 0).tolist()
    ]
    hosts = range(0, RANKS + 1, PER_HOST)
    grid = "".join(f"M{EDGE} {EDGE + h * CELL}h{side}M{EDGE + h * CELL} {EDGE}v{side}" for h in hosts)
    lines = f'<path stroke="{FRAME}" stroke-width=".5" stroke-opacity=".6" d="{grid}"/>'
    body = f'<g fill="{FILL}">{"".join(cells)}</g>{lines}'
    return _svg(side + 2 * EDGE, side + 2 * EDGE, f"Bytes from rank to rank under {name}", body)


def _demand(name: str) -> traffic.Demand:
    one = traffic.offer(name, n_ranks=RANKS, ranks_per_host=PER_HOST, **SMALL.get(name, {}))
    return one.listed() if isinstance(one, GroupedDemand) else one


def _svg(wide: int, high: int, title: str, body: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
    return f"{head}<title>{title}</title>{body}</svg>\n"


def pictures() -> dict[str, str]:
    """Return every picture by the name of its file."""
    families = {f"{name}.svg": family(name) for name in FAMILIES}
    return families | {f"{name}.svg": pattern(name) for name in traffic.PATTERNS}


def page() -> str:
    """Return the page with its sections made afresh."""
    head, _, foot = PAGE.read_text().split(MARK)
    families = [
        _section(name, inspect.getdoc(sys.modules[FAMILIES[name].plan.__module__]) or "", SHOWN[name])
        for name in sorted(FAMILIES)
    ]
    patterns = [
        _section(name, inspect.getdoc(entry.offer) or "", SMALL.get(name, {}))
        for name, entry in sorted(traffic.PATTERNS.items())
    ]
    body = "\n".join(["## Networks\n", *families, "## Traffic\n", *patterns])
    return f"{head}{MARK}\n{body}{MARK}{foot}"


def _section(name: str, said: str, params: Mapping[str, Any]) -> str:
    first = " ".join(said.partition("\n\n")[0].split()).replace("``", "`").removeprefix("Return ")
    shown = ",".join(f"{key}={value}" for key, value in params.items())
    spec = f"{name}:{shown}" if shown else name
    return f"### {name}\n\n{first[:1].upper()}{first[1:]}\n\n![{spec}](patterns/{name}.svg)\n\n`{spec}`\n"


def main() -> int:
    drawn, text = pictures(), page()
    if "--check" in sys.argv[1:]:
        there = {path.name: path.read_text() for path in PICTURES.glob("*.svg")}
        return int(there != drawn or PAGE.read_text() != text)
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.svg"):
        old.unlink()
    for name, picture in drawn.items():
        (PICTURES / name).write_text(picture)
    PAGE.write_text(text)
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
