"""Topology and hot links: the network drawn with its loads, and the links that are fullest."""

from __future__ import annotations

from typing import Any

from topo.generators import FAMILIES
from topo.report import labels, load, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.drawing import MOST_TARGETS, network, place
from topo.report.layouts import MOST_SWITCHES, Drawing, drawing
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Table, name, table

#: Cases drawn: each costs the page up to 100 kB.
MOST_CASES = 20
#: Hottest links listed of each case.
MOST_LINKS = 12
_HOT = ("link", "commodities", "src", "dst", "bytes", "total")


def panel(view: View) -> Panel | None:
    """Return the networks drawn and their hottest links, None without link tables."""
    drawings = _drawings(view)
    if not drawings:
        return None
    variants = tuple(Variant(_title(case), network(one, _title(case))) for case, one, _ in drawings)
    how = (
        "Colour says how full a line is, the fuller of both directions; width goes with its capacity, for parallel "
        "cables are one line, and idle lines are thin. A cross lies on what is asked for more than it carries. "
        f"Choosing one of the {MOST_TARGETS} fullest lines leads to its row below, and a row to its line. "
        f"Above {MOST_SWITCHES} switches a mark stands for several: a whole group, or the "
        "spines of a pod and all cores."
    )
    figure = Figure("fig-topology", _finding(drawings), how + view.of_the_first, variants, _structure(drawings), "case")
    blocks = (Draw(figure), Show(_hot(drawings)))
    return make("topology", "Topology", "Where in the network is the load?", _answer(drawings), blocks)


Drawings = list[tuple[Case, Drawing, dict[str, Any]]]


def _drawings(view: View) -> Drawings:
    out: Drawings = []
    for case in sorted(view.grid, key=lambda c: view.traffics.index(c.traffic)):
        columns = load.links(case.record) if len(out) < MOST_CASES else None
        one = drawing(columns, blocks=_facing(case)) if columns is not None else None
        if columns is not None and one is not None:
            out.append((case, one, columns))
    # The reader came for the load: the fullest drawing opens the figure, the others keep their order.
    fullest = max(range(len(out)), key=lambda i: _fullness(out[i][1]), default=0)
    return out[fullest : fullest + 1] + out[:fullest] + out[fullest + 1 :]


def _fullness(one: Drawing) -> tuple[float, float]:
    """Return the share of lines above their capacity, and the utilization of the fullest."""
    return _n_over(one) / len(one.utilization), float(one.utilization.max())


def _facing(case: Case) -> bool:
    family = FAMILIES.get(case.record.part("fabric").get("family", ""))
    return family is not None and family.facing


def _title(case: Case) -> str:
    return f"{case.network} under {case.traffic}"


def _answer(drawings: Drawings) -> str:
    case, one, _ = max(drawings, key=lambda entry: float(entry[1].utilization.max()))
    k = int(one.utilization.argmax())
    a, b = one.ends[k].tolist()
    return (
        f"The fullest line of all lies between {one.names[a]} and {one.names[b]} of "
        f"{case.network} under {case.traffic}: "
        f"{words.of_capacity(float(one.utilization[k]))}."
    )


def _finding(drawings: Drawings) -> str:
    # The first has most lines above their capacity: the drawings are sorted so.
    case, one, _ = drawings[0]
    most = f"{_n_over(one):,} of {len(one.utilization):,}"
    clean = sum(_n_over(one) == 0 for _, one, _ in drawings)
    if not _n_over(one):
        return "No line of any network drawn is asked for more than it carries."
    if len(drawings) == 1:
        return f"{most} lines of {_title(case)} are asked for more than they carry."
    if not clean:
        return f"In every case some line is asked for more than it carries; {_title(case)} has most of them, {most}."
    verb = "has" if clean == 1 else "have"
    return f"{clean} of {len(drawings)} cases {verb} no line above its capacity; {_title(case)} has most, {most}."


def _n_over(one: Drawing) -> int:
    return int((one.utilization > 1 + 1e-9).sum())


def _structure(drawings: Drawings) -> Table:
    keys = ("endpoints", "switches", "diameter", "mean_hops", "bisection_per_endpoint")
    columns = [name("Network"), *map(labels.column, keys), name("Drawn as")]
    rows = {
        case.network: (case.network, *map(case.get, keys), one.compact or "every switch")
        for case, one, _ in reversed(drawings)
    }
    return table("structure", "What is drawn", columns, reversed(rows.values()))


def _hot(drawings: Drawings) -> Table:
    columns = [name("Link"), name("Case"), labels.column("links.parquet:tier")]
    columns += [labels.column("links.parquet:utilization", bar=True, shade=_shade)]
    columns += [labels.column("links.parquet:load", "at the port limit")]
    columns += [labels.column("links.parquet:capacity", "one way")]
    columns += [labels.column("hot.parquet:commodities", "crossing"), name("Largest contributors")]
    rows: list[tuple[tuple[Any, ...], str]] = []
    for i, (case, one, links) in enumerate(drawings):
        senders = _senders(case)
        for k in _fullest(links):
            ends = [one.mark.get(int(links[key][k])) for key in ("tail", "head")]
            if None in ends:
                continue
            key = f"{i} {place(one, *(e for e in ends if e is not None))}"
            title = " to ".join(f"{one.names[e]}" for e in ends if e is not None)
            numbers = [float(links[key][k]) for key in ("utilization", "load", "capacity")]
            rows.append(
                (
                    (
                        f"{title} (#{k})",
                        _title(case),
                        str(links["tier"][k]),
                        *numbers,
                        *senders.get(k, (None, None)),
                    ),
                    key,
                )
            )
    rows.sort(key=lambda row: -row[0][3])
    body, keys = [row for row, _ in rows], tuple(key for _, key in rows)
    note = (
        f"The {MOST_LINKS} fullest switch links of each case; choosing a row shows it in the drawing above. "
        "Contributors are endpoints, from > to, with their part of the link's bytes; a dash where the demand names "
        "groups instead of pairs."
    )
    return table("hot", "Hot links", columns, body, filterable=True, keys=keys, note=note)


def _senders(case: Case) -> dict[int, tuple[int, str]]:
    """Return commodities that cross each probed link, and its largest contributors in words."""
    columns = load.hot(case.record)
    out: dict[int, tuple[int, str]] = {}
    for link, n, src, dst, part, total in zip(*(columns[key] for key in _HOT), strict=True) if columns else ():
        clause = f"{src} > {dst} ({words.percent(part / total)})"
        before = out.get(int(link))
        out[int(link)] = (int(n), f"{before[1]}, {clause}" if before else clause)
    return out


def _fullest(links: dict[str, Any]) -> list[int]:
    import numpy as np

    utilization = np.where(load.between_switches(links), links["utilization"], -1.0)
    top = np.argsort(-utilization, kind="stable")[:MOST_LINKS]
    return [int(k) for k in top if utilization[k] > 0]


def _shade(value: float) -> str:
    return "bad" if value > 1 + 1e-9 else ""
