"""Traffic of a study: all patterns that it may name, and what comes of a checked section.

Beside those of ``traffic`` there are patterns that look at files or at the graph.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge

import traffic as workloads
from topo import units
from topo.config.data import Files
from topo.lazy import late
from traffic import Count, Demand, DemandError, GroupedDemand, Pattern
from traffic.layout import hosts_and_domains
from traffic.pattern import IN_WORDS

if TYPE_CHECKING:
    from topo.fabric import Fabric
    from topo.size import Size


def traffic_arguments(traffic: Mapping[str, Any], files: Files | None = None) -> dict[str, Any]:
    """Return what a pattern takes for a checked ``traffic`` mapping: bytes as numbers, ``model`` as a mapping."""
    arguments = {key: value for key, value in traffic.items() if key != "pattern"}
    for key, read in IN_WORDS.items():
        if isinstance(arguments.get(key), str):
            arguments[key] = read(arguments[key])
    if isinstance(arguments.get("expert_load"), str):
        from topo.config.expert_load import expert_load

        arguments["expert_load"] = expert_load(arguments["expert_load"], files)
    if arguments.get("model") is not None:
        from topo.config.models import model_figures

        arguments["model"] = model_figures(arguments["model"], files)
    return arguments


def offered(
    traffic: Mapping[str, Any],
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None = None,
    files: Files | None = None,
    fabric: Fabric | None = None,
    placed: Mapping[str, Any] | None = None,
    planes: int = 1,
    names: Sequence[str] | None = None,
) -> Demand | GroupedDemand:
    """Return the demand of a checked ``traffic`` mapping between ``n_ranks`` ranks; some look at ``fabric``.

    ``placed`` is a checked placement of jobs; ``planes`` is 0 where each endpoint is on all; ``names`` (n_ranks,)
    are the hosts of endpoints, by default as ``fabric`` calls them.

    Raises DemandError where the pattern cannot be had with so many ranks, ConfigError for a file.
    """
    offer = PATTERNS[traffic["pattern"]].offer
    there = hosts_and_domains(ranks_per_host, ranks_per_domain)
    there |= {"n_ranks": n_ranks, "files": files or Files(), "fabric": fabric}
    there |= {"placed": placed, "planes": planes, "names": host_names(fabric) if fabric and not names else names}
    takes = signature(offer).parameters
    wanted = {key: value for key, value in there.items() if key in takes}
    return offer(**wanted, **traffic_arguments(traffic, files))


def count_of(
    traffic: Mapping[str, Any],
    *,
    size: Size,
    ranks_per_host: int,
    ranks_per_domain: int | None = None,
    files: Files,
    placed: Mapping[str, Any] | None = None,
    planes: int = 1,
) -> Count:
    """Return the commodities of a checked ``traffic`` mapping between all endpoints of ``size``, by arithmetic.

    Raises DemandError and ConfigError for some of what ``offered`` refuses.
    """
    there: dict[str, Any] = {
        "n_ranks": size.endpoints,
        "ranks_per_host": ranks_per_host,
        "ranks_per_domain": ranks_per_domain,
    }
    there |= {"files": files, "size": size, "placed": placed, "planes": planes}
    return PATTERNS[traffic["pattern"]].counted(**there, **traffic_arguments(traffic, files))


def parts_of(traffic: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the checked sections that run side by side in ``traffic``; none of a single workload."""
    return list(traffic.get(PATTERNS[traffic["pattern"]].parts) or ())


def needs_fabric(traffic: Mapping[str, Any]) -> bool:
    """Return whether the pattern of ``traffic`` looks at the graph, so that it cannot be had without the fabric."""
    return "fabric" in signature(PATTERNS[traffic["pattern"]].offer).parameters


_Format = Annotated[str | None, "format of the file; without, as it begins"]
_Tp = Annotated[int | None, Ge(1), "ranks of tensor parallelism of a trace; without, as it says, else 1"]
_Ep = Annotated[int | None, Ge(1), "ranks of expert parallelism of a trace; without, as it says, else 1"]
_Pp = Annotated[int | None, Ge(1), "pipeline stages of a trace; without, as it says, else 1"]


