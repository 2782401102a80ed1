"""Loads after single failures found from those before them, beside those of a full recomputation.

``python -m benchmarks.detours`` takes the networks of ``benchmarks.failures`` under uniform traffic and ECMP and draws
single parts of each kind.  Full is what a case does: the fabric without the part, who still reaches whom, routes, and
the loads of all links.  The other side starts from the loads before; what it takes to be ready for any loss is told
apart, once a network.  Both are process time on one core, and their loads agree within 1e-12 of the largest.  Last,
the whole answer of ``worst``, by each loss in full over that by differences.
"""

from __future__ import annotations

import time
from unittest.mock import patch

import click
import numpy as np

from benchmarks.failures import NETWORKS, PARTS
from topo.config import demand_of, fabric_of, read_case
from topo.fabric import Fabric
from topo.failures import Loss, random, reachable
from topo.flow import route
from topo.flow.phase_loads import phase_loads
from topo.routing.balance import steady
from topo.routing.detour import Detours
from topo.routing.operator import Floats
from topo.study.loss import found
from topo.study.quick import Quick
from traffic.demand import Demand, GroupedDemand


def loads(fabric: Fabric, demand: Demand | GroupedDemand) -> Floats:
    """Return (phases, L) loads under ECMP."""
    return np.asarray(phase_loads(route(fabric, demand), demand, demand.size).toarray())


def in_full(fabric: Fabric, loss: Loss, demand: Demand | GroupedDemand) -> Floats:
    """Return (phases, L) loads after ``loss``, all routed anew, on the links of ``fabric``."""
    left, found = loss.of(fabric), np.zeros((demand.n_phases, fabric.n_links))
    reach = reachable(left, demand)
    if reach.demand is not None:
        found[:, ~loss.dead(fabric)] = loads(left, reach.demand)
    return found


def compared(fabric: Fabric, demand: Demand | GroupedDemand, draws: int) -> list[str]:
    """Return a line for each kind of part: mean times of both ways, and their ratio."""
    network, before = steady(fabric), loads(fabric, demand)
    assert network is not None
    begin = time.process_time()
    detours = Detours.of(network, demand, before)
    assert detours is not None
    lines = [f"ready in {1e3 * (time.process_time() - begin):.1f} ms"]
    for part in PARTS:
        spent, again = np.zeros((2, draws + 1)), 0
        for seed in range(draws + 1):
            loss = random(fabric, part=part, seed=seed)[0]
            ticks = [time.process_time()]
            full = in_full(fabric, loss, demand)
            ticks.append(time.process_time())
            quick = detours.after(loss.dead(fabric))
            ticks.append(time.process_time())
            spent[:, seed] = np.diff(ticks)
            again += quick is None
            assert quick is None or np.abs(quick.load - full).max() <= 1e-12 * full.max()
        whole, part_of = spent[:, 1:].mean(axis=1)  # the first compiles
        swept = f", {again} of {draws + 1} swept again" if again else ""
        lines.append(f"{part:7} {1e3 * whole:7.2f} ms {1e3 * part_of:7.2f} ms {whole / part_of:6.1f} x{swept}")
    return lines


def worst_of(spec: str, failures: str) -> str:
    """Return the time of the whole answer of ``failures`` by both ways, and their ratio."""
    case, spent, answers = read_case(spec, "uniform", failures=failures), [], []
    found(case)
    for ready in (lambda *_: None, Quick.of):
        begin = time.process_time()
        with patch.object(Quick, "of", ready):
            answers.append(found(case))
        spent.append(time.process_time() - begin)
    assert abs(answers[0].slowdown / answers[1].slowdown - 1) <= 1e-12
    return f"{failures} ({answers[0].tried} losses): {spent[0]:.2f} s, {spent[1]:.2f} s, {spent[0] / spent[1]:.1f} x"


@click.command()
@click.option("--draws", default=20)
def main(draws: int) -> None:
    """Print the table."""
    for name, spec in NETWORKS.items():
        case = read_case(spec, "uniform")
        fabric = fabric_of(case)
        first, *lines = compared(fabric, demand_of(case, fabric), draws)
        print(f"{name}: {first}; full, from before, ratio")
        print("\n".join(f"  {line}" for line in lines))
        print(f"  {worst_of(spec, 'worst:part=cable')}", flush=True)


if __name__ == "__main__":
    main()
