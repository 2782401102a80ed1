"""Deadlock: which routes can come to a standstill, and how many virtual lanes keep them from it."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import labels, words
from topo.report.figures.axes import Figure, figure
from topo.report.figures.marks import Series, ranges
from topo.report.labels import column
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import name, table

_LANES = ("lanes_lower", "lanes_upper", "lanes_by_hop")
_KEYS = ("deadlock_free", *_LANES, "lanes_method", "route_switch_links", "deadlock_links", "deadlock_circles")
#: Rows that a figure can hold and still be read; the table has the rest.
MOST_ROWS = 24


def panel(view: View) -> Panel | None:
    """Return the lanes that each network needs under each policy, None where no case asks for them."""
    cases = list(
        {(case.network, case.policy): case for case in view.solutions if case.get("deadlock_free") is not None}.values()
    )
    if not cases:
        return None
    columns = [name("Network"), name("Policy"), *map(column, _KEYS)]
    rows = [(case.network, case.policy, *map(case.get, _KEYS)) for case in cases]
    lanes = Show(
        table("deadlock-table", "Virtual lanes by network and policy", columns, rows, filterable=len(rows) > 12)
    )
    question = "Can packets wait for each other in a circle, and how many lanes prevent it?"
    drawing = _figure(cases)
    return make("deadlock", "Deadlock", question, _answer(cases), (None if drawing is None else Draw(drawing), lanes))


def _answer(cases: Sequence[Case]) -> str:
    safe = [case for case in cases if case.get("deadlock_free")]
    if len(safe) == len(cases):
        return "No packets of these routes can wait for each other in a circle: one virtual lane is enough everywhere."
    worst = max((case for case in cases if not case.get("deadlock_free")), key=lambda case: _enough(case) or 0)
    lanes = _enough(worst)
    need = "has a route that goes in a circle" if lanes is None else f"takes {words.plural(lanes, 'virtual lane')}"
    free = f"{words.count(len(safe))} of {words.count(len(cases))} pairs of network and policy"
    return f"{free} are deadlock-free on one virtual lane; {worst.network} under {worst.policy} {need}."


def _enough(case: Case) -> int | None:
    """Return the fewest lanes that are known to suffice, by path or by hop."""
    bounds = [int(lanes) for key in ("lanes_upper", "lanes_by_hop") if (lanes := case.get(key)) is not None]
    return min(bounds, default=None)


def _row(case: Case) -> str:
    return f"{case.network} {case.policy}"


def _figure(cases: Sequence[Case]) -> Figure | None:
    """Return lanes by path, at least and at most, and by hop; None where no case has any."""
    some = [case for case in cases if any(case.get(key) is not None for key in _LANES)][:MOST_ROWS]
    if not some:
        return None
    rows = list(map(_row, some))
    series = [Series(labels.title(key), *_marks(some, key)) for key in _LANES]
    drawing = ranges(rows, series, "virtual lanes [number]")
    drawing["layout"]["xaxis"] |= {"dtick": 1}
    return figure("fig-deadlock", _finding(some), _how(some), drawing)


def _marks(cases: Sequence[Case], key: str) -> tuple[list[float | None], list[str]]:
    lanes = [case.get(key) for case in cases]
    return [None if one is None else float(one) for one in lanes], list(map(words.count, lanes))


def _how(cases: Sequence[Case]) -> str:
    how = "By path a route keeps its lane from end to end; by hop a packet climbs to the next against the order."
    rest = [_row(case) for case in cases if case.get("lanes_upper") is None]
    if rest:
        how += f" How many are enough by path is not known for {words.listing(rest)}."
    return how


def _finding(cases: Sequence[Case]) -> str:
    lanes = {_row(case): enough for case in cases if (enough := _enough(case)) is not None}
    if not lanes:
        return "How many virtual lanes are enough is not known."
    most = max(cases, key=lambda case: lanes.get(_row(case), 0))
    one = words.listing([row for row, enough in lanes.items() if enough == 1])
    if lanes[_row(most)] == 1:
        return f"One virtual lane is enough {'everywhere' if len(lanes) == len(cases) else f'for {one}'}."
    few = f"; one is enough for {one}" if one else ""
    return f"{most.network} under {most.policy} takes most lanes, {words.count(lanes[_row(most)])}{few}."