def _from_file(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    files: Files,
    path: str,
    format: _Format = None,
    tp: _Tp = None,
    ep: _Ep = None,
    pp: _Pp = None,
) -> Demand:
    """Return what a file holds: flows in CSV (src, dst, bytes), or a trace's operations in groups of its layout."""
    from topo.config.demand_file import read_demand

    layout = {"tp": tp, "ep": ep, "pp": pp}
    return read_demand(
        path,
        n_ranks=n_ranks,
        files=files,
        ranks_per_host=ranks_per_host,
        ranks_per_domain=ranks_per_domain,
        format=format,
        layout=layout,
    )


def _file_count(
    *, size: Size, files: Files, path: str, format: str | None, tp: int | None, ep: int | None, pp: int | None
) -> Count:
    from topo.config.demand_file import demand_text
    from traffic.trace import Trace, commodities, layout_of, total

    found, _ = demand_text(path, files, format)
    if isinstance(found, Trace):
        layout = layout_of(found, size.endpoints, {"tp": tp, "ep": ep, "pp": pp})
        return Count.listed(commodities(total(found.steps, layout), layout))
    return Count.listed(max(sum(map(bool, found.splitlines())) - 1, 0))


def _side_by_side(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    files: Files,
    jobs: list[dict[str, Any]],
    placed: Mapping[str, Any] | None = None,
    planes: int = 1,
    names: Sequence[str] | None = None,
    queue: Annotated[str | None, "file of jobs and their hosts, in place of jobs"] = None,
    each: Annotated[dict[str, Any] | None, "what all jobs of the queue have alike"] = None,
) -> Demand:
    """Return several jobs at the same time, each on hosts of its own."""
    from topo.config.jobs import placed_jobs
    from traffic.jobs import Job, together

    del queue, each  # a study reads them before, as jobs
    side_by_side = []
    there: dict[str, Any] = {"n_ranks": n_ranks, "ranks_per_host": ranks_per_host, "ranks_per_domain": ranks_per_domain}
    for given, name, ranks, where in placed_jobs(jobs, **there, placed=placed, planes=planes, names=names):
        try:
            demand = offered(_own(given), n_ranks=len(ranks), **where, files=files)
        except DemandError as error:
            raise DemandError(f"jobs: {name}: {error}") from None
        side_by_side.append(Job(name, demand, ranks, units.duration(given["start"])))
    return together(side_by_side, n_ranks=n_ranks)


def _jobs_count(
    *,
    size: Size,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    files: Files,
    jobs: list[dict[str, Any]],
    placed: Mapping[str, Any] | None = None,
    planes: int = 1,
) -> Count:
    from topo.config.jobs import placed_jobs

    there: dict[str, Any] = {"ranks_per_host": ranks_per_host, "ranks_per_domain": ranks_per_domain}
    jobs = [job | _numbered(job) for job in jobs]
    counts = [
        count_of(_own(given), size=replace(size, endpoints=len(ranks)), **where, files=files)
        for given, _, ranks, where in placed_jobs(jobs, n_ranks=size.endpoints, **there, placed=placed, planes=planes)
    ]
    return Count.listed(sum(one.pairs for one in counts), sum(one.drawn for one in counts))


def _numbered(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return as many hosts as a job names, the first ones: a count needs no names."""
    if not job.get("nodes"):
        return {}
    from topo.formats.hostlist import expand

    return {"hosts": len(expand(job["nodes"], "nodes")), "first": 0, "nodes": None}


def host_names(fabric: Fabric) -> list[str] | None:
    """Return (endpoints,) the host that each endpoint sits in, as a file calls it; None where none was read."""
    if fabric.source is None:
        return None
    from topo.formats.ends import hosts_of
    from topo.formats.plant import Node, Reading

    called = fabric.source.names[: fabric.n_endpoints]
    return [host for host, _ in hosts_of([Node(name) for name in called], Reading())]


def _own(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the traffic section of a job, where and when it runs left out."""
    keys = {"pattern", *signature(PATTERNS[job["pattern"]].offer).parameters}
    return {key: value for key, value in job.items() if key in keys}


_HERE = {
    "adversarial": Pattern(
        late("topo.routing.adversarial:adversarial"), late("topo.routing.adversarial:adversarial_count"), whole=True
    ),
    "file": Pattern(_from_file, _file_count, ruled=False, whole=True),
    "jobs": Pattern(_side_by_side, _jobs_count, ruled=False, whole=True, beside=True, parts="jobs"),
}
#: Every pattern by the name that the command line and study files use.
PATTERNS: Mapping[str, Pattern] = ChainMap(_HERE, workloads.PATTERNS)
