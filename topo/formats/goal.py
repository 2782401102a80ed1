"""GOAL, the schedules of LogGOPSim: what each rank computes, sends and receives, and what waits for what.

A run of a phase begins with a ``calc``, of 0 ns where nothing is computed, that all of it waits for.  The calc waits
for what the rank itself did in the run or the phases before: GOAL has no barrier between ranks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from topo.formats.errors import FormatError
from traffic.demand import Demand, GroupedDemand

#: Operations of a schedule; 30 bytes each.
MOST_OPERATIONS = 50_000_000


def write(demand: Demand | GroupedDemand) -> str:
    """Return ``demand`` as text of this format: sizes in whole bytes, times in whole ns; repeats are written out.

    Raises FormatError for more operations than a file should have.
    """
    if isinstance(demand, GroupedDemand):
        demand = demand.listed()
    n = 2 * int(demand.repeat[demand.phase].sum()) + demand.n_ranks * int(demand.repeat.sum())
    if n > MOST_OPERATIONS:
        raise FormatError(f"{demand.name}: takes {n:,} operations; up to {MOST_OPERATIONS:,} are written")
    return "\n".join(_written(demand)) + "\n"


def _written(demand: Demand) -> Iterator[str]:
    yield f"num_ranks {demand.n_ranks}"
    of_rank: list[dict[int, list[str]]] = [defaultdict(list) for _ in range(demand.n_ranks)]
    columns = (demand.src.tolist(), demand.dst.tolist(), demand.size.tolist(), demand.phase.tolist())
    for tag, (src, dst, size, phase) in enumerate(zip(*columns, strict=True)):
        whole = max(round(size), 1)
        of_rank[src][phase].append(f"send {whole}b to {dst} tag {tag}")
        of_rank[dst][phase].append(f"recv {whole}b from {src} tag {tag}")
    for rank, phases in enumerate(of_rank):
        yield f"rank {rank} {{"
        yield from _schedule(demand, phases)
        yield "}"


def _schedule(demand: Demand, phases: dict[int, list[str]]) -> Iterator[str]:
    """Yield the operations of one rank, which takes part in ``phases``."""
    last: list[tuple[int, ...]] = []  # what follows each phase must wait for
    n = 0
    for phase in range(demand.n_phases):
        waits = demand.after[phase] if demand.after else range(max(phase - 1, 0), phase)
        before = tuple(sorted({label for p in waits for label in last[p]}))
        compute = round(1e9 * float(demand.compute_s[phase])) if demand.compute_s.size else 0
        for _ in range(int(demand.repeat[phase]) if phase in phases or compute else 0):
            yield f"l{n}: calc {compute}"
            yield from _requires(n, before)
            before = tuple(range(n + 1, n + 1 + len(phases.get(phase, ())))) or (n,)
            for label, what in zip(before, phases.get(phase, ()), strict=False):
                yield f"l{label}: {what}"
                yield from _requires(label, (n,))
            n = before[-1] + 1
        last.append(before)


def _requires(label: int, before: Iterable[int]) -> Iterator[str]:
    return (f"l{label} requires l{other}" for other in before)
