"""Decision matrix: networks of a size beside each other, what each costs and how long each traffic takes on it.

It is read under one choice of policies after the other: first each network as a site would run it, then all under one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from topo.report import labels, names, words
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table
from topo.report.verdicts.answer import within
from topo.report.verdicts.rivals import optimum

#: Endpoints of the largest over those of the smallest network from which they are no choice for the same cluster.
ALIKE = 1.25
_COST, _TIME = "cost_per_endpoint_usd", "completion_s"
#: (network, traffic) -> the case that a reading shows.
_Cells = dict[tuple[str, str], Case]


@dataclass(frozen=True)
class Reading:
    """The matrix under one choice of policies; ``name`` says which."""

    name: str
    table: Table


class Duration(float):
    """A completion time [s] with the text of its cell, and what stands small below it."""

    text: str
    below: str

    @classmethod
    def of(cls, case: Case, best: float, tie: float, ideal: Case | None) -> Duration:
        """Return the time of ``case``, how often it has the ``best`` of its traffic, and the tier that limits it.

        ``ideal`` is the same traffic under the best routing there is; it is told where that is shorter.
        """
        one = cls(case.get(_TIME))
        far = f"{words.number(one / best)}×" if one > best * (1 + tie) else ""
        one.text = " · ".join(filter(None, (words.seconds(one), far, case.get("bottleneck_tier"))))
        least = ideal and ideal.get(_TIME)
        one.below = f"best routing: {words.seconds(least)}" if least and least < one / (1 + tie) else ""
        return one


def matrix(view: View) -> Table | None:
    """Return the matrix as a site would run it, None where there are not two networks of a size to choose between."""
    choices = readings(view)
    return choices[0].table if choices else None


def readings(view: View) -> tuple[Reading, ...]:
    """Return a matrix for each choice of policies under which two networks of about a size carry the same traffic.

    The first is as a site would run them.  A policy that changes no time is told of there and has no matrix of its own;
    the best routing stands below the times that it shortens.
    """
    usual = _comparable(view, {(case.network, case.traffic): case for case in view.grid})
    if not usual:
        return ()
    others = {policy: cells for policy in _policies(view) if (cells := _all_under(view, policy, usual))}
    alike = [policy for policy, cells in others.items() if _same(cells, usual, view.tie) and policy != view.policy]
    same = f" {words.listing(alike)} {'give' if len(alike) > 1 else 'gives'} the same times." if alike else ""
    label = "as a site would run it" if any(case.policy != view.policy for case in usual.values()) else view.policy
    first = _table(view, usual, "matrix", view.policies, same)
    return Reading(label, first), *(
        Reading(policy, _table(view, cells, f"matrix-{_slug(policy)}", policy))
        for policy, cells in others.items()
        if not _same(cells, usual, view.tie)
    )


def _policies(view: View) -> list[str]:
    """Return the policies that a site could choose: not the best routing there is, which none can run."""
    return names.order(case.policy for case in view.solutions if not case.get("bound_is_optimum"))


def _all_under(view: View, policy: str, usual: _Cells) -> _Cells:
    return _comparable(view, {key: one for key in usual if (one := _under(view, policy, usual[key]))})


def _same(cells: _Cells, usual: _Cells, tie: float) -> bool:
    ratios = [float(case.get(_TIME)) / float(usual[key].get(_TIME)) for key, case in cells.items()]
    return max(ratios) <= 1 + tie and min(ratios) >= 1 / (1 + tie)


def _under(view: View, policy: str, like: Case) -> Case | None:
    """Return the case of the network and traffic of ``like`` under ``policy``, solved as it is."""
    one = view.case(like.network, like.traffic, policy)
    alike = one and one.record.part("solve").get("solver") == like.record.part("solve").get("solver")
    return one if alike else None


def _comparable(view: View, cells: _Cells) -> _Cells:
    """Return those of ``cells`` whose traffic two networks of about a size carry to its end."""
    there: _Cells = {}
    for traffic in view.traffics:
        cases = [case for (_, of), case in cells.items() if of == traffic]
        sizes = [case.get("endpoints") for case in cases]
        times = all(isinstance(case.get(_TIME), int | float) and case.get(_TIME) > 0 for case in cases)
        if times and len(cases) > 1 and None not in sizes and max(sizes) <= ALIKE * min(sizes):
            there |= {(case.network, traffic): case for case in cases}
    return there


def _table(view: View, cells: _Cells, id: str, policies: str, remark: str = "") -> Table:
    networks = _order(view, cells)
    traffics = [traffic for traffic in view.traffics if any(of == traffic for _, of in cells)]
    costs = [_cost(view, network) for network in networks]
    columns, rows = [name("Network")], [list[Any]([network]) for network in networks]
    if any(cost is not None for cost in costs):
        columns.append(labels.column(_COST))
        rows = [[*row, cost] for row, cost in zip(rows, costs, strict=True)]
    for traffic in traffics:
        best = min(float(case.get(_TIME)) for (_, of), case in cells.items() if of == traffic)
        columns.append(Column(traffic, lambda value: value.text, raw="s", shade=_shade(best, view.tie), below=_below))
        for network, row in zip(networks, rows, strict=True):
            one = cells.get((network, traffic))
            row.append(one and Duration.of(one, best, view.tie, optimum(view, network, traffic)))
    caption = f"Time by traffic, × the fastest, and the tier that limits it; {policies}"
    return table(id, caption, columns, rows, note=_rule(view, traffics[0]) + remark)


def _order(view: View, cells: _Cells) -> list[str]:
    """Return the networks of ``cells``, best first: by the first traffic; of a tie the unbeaten, then the cheaper."""
    rest, out = [n for n in view.networks if any(n == network for network, _ in cells)], list[str]()
    head = next(traffic for traffic in view.traffics if any(of == traffic for _, of in cells))
    times = {n: _time(cells, n, head) for n in rest}
    while rest:
        least = min(times[n] for n in rest)
        equals = [n for n in rest if times[n] <= least * (1 + view.tie)]
        out += sorted(equals, key=lambda n: (_is_behind(cells, n, equals, view.tie), _cost(view, n) or 0.0))
        rest = [n for n in rest if n not in equals]
    return out


def _time(cells: _Cells, network: str, traffic: str) -> float:
    case = cells.get((network, traffic))
    return float(case.get(_TIME)) if case else float("inf")


def _is_behind(cells: _Cells, network: str, others: Sequence[str], tie: float) -> bool:
    """Return whether another is faster under some traffic and slower under none."""
    for other in others:
        ratios = [_time(cells, network, of) / _time(cells, other, of) for n, of in cells if n == network]
        if max(ratios) > 1 + tie and min(ratios) >= 1 / (1 + tie):
            return True
    return False


def _rule(view: View, traffic: str) -> str:
    return f"Best first, by {traffic}; of equals ({within(view.tie)}) those that none of them beats, then the cheaper."


def _cost(view: View, network: str) -> float | None:
    return next((cost for case in view.grid if case.network == network and (cost := case.get(_COST))), None)


def _below(value: Duration) -> str:
    return value.below


def _shade(best: float, tie: float) -> Callable[[float], str]:
    return lambda value: "good" if value <= best * (1 + tie) else "warn" if value <= 2 * best else "bad"


def _slug(policy: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", policy.lower()).strip("-")
