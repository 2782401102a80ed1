"""Decision matrix: networks of a size beside each other, what each costs and how long each traffic takes on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import labels, words
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

#: Endpoints of the largest over those of the smallest network from which they are no choice for the same cluster.
ALIKE = 1.25
_COST, _TIME = "cost_per_endpoint_usd", "completion_s"


class Duration(float):
    """A completion time [s] with the text of its cell."""

    text: str

    @classmethod
    def of(cls, case: Case, best: float, tie: float) -> Duration:
        """Return the time of ``case``, how often it has the ``best`` of its traffic, and the tier that limits it."""
        one = cls(case.get(_TIME))
        far = f"{words.number(one / best)}×" if one > best * (1 + tie) else ""
        one.text = " · ".join(filter(None, (words.seconds(one), far, case.get("bottleneck_tier"))))
        return one


def matrix(view: View) -> Table | None:
    """Return a row for each network, None where there are not two of about a size that carry the same traffic."""
    traffics = [traffic for traffic in view.traffics if _comparable(view.of_traffic(traffic))]
    if not traffics:
        return None
    cells = {(case.network, case.traffic): case for case in view.grid if case.traffic in traffics}
    networks = [network for network in view.networks if any((network, traffic) in cells for traffic in traffics)]
    costs = [_cost(view, network) for network in networks]
    columns, rows = [name("Network")], [list[Any]([network]) for network in networks]
    if any(cost is not None for cost in costs):
        columns.append(labels.column(_COST))
        rows = [[*row, cost] for row, cost in zip(rows, costs, strict=True)]
    for traffic in traffics:
        best = min(float(case.get(_TIME)) for case in view.of_traffic(traffic))
        columns.append(_column(traffic, best, view.tie))
        cases = [cells.get((network, traffic)) for network in networks]
        rows = [[*row, one and Duration.of(one, best, view.tie)] for row, one in zip(rows, cases, strict=True)]
    caption = f"Time by traffic, × the fastest, and the tier that limits it; {view.policies}"
    return table("matrix", caption, columns, rows)


def _comparable(cases: Sequence[Case]) -> bool:
    sizes = [case.get("endpoints") for case in cases]
    times = all(isinstance(case.get(_TIME), int | float) and case.get(_TIME) > 0 for case in cases)
    return times and len(cases) > 1 and None not in sizes and max(sizes) <= ALIKE * min(sizes)


def _cost(view: View, network: str) -> float | None:
    return next((cost for case in view.grid if case.network == network and (cost := case.get(_COST))), None)


def _column(traffic: str, best: float, tie: float) -> Column:
    def shade(value: float) -> str:
        return "good" if value <= best * (1 + tie) else "warn" if value <= 2 * best else "bad"

    return Column(traffic, lambda value: value.text, raw="s", shade=shade)
