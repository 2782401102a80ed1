"""Flows in CSV, ``src,dst,bytes[,phase]``: the file that a TRAFFIC may be."""

from __future__ import annotations

from traffic.demand import Demand, GroupedDemand


def read(text: str, shown: str) -> str:
    """Return ``text`` as it is: what it holds is checked where it becomes traffic."""
    return text


def write(demand: Demand | GroupedDemand) -> str:
    """Return ``demand`` as text of this format; a phase that repeats is written out."""
    if isinstance(demand, GroupedDemand):
        demand = demand.listed()
    rows, step = ["src,dst,bytes,phase"], 0
    for phase in range(demand.n_phases):
        here = (demand.phase == phase).nonzero()[0]
        columns = zip(demand.src[here].tolist(), demand.dst[here].tolist(), demand.size[here].tolist(), strict=True)
        flows = [(src, dst, repr(size)) for src, dst, size in columns]
        for _ in range(int(demand.repeat[phase])):
            rows += [f"{src},{dst},{size},{step}" for src, dst, size in flows]
            step += 1
    return "\n".join(rows) + "\n"
