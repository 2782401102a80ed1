"""What a training step says besides loads: its time, and how much of it is communication that nothing hides."""

from __future__ import annotations

from typing import Any

from topo.config.case import Case
from topo.flow.solution import Solution


def training_results(case: Case, solution: Solution) -> dict[str, Any]:
    """Return the times of a training step [s]; nothing for other traffic.

    ``exposed_s`` is the step less its computation and bubble; ``step_parts`` has each phase, all its runs.
    """
    if case.traffic is None or case.traffic["pattern"] != "training-step":
        return {}
    given, demand = case.traffic, solution.demand
    compute = float(given["compute_s"])
    bubble = compute * (given["pp"] - 1) / given["micro_batches"]
    names = getattr(demand, "phase_names", ()) or [f"phase {p}" for p in range(demand.n_phases)]
    parts = [
        {"part": name, "start_s": float(start), "time_s": float(end - start)}
        for name, start, end in zip(names, solution.started, solution.ended, strict=True)
    ]
    step = solution.completion_s
    tokens = given["tokens"] * given["micro_batches"] * demand.n_ranks / given["pp"]
    return {
        "step_s": step,
        "compute_s": compute,
        "bubble_s": bubble,
        "exposed_s": step - compute - bubble,
        "tokens_per_s": tokens / step if compute else None,
        "step_parts": parts,
    }
