"""What expert parallelism costs, and what deduplication and a node limit gain.

t is the time of one token copy on the NIC.  A token that visits all 8 hosts costs 8 t
without a limit and 4 t with node_limit=4: the worst case, which counts the sender's own
host [1]_.  In expectation a token of DeepSeek-V3 at EP64 visits 5.295 of 8 hosts, and
3.983 under the limit; copies to other hosts fall from 4.633 to 3.485, by 1.33.

``report`` is the one place that computes what ``topo moe`` and records of
studies say.  Two kinds of time stand in it: the speed limit of inference (``step_s``,
``layer_s``, ``tpot_s``: ``traffic.inference``, no deduplication), and the exchange of ``tokens`` a rank,
dispatch and combine, in which the network leg and the scale-up leg overlap and the slower binds.  Rows of
``forms`` and ``by_limit`` call the latter ``exchange_s``; ``dedup_step_s`` is that of the limit asked for, and
``dedup_layer_s``, ``dedup_tpot_s`` and ``dedup_tokens_per_s`` follow from it for ``decode_tokens``.

Limits.  Bandwidth only: no latency, no computation, every fabric non-blocking.

.. [1] DeepSeek-AI, Insights into DeepSeek-V3, ISCA 2025, arXiv 2505.09343, section 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from inspect import signature
from typing import Any, Literal

from traffic.copies import dedup_copies, direct_copies
from traffic.exchange import TOKENS, TRAINING_EP, picks
from traffic.figures import SEQUENCE
from traffic.figures import figures as of_model
from traffic.inference import DECODE_TOKENS, MICRO_BATCHES, SpeedLimit, speed_limit
from traffic.layout import check_choice, check_positive, check_whole, domain_of
from traffic.model import Model
from traffic.visits import Sampler, least_limit

#: One way [B/s]: a 400 Gb/s NIC, and NVLink of an H800; arXiv 2505.09343, section 4.1.
NIC = 50e9
SCALE_UP = 200e9
#: What is said of a dense model.
NO_EXPERTS = "it has no experts, so there is no dispatch and no combine; these are the figures of the model alone."


@dataclass(frozen=True)
class Legs:
    """Time of one token copy set on both kinds of link, for the slowest rank [s], and its bytes [bytes]."""

    network_bytes: float  # out of or into the busiest rank over the network
    scale_up_bytes: float  # the same over scale-up links
    network_s: float
    scale_up_s: float

    @property
    def seconds(self) -> float:
        """Both legs overlap: the slower one counts."""
        return max(self.network_s, self.scale_up_s)

    @property
    def bound_by(self) -> str:
        """Which leg is the slower one."""
        return "network" if self.network_s >= self.scale_up_s else "scale-up"


@dataclass(frozen=True)
class Limited:
    """One form of the exchange, or one node limit: copies of the mean token and time of the step."""

    form: str
    node_limit: int | None
    hosts_per_token: float  # copies counted per host, the sender's own included
    endpoints_per_token: float
    remote_copies: float  # copies on the network
    gain_worst_case: float
    gain_expected: float
    dispatch_s: float
    combine_s: float
    exchange_s: float
    bound_by: str


def report(
    *,
    model: Mapping[str, Any] | None = None,
    ep: int | None = None,
    node_limit: int | Literal["model"] | None = "model",
    tokens: int = TOKENS,
    nic: float = NIC,
    scale_up: float = SCALE_UP,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    decode_tokens: int = DECODE_TOKENS,
    sequence: int = SEQUENCE,
    **gating: Any,
) -> dict[str, Any]:
    """Return all figures of one expert-parallel group as a flat mapping, ready for JSON.

    Those of the model alone (``traffic.figures``, at ``sequence`` tokens a sequence) come last; of a dense one there
    are no others.  Without ``ep`` a group is the largest of at most 64 ranks that divides the experts.
    ``node_limit="model"`` is the model's own (V3: 4), None is none; one of more hosts than there are limits nothing,
    and ``explanation`` says so.  ``nic`` and ``scale_up`` are one way [B/s].  ``gating`` takes top_k, gate, skew,
    correlation, affinity, score, n_group, topk_group, placement, redundant_experts and seed of ``moe-all-to-all``.

    ``forms`` has the exchange without deduplication, with it, and with the limit too; ``by_limit`` every
    limit that leaves a token enough experts.

    Raises DemandError for a parameter that is unknown or out of range.
    """
    figures = Model.of(model)
    _check(tokens=tokens, nic=nic, scale_up=scale_up, gating=gating)
    own = of_model(figures, sequence=sequence)
    if not figures.routed_experts:
        if ep is not None:
            figures.with_experts()
        return {"model": figures.name, "explanation": f"{figures.name} is dense: {NO_EXPERTS}", **own}
    group = default_group(figures) if ep is None else ep
    of_group = figures_of(
        picks(model=figures, ep=group, ranks_per_host=ranks_per_host, ranks_per_domain=ranks_per_domain, **gating),
        figures,
        node_limit=figures.node_limit if node_limit == "model" else node_limit,
        tokens=tokens,
        nic=nic,
        scale_up=scale_up,
        ranks_per_host=ranks_per_host,
        ranks_per_domain=domain_of(ranks_per_host, ranks_per_domain),
        decode_tokens=decode_tokens,
    )
    return of_group | own


def default_group(model: Model) -> int:
    """Return the largest group of at most 64 ranks that divides the experts of ``model``."""
    return next(ep for ep in range(TRAINING_EP, 0, -1) if model.routed_experts % ep == 0)


def figures_of(
    sampler: Sampler,
    model: Model,
    *,
    node_limit: int | None,
    tokens: int,
    nic: float,
    scale_up: float,
    ranks_per_host: int,
    ranks_per_domain: int,
    decode_tokens: int = DECODE_TOKENS,
) -> dict[str, Any]:
    """Return what ``report`` does, of a group whose sample is there already."""
    limit = _effective(node_limit, sampler.placement.hosts)
    study = _Study(sampler, model, tokens, nic, scale_up, ranks_per_host, ranks_per_domain)
    free, limited, direct = study.row(None), study.row(limit), study.row(None, dedup=False)
    return {
        **_inputs(study, limit, decode_tokens=decode_tokens),
        **study.copies(limit),
        **_gains(direct, free, limited),
        **asdict(_without_dedup(study, decode_tokens)),
        **study.step(limit),
        **study.decoding(limit, decode_tokens),
        "method": study.method(limit),
        "explanation": study.explain(node_limit, free, limited),
        "forms": [asdict(row) for row in (direct, free, limited)],
        "by_limit": [asdict(study.row(m)) for m in range(study.least_limit, sampler.placement.hosts + 1)],
    }


def _check(*, tokens: int, nic: float, scale_up: float, gating: Mapping[str, Any]) -> None:
    check_whole(tokens, 1, name="tokens")
    check_positive(nic, name="nic", unit="B/s")
    check_positive(scale_up, name="scale_up", unit="B/s")
    for name in gating:
        check_choice(name, [key for key in signature(picks).parameters if key != "model"], name="parameter")


def _effective(asked: int | None, hosts: int) -> int | None:
    """Return the limit as hosts that there are; None is none."""
    if asked is None:
        return None
    check_whole(asked, 1, name="node_limit")
    return min(asked, hosts)


def _inputs(study: _Study, limit: int | None, *, decode_tokens: int) -> dict[str, Any]:
    """Return what the figures were computed from."""
    return {
        "model": study.model.name,
        "ep": study.sampler.placement.ep,
        "hosts": study.sampler.placement.hosts,
        "ranks_per_host": study.ranks_per_host,
        "ranks_per_domain": study.ranks_per_domain,
        "node_limit": limit,
        "tokens": study.tokens,
        "decode_tokens": decode_tokens,
        "nic_bytes_per_s": float(study.nic),
        "scale_up_bytes_per_s": float(study.scale_up),
        "dispatch_bytes_per_copy": study.model.dispatch_bytes,
        "combine_bytes_per_copy": study.model.combine_bytes,
    }


def _gains(direct: Limited, free: Limited, limited: Limited) -> dict[str, float]:
    """Return the gain of the limit in copies and in time, and that of deduplication before it."""
    return {
        "gain_worst_case": limited.gain_worst_case,
        "gain_expected": limited.gain_expected,
        "gain_dedup": _ratio(direct.remote_copies, free.remote_copies),
        "gain_time": _ratio(free.exchange_s, limited.exchange_s),
    }


def _without_dedup(study: _Study, decode_tokens: int) -> SpeedLimit:
    """Return the speed limit of inference over the NIC, or over scale-up links where the group is one host."""
    return speed_limit(
        bandwidth=study.nic if study.sampler.placement.hosts > 1 else study.scale_up,
        hidden=study.model.hidden,
        experts=study.sampler.gating.top_k + study.model.shared_experts,
        layers=study.model.layers,
        tokens=decode_tokens,
    )


@dataclass(frozen=True)
class _Study:
    """One group, its sample and its bandwidths: what rows of the report share."""

    sampler: Sampler
    model: Model
    tokens: int
    nic: float  # [B/s]
    scale_up: float  # [B/s]
    ranks_per_host: int
    ranks_per_domain: int

    @property
    def word(self) -> str:
        """What hosts are called here: scale-up domains where those join several."""
        return "host" if self.ranks_per_host == self.ranks_per_domain else "scale-up domain"

    @property
    def least_limit(self) -> int:
        """Fewest hosts that surely hold as many experts as a token picks."""
        return least_limit(self.sampler.placement, self.sampler.gating.top_k)

    def legs(self, limit: int | None, copy_bytes: float, *, dedup: bool = True) -> Legs:
        visits, place = self.sampler.visits(limit), self.sampler.placement
        network, inside = (dedup_copies if dedup else direct_copies)(visits, place)
        size = self.tokens * copy_bytes
        return Legs(network * size, inside * size, network * size / self.nic, inside * size / self.scale_up)

    def row(self, limit: int | None, *, dedup: bool = True) -> Limited:
        visits, place, top_k = self.sampler.visits(limit), self.sampler.placement, self.sampler.gating.top_k
        most = min(top_k, place.hosts)
        there = self.legs(limit, self.model.dispatch_bytes, dedup=dedup)
        back = self.legs(limit, self.model.combine_bytes, dedup=dedup)
        limited = "" if limit is None else " and node limit"
        copies = visits.hosts if dedup else float(top_k)
        return Limited(
            form=f"deduplication{limited}" if dedup else "no deduplication",
            node_limit=limit,
            hosts_per_token=copies,
            endpoints_per_token=visits.ranks if dedup else float(top_k),
            remote_copies=visits.remote_hosts if dedup else visits.remote_experts(place.shares),
            gain_worst_case=most / min(most, limit or most) if dedup else 1.0,
            gain_expected=_ratio(self.sampler.visits(None).remote_hosts, visits.remote_hosts) if dedup else 1.0,
            dispatch_s=there.seconds,
            combine_s=back.seconds,
            exchange_s=there.seconds + back.seconds,
            bound_by=there.bound_by,
        )

    def copies(self, limit: int | None) -> dict[str, float | None]:
        free, visits = self.sampler.visits(None), self.sampler.visits(limit)
        return {
            "hosts_per_token": visits.hosts,
            "hosts_per_token_error": visits.hosts_error,
            "hosts_per_token_sampled": visits.sampled_hosts,
            "hosts_per_token_unlimited": free.hosts,
            "endpoints_per_token": visits.ranks,
            "endpoints_per_token_error": visits.ranks_error,
            "endpoints_per_token_unlimited": free.ranks,
            "remote_copies": visits.remote_hosts,
            "remote_copies_unlimited": free.remote_hosts,
            "remote_endpoints": visits.remote_ranks,
        }

    def step(self, limit: int | None) -> dict[str, float | str]:
        visits = self.sampler.visits(limit)
        there, back = (self.legs(limit, b) for b in (self.model.dispatch_bytes, self.model.combine_bytes))
        seconds = there.seconds + back.seconds
        both = self.tokens * (self.model.dispatch_bytes + self.model.combine_bytes)
        many = self.sampler.placement.hosts > 1
        logical, physical = (visits.hosts, visits.remote_hosts) if many else (visits.ranks, visits.remote_ranks)
        return {
            "dedup_dispatch_s": there.seconds,
            "dedup_combine_s": back.seconds,
            "dedup_step_s": seconds,
            "bound_by": there.bound_by,
            "dispatch_network_s": there.network_s,
            "dispatch_scale_up_s": there.scale_up_s,
            "combine_network_s": back.network_s,
            "combine_scale_up_s": back.scale_up_s,
            "network_bytes_per_endpoint": there.network_bytes + back.network_bytes,
            "scale_up_bytes_per_endpoint": there.scale_up_bytes + back.scale_up_bytes,
            "logical_bytes_per_s": both * logical / seconds,
            "physical_bytes_per_s": both * physical / seconds,
        }

    def decoding(self, limit: int | None, decode_tokens: int) -> dict[str, float]:
        layer = MICRO_BATCHES * self.row(limit).exchange_s * decode_tokens / self.tokens
        tpot = self.model.layers * layer
        return {"dedup_layer_s": layer, "dedup_tpot_s": tpot, "dedup_tokens_per_s": 1 / tpot}

    def method(self, limit: int | None) -> str:
        visits = self.sampler.visits(limit)
        if visits.sampled_hosts is None:
            return "closed form"
        sample = f"sample of {self.sampler.n_tokens} tokens"
        return f"hosts by closed form, endpoints by {sample}" if visits.hosts_error == 0 else sample

    def explain(self, limit: int | None, free: Limited, limited: Limited) -> str:
        """Return in one sentence what the limit does, or why it cannot help."""
        hosts, top_k = self.sampler.placement.hosts, self.sampler.gating.top_k
        if hosts == 1:
            many = "" if self.word == "host" else f" of {self.ranks_per_domain} ranks, {self.ranks_per_host} a host"
            return (
                f"All ranks of the group are on one {self.word}{many}: nothing crosses the network, "
                "and no limit can help."
            )
        if limit is None:
            return "No node limit is set."
        if self.sampler.cannot_bind(limit):
            few = f"there are only {hosts} {self.word}s" if hosts <= top_k else f"a token picks only {top_k} experts"
            return f"A node limit of {limit} cannot help: {few}."
        if limited.exchange_s >= free.exchange_s:
            return (
                f"A node limit of {limit} saves network copies but no time: the {limited.bound_by} leg binds "
                "with and without it."
            )
        return (
            f"A node limit of {limit} cuts network copies by {limited.gain_expected:.2f}x on average "
            f"({limited.gain_worst_case:.3g}x in the worst case) and the step by "
            f"{free.exchange_s / limited.exchange_s:.2f}x; the {limited.bound_by} leg binds."
        )


def _ratio(before: float, after: float) -> float:
    return before / after if after else 1.0
