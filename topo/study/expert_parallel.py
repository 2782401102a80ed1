"""What a case under expert-parallel traffic says besides loads: copies per token, gains, bounds."""

from __future__ import annotations

from inspect import signature
from typing import Any

from topo.config.build import traffic_arguments
from topo.config.case import Case
from topo.fabric import Fabric, Tier

#: Figures of the exchange whose names mean something else in a record.
_RENAMED = {"hosts": "ep_hosts", "method": "copies_method", "model": "model_name"}


def moe_results(case: Case, fabric: Fabric) -> dict[str, Any]:
    """Return the figures of the exchange with the bandwidths of ``fabric``; nothing for other traffic."""
    if case.traffic is None or case.traffic["pattern"] != "moe-all-to-all":
        return {}
    from traffic.expert_parallel import default_ep, picks
    from traffic.model import Model
    from traffic.moe import report

    given = traffic_arguments(case.traffic, case.files)
    gating = {key: given[key] for key in signature(picks).parameters if key in given and key not in ("model", "ep")}
    per_host = fabric.endpoints_per_host
    nic = endpoint_rate(fabric, Tier.ENDPOINT)
    figures = report(
        model=given["model"],
        ep=given["ep"] or default_ep(fabric.n_endpoints, Model.of(given["model"]), per_host),
        node_limit=given["node_limit"],
        tokens=given["tokens"],
        nic=nic,
        scale_up=endpoint_rate(fabric, Tier.SCALE_UP) or nic,
        ranks_per_host=per_host,
        **gating,
    )
    return {_RENAMED.get(key, key): value for key, value in figures.items()}


def endpoint_rate(fabric: Fabric, tier: Tier) -> float:
    """Return what the first endpoint can send over links of ``tier`` [B/s]; 0 where it has none."""
    mine = slice(int(fabric.first[0]), int(fabric.first[1]))
    return float(fabric.capacity[mine][fabric.tier[mine] == tier].sum())
