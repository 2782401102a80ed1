"""Several jobs on one fabric: how much longer each takes than it would alone."""

from __future__ import annotations

from typing import Any

from topo.config.build import jobs_of
from topo.config.case import Case
from topo.fabric import Fabric
from topo.flow import route, solve
from topo.flow.solution import Solution
from traffic.jobs import phases_of, together


def job_results(case: Case, fabric: Fabric, solution: Solution) -> dict[str, Any]:
    """Return when each job ends, how long it takes alone on the same fabric, and their ratio; nothing without jobs.

    Alone means: the same ranks, policy and seed, no other job.  Times count from the start of the job.
    """
    if case.traffic is None or case.traffic["pattern"] != "jobs":
        return {}
    ranks = {"n_ranks": fabric.n_endpoints, "ranks_per_host": fabric.endpoints_per_host}
    jobs = jobs_of(case.traffic, **ranks, files=case.files)
    rows: list[dict[str, Any]] = []
    for job, phases in zip(jobs, phases_of(jobs), strict=True):
        demand = together([job._replace(start=0.0)], n_ranks=fabric.n_endpoints)
        alone = solve(fabric, demand, route(fabric, demand, **case.routing), **case.solve).completion_s
        took = float(solution.ended[list(phases)].max()) - job.start
        rows.append(
            {
                "job": job.name,
                "ranks": len(job.ranks),
                "start_s": job.start,
                "together_s": took,
                "alone_s": alone,
                "slowdown": took / alone,
            }
        )
    slowdowns = [row["slowdown"] for row in rows]
    return {"jobs": rows, "slowdown_max": max(slowdowns), "slowdown_mean": sum(slowdowns) / len(slowdowns)}
