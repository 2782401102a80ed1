"""What failures do to a case: its losses are applied one by one, routed as asked, and held against the intact fabric.

Traffic is offered as on the intact fabric.  Flows without a path left are counted, named and left out; the time
of the others is held against theirs on the intact fabric.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from topo import __version__
from topo.config.case import Case
from topo.config.nouns import demand_of, fabric_of, routing_of, solving_of
from topo.fabric import Fabric
from topo.flow import POLICIES, RoutingError, Solution, route, solve
from topo.headway import counted
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from topo.failures import Loss, Reach

#: Intact fabrics that are remembered, with their traffic and its time: cases of a study share few.
MOST_KEPT = 4
#: Losses up to which to make ready for many costs more than it saves.
FEW = 4
#: Losses are equally bad within this: rounding of loads.
EQUAL = 1e-12


@dataclass(frozen=True, eq=False)
class Intact:
    """A case before failures."""

    fabric: Fabric
    demand: Demand | GroupedDemand
    solution: Solution


@dataclass(frozen=True, eq=False)
class After:
    """A case after a loss."""

    loss: Loss
    fabric: Fabric
    reach: Reach
    blackholed: float  # share of the bytes that kept tables send to where nothing is
    solution: Solution | None  # of the flows that arrive; None where none does
    before_s: float | None  # [s] the same flows on the intact fabric
    tried: int = 1  # losses that were looked at

    @property
    def slowdown(self) -> float | None:
        """Time over that of the same flows on the intact fabric; None where nothing arrives or takes time."""
        took = None if self.solution is None else self.solution.completion_s
        return took / self.before_s if took and self.before_s else None

    @property
    def kept(self) -> float | None:
        """Share of the intact fabric's throughput that is left: what arrives of the flows, over their slowdown."""
        if self.solution is None:
            return 0.0
        arrives = self.reach.share_with_relay * (1.0 - self.blackholed)
        return arrives / self.slowdown if self.slowdown else None

    def severity(self) -> tuple[float, float]:
        """Return what makes one loss worse than another: what does not arrive, then how long the rest takes."""
        arrives = self.reach.share_with_relay * (1.0 - self.blackholed)
        return (-arrives, self.slowdown or 0.0)

    def results(self) -> dict[str, Any]:
        """Return what is worth saying of the loss: flat keys, ready for JSON."""
        return {
            "failed": self.loss.name,
            "failed_cables": len(self.loss.cables),
            "failed_nodes": len(self.loss.nodes),
            "losses_tried": self.tried,
            **self.reach.results(),
            "blackholed_share": self.blackholed,
            "slowdown": self.slowdown,
            "kept_throughput": self.kept,
            "intact_completion_s": self.before_s,
            **({} if self.solution is not None else {"completion_s": None, "complete": True}),
        }


def found(case: Case) -> After:
    """Return ``case`` after its loss; after the worst of them where it looks for that.

    Raises LossError, RoutingError and whatever solving raises.
    """
    from topo.failures import FAILURES

    check_reroute(case)
    given = case.failures or {}
    entry, intact = FAILURES[given["pick"]], _intact(case)
    own = {key: value for key, value in given.items() if key not in ("pick", "reroute")}
    if entry.searches:
        own |= {"demand": intact.demand, "alike": not POLICIES[case.routing["policy"]].one_path}
    losses = entry.losses(intact.fabric, **own)
    return replace(_worst(case, intact, losses), tried=len(losses))


def check_reroute(case: Case) -> None:
    """Raise RoutingError where the routes of ``case`` after a failure cannot be those that it asks for."""
    from topo.flow.rerouting import check_kept

    reroute = (case.failures or {})["reroute"]
    if reroute != "ideal":
        check_kept(reroute, case.routing["policy"])
    elif case.routing.get("tables") is not None:
        raise RoutingError(
            "reroute ideal: forwarding tables of a file say nothing of routes after a failure; choose reroute: tables"
        )


def _worst(case: Case, intact: Intact, losses: list[Loss]) -> After:
    """Return ``case`` after the worst of ``losses``, the first of those that are equally bad."""
    from topo.study.quick import Quick

    quick = Quick.of(case, intact.solution) if len(losses) > FEW and _by_itself(case) else None
    if quick is None:
        return max((_after(case, intact, loss) for loss in counted("loss", losses)), key=After.severity)
    severity, whole = np.empty((len(losses), 2)), None
    for i, loss in enumerate(counted("loss", losses)):
        one = quick.harm(loss) or _after(case, intact, loss)
        severity[i] = one.severity()
        if isinstance(one, After) and (whole is None or one.severity() > whole.severity()):
            whole = one
    missing, slowdown = severity.T
    worst = np.flatnonzero(missing >= missing.max() - EQUAL)
    first = losses[worst[slowdown[worst] >= slowdown[worst].max() * (1.0 - EQUAL)][0]]
    return whole if whole is not None and whole.loss is first else _after(case, intact, first)


def _by_itself(case: Case) -> bool:
    """Return whether routes after a loss are those that the policy finds for what is left."""
    return bool((case.failures or {})["reroute"] == "ideal")


def _intact(case: Case) -> Intact:
    """Return ``case`` before failures, which is remembered: many cases of a study have the same."""
    whole = replace(case, sections=case.sections | {"failures": None})
    key = whole.identity(__version__)
    if key not in _REMEMBERED:
        fabric = fabric_of(whole)
        demand = demand_of(whole, fabric)
        _REMEMBERED[key] = Intact(fabric, demand, solved(whole, fabric, demand))
        if len(_REMEMBERED) > MOST_KEPT:
            _REMEMBERED.popitem(last=False)
    _REMEMBERED.move_to_end(key)
    return _REMEMBERED[key]


_REMEMBERED: OrderedDict[str, Intact] = OrderedDict()


def _after(case: Case, intact: Intact, loss: Loss) -> After:
    from topo.failures import reachable

    reroute = (case.failures or {})["reroute"]
    left = loss.of(intact.fabric)
    reach = reachable(left, intact.demand)
    if reach.demand is None:
        return After(loss, left, reach, 0.0, None, None)
    if reroute != "ideal":
        return _with_tables(case, intact, After(loss, left, reach, 0.0, None, None), reach.demand)
    solution = solved(case, left, reach.demand)
    return After(loss, left, reach, 0.0, solution, _before(case, intact, reach.demand))


def _with_tables(case: Case, intact: Intact, after: After, demand: Demand | GroupedDemand) -> After:
    """Return ``after`` where routes are those of the intact fabric, and what they send to dead links is lost."""
    from topo.flow.kept import keep_tables

    reroute = (case.failures or {})["reroute"]
    dead, words = after.loss.dead(intact.fabric), routing_of(case, intact.fabric)
    kept = keep_tables(intact.fabric, dead, demand, reroute=reroute, **words)
    if kept.demand is None or kept.routing is None:
        return replace(after, blackholed=kept.lost)
    solution = solve(after.fabric, kept.demand, kept.routing, **solving_of(case))
    return replace(after, blackholed=kept.lost, solution=solution, before_s=_before(case, intact, kept.demand))


def _before(case: Case, intact: Intact, demand: Demand | GroupedDemand) -> float:
    """Return the time [s] of ``demand`` on the intact fabric."""
    if demand is intact.demand:
        return intact.solution.completion_s
    return solved(case, intact.fabric, demand).completion_s


def solved(case: Case, fabric: Fabric, demand: Demand | GroupedDemand) -> Solution:
    """Return ``demand`` routed and solved as ``case`` says, on any fabric."""
    return solve(fabric, demand, route(fabric, demand, **routing_of(case, fabric)), **solving_of(case))
