"""What failures and repairs over time make of a case: closed forms of its parts, and the states of its network.

Every state is routed anew over what is left, with the traffic of the intact network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from topo.availability.expected import Expected, Interval, Judged, Worth, expected
from topo.availability.passage import stays_good
from topo.availability.plan import Plan, counts_of
from topo.availability.rates import RatesError
from topo.availability.timeline import play
from topo.availability.units import KINDS, Ints, Units
from topo.config.availability import asked
from topo.config.case import Case
from topo.fabric import NodeKind
from topo.failures import Loss, LossError, reachable
from topo.failures.counted import parts_in
from topo.flow import POLICIES, NotConnected, Solution
from topo.size import Size
from topo.study.loss import solved
from topo.study.quick import Quick


def over_states(case: Case, intact: Solution) -> dict[str, Any]:
    """Return what failures and repairs make of ``case``, whose ``intact`` network is solved: flat keys.

    Raises RatesError for rates without repair times, or where nothing is asked about that fails.
    """
    plan = asked(case)
    if plan is None:
        return {}
    check_routes(case)
    fabric = intact.fabric
    counts = counts_of(fabric.size) | {
        kind: int((fabric.kind == NodeKind[kind.upper()]).sum()) for kind in ("leaf", "spine", "core")
    }
    found = plan.closed_forms(counts)
    alike = not POLICIES[case.routing["policy"]].one_path
    units = Units.of(fabric, plan.rates, intact.offered, alike=alike)
    if plan.length is not None and not units.n:
        found |= play(None, plan, plan.stops(counts)).results()
    if not units.n:
        return found
    judged = Judged(units, Judge(case, intact, Quick.of(case, intact)))
    means = expected(judged, most=plan.most, exact=plan.exact, samples=plan.samples, seed=plan.seed)
    lasting = stays_good(units, means, period=plan.period, most=plan.most)
    if plan.length is not None:
        found |= play(judged, plan, plan.stops(counts)).results()
    return found | _results(plan, means, lasting, len(judged.known))


def check_routes(case: Case) -> None:
    """Raise RatesError where nothing says how ``case`` routes once something has failed."""
    if case.routing.get("tables") is not None:
        raise RatesError("availability: forwarding tables of a file say nothing of routes after a failure")


def check_states(case: Case, size: Size) -> None:
    """Raise RatesError where the parts that ``case`` lets fail on a network of ``size`` cannot be looked at."""
    check_routes(case)
    plan = asked(case)
    if plan is None:
        return
    failures, repair = plan.rates.failures, plan.rates.repair
    for kind, (part, tier) in KINDS.items():
        if failures.get(kind) and _there(size, part, tier):
            repair(kind)
    if failures.get("optic") and size.transceivers:
        repair("optic")


def _there(size: Size, part: str, tier: str | None) -> bool:
    try:
        return parts_in(size, part, tier) != 0
    except LossError:
        return False


@dataclass(frozen=True, eq=False)
class Judge:
    """Routes and solves the traffic of a case on what is left of its network."""

    case: Case
    intact: Solution
    quick: Quick | None = None  # where losses need not be routed and solved anew

    def __call__(self, cables: Ints, nodes: Ints) -> Worth:
        """Return what the network is worth without ``cables`` and ``nodes``."""
        if not len(cables) + len(nodes):
            return Worth(1.0, 1.0)
        harm = self.quick and self.quick.harm(Loss("", cables, nodes))
        if harm:
            return Worth(1.0 / harm.slowdown if harm.slowdown else 1.0, 1.0) if harm.arrives == 1 else Worth(0.0, 0.0)
        left, demand = self.intact.fabric.without(cables=cables, nodes=nodes), self.intact.offered
        if reachable(left, demand).share_with_relay < 1:
            return Worth(0.0, 0.0)
        try:
            solution = solved(self.case, left, demand)
        except NotConnected:
            return Worth(0.0, 0.0)
        return Worth(self.intact.completion_s / solution.completion_s if solution.completion_s else 1.0, 1.0)


def _results(plan: Plan, means: Expected, lasting: Interval, tried: int) -> dict[str, Any]:
    pairs = {
        "expected_throughput": means.throughput,
        "full_reach": means.reach,
        "good_time": means.within,
        "no_slowdown": lasting,
    }
    found: dict[str, Any] = {"accepted_slowdown": plan.most, "states_tried": tried}
    for key, one in pairs.items():
        found |= {key: one.value, f"{key}_low": one.low, f"{key}_high": one.high}
    return found | {"states_by_failed": [stratum.row() for stratum in means.strata]}
