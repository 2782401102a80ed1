"""How many commodities a traffic section comes to, in closed form: nothing is drawn or listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from topo.config.build import size_arguments
from topo.generators import size_of
from topo.size import Groups

if TYPE_CHECKING:
    from topo.config.case import Case

#: Ranks of an expert-parallel group where none is given; traffic.expert_parallel.TRAINING_EP.
_EP = 64


class Commodities(NamedTuple):
    """Commodities as they are offered, and the pairs that a policy or solver would list."""

    offered: int  # 1 where one stands for all pairs, 2 with hot receivers
    pairs: int

    @property
    def grouped(self) -> bool:
        """Whether the pairs are never listed by the pattern itself."""
        return self.offered < self.pairs


def commodities(case: Case, *, ranks: int) -> Commodities:
    """Return the commodities of ``case`` between ``ranks`` ranks; an upper bound where phases or silent ranks vary."""
    traffic = case.traffic or {}
    pattern = traffic.get("pattern", "")
    if pattern == "jobs":
        parts = [commodities(replace(case, traffic=job), ranks=_ranks_of(job, case)) for job in traffic["jobs"]]
        n = sum(part.pairs for part in parts)
        return Commodities(n, n)
    everyone = ranks * max(ranks - 1, 0)
    if pattern == "uniform":
        return Commodities(1, everyone)
    if pattern == "hotspot":
        return Commodities(2, everyone)
    if pattern == "all-to-all" and traffic.get("algorithm", "direct") == "direct":
        return Commodities(1, ranks * max((traffic.get("ep") or ranks) - 1, 0))
    n = _listed(case, traffic, pattern, ranks)
    return Commodities(n, n)


def _ranks_of(job: Mapping[str, Any], case: Case) -> int:
    return int(job["hosts"]) * int(case.fabric["endpoints_per_host"])


def _listed(case: Case, traffic: Mapping[str, Any], pattern: str, ranks: int) -> int:
    local = int(case.fabric["endpoints_per_host"])
    if pattern == "incast":
        return int(traffic.get("fan_in") or ranks - 1)
    if pattern == "file":
        return max((text.count("\n") for text in case.files.texts.values()), default=0)
    if pattern == "adversarial":
        return ranks * _beside(case.fabric)
    if pattern in ("moe-all-to-all", "training-step"):
        # a ring is two commodities a rank: two for dense parameters, two for experts, one inside tensor groups
        return _experts(traffic, ranks, local) + (12 * ranks if pattern == "training-step" else 0)
    return ranks * _steps(traffic, ranks, local)


def _experts(traffic: Mapping[str, Any], ranks: int, local: int) -> int:
    """Return dispatch and combine: to the own index on every other host and inside the host, or to every rank."""
    ep = min(int(traffic.get("ep") or _EP), ranks)
    partners = ep // local + local if traffic.get("dedup", True) else ep
    return 2 * ranks * max(partners, 1)


def _steps(traffic: Mapping[str, Any], ranks: int, local: int) -> int:
    """Return commodities a rank of a collective; 1 for a pattern in which each rank sends to one."""
    algorithm = traffic.get("algorithm")
    if algorithm in ("halving-doubling", "tree"):
        return 2 * max(ranks - 1, 1).bit_length()
    if algorithm == "hierarchical":
        return 2 * local + int(traffic.get("ep") or ranks) // local
    return 1 if algorithm is None else 2


def _beside(fabric: Mapping[str, Any]) -> int:
    """Return how many each rank of the family's worst case sends to: a whole group of a Dragonfly, one elsewhere."""
    size = size_of(**size_arguments(fabric))
    return -(-size.endpoint_links // size.group_count) if size.groups == Groups.DRAGONFLY else 1
