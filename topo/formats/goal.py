"""GOAL, the schedules of LogGOPSim: what each rank sends and receives, phase after phase."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from traffic.demand import Demand, GroupedDemand


def write(demand: Demand | GroupedDemand) -> str:
    """Return ``demand`` as text of this format; a rank starts a phase when its own part of the last one is over.

    Sizes are whole bytes; a phase that repeats is written out.
    """
    if isinstance(demand, GroupedDemand):
        demand = demand.listed()
    return "\n".join(_written(demand)) + "\n"


def _written(demand: Demand) -> Iterator[str]:
    yield f"num_ranks {demand.n_ranks}"
    of_rank: dict[int, list[tuple[int, str]]] = defaultdict(list)
    step = 0
    for phase in range(demand.n_phases):
        here = (demand.phase == phase).nonzero()[0].tolist()
        for _ in range(int(demand.repeat[phase])):
            for tag, f in enumerate(here):
                src, dst, size = int(demand.src[f]), int(demand.dst[f]), max(round(float(demand.size[f])), 1)
                of_rank[src].append((step, f"send {size}b to {dst} tag {tag}"))
                of_rank[dst].append((step, f"recv {size}b from {src} tag {tag}"))
            step += 1
    for rank in range(demand.n_ranks):
        yield f"rank {rank} {{"
        before: list[int] = []
        last: list[int] = []
        at = -1
        for i, (phase, what) in enumerate(of_rank[rank]):
            if phase != at:
                before, last, at = last, [], phase
            yield f"l{i}: {what}"
            yield from (f"l{i} requires l{j}" for j in before)
            last.append(i)
        yield "}"
