"""Sections of docs/validation.md on section 2.3.2 of arXiv 2505.09343: the speed limit, as arithmetic and simulated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import topo
import traffic
from benchmarks.rows import NIC, SCALE_UP, Row, row
from topo.config.hardware import latencies
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.inference import DECODE_TOKENS, MICRO_BATCHES, speed_limit
from traffic.model import Model

NVL72 = 900e9  # [B/s] one way, GB200 NVL72
PAPER_HIDDEN = 7000  # the paper rounds 7,168
EXPERTS = 9  # of a token: 8 routed and the shared one
#: Copies as the paper counts them: values alone, without the scales and the header that DeepEP sends.
VALUES_ALONE = {"hidden": PAPER_HIDDEN, "dispatch_scale_block": 0, "dispatch_header_bytes": 0}


class System(NamedTuple):
    """A system of section 2.3.2 and what the paper prints for it."""

    name: str
    rate: float  # [B/s] of the port that its arithmetic divides by
    step_us: float
    token_ms: float
    tokens_per_s: float
    ranks: int  # one expert each in the simulation
    fabric: dict[str, Any]
    own_copies: str  # why bandwidth alone takes less on the fabric


_PLANES = {"planes": 8, "capacity": NIC, "scale_up": SCALE_UP}
_RACK = {"endpoints_per_host": 72, "capacity": NIC, "scale_up": NVL72}
_HOST = "1 copy in 32 is for the sender's own host and goes over NVLink meanwhile"
_RANK = "1 copy in 72 is for the sender itself"
SYSTEMS = (
    System("H800, 400 Gb/s", NIC, 120.96, 14.76, 67, 256, _PLANES, _HOST),
    System("NVL72", NVL72, 6.72, 0.82, 1200, 72, _RACK, _RANK),
)


def inference() -> Iterator[Row]:
    for system in SYSTEMS:
        limit = speed_limit(bandwidth=system.rate, hidden=PAPER_HIDDEN)
        name, rounded = system.name, "printed rounded (67: cut; 1,200: about)"
        yield row(f"{name}: dispatch and combine", "us", system.step_us, limit.step_s * 1e6, "same arithmetic")
        yield row(f"{name}: time per token", "ms", system.token_ms, limit.tpot_s * 1e3, "printed to two digits")
        yield row(f"{name}: speed", "tokens/s", system.tokens_per_s, limit.tokens_per_s, rounded)


def simulated() -> Iterator[Row]:
    """Yield the same steps sent over the fabric, first as the paper counts them and then with what it leaves out."""
    for system in SYSTEMS:
        name, unprinted = f"{system.name}, EP{system.ranks}", "not printed"
        plain, late = (exchange(system, VALUES_ALONE, latency=latency) for latency in (False, True))
        yield row(f"{name}: step, bandwidth alone", "us", system.step_us, plain * 1e6, system.own_copies)
        adds = f"latency adds {(late - plain) * 1e6:.3g} us to its two phases; the paper leaves it out and says so"
        yield Row(f"{name}: step, with latency", "us", unprinted, late * 1e6, None, adds)
        speed = 1 / (MICRO_BATCHES * Model.of(None).layers * late)
        yield Row(f"{name}: speed, with latency", "tokens/s", unprinted, speed, None, "nothing but communication")
        once = exchange(system, {}, latency=True, dedup=True)
        full = "hidden 7,168, with scales, headers and latency"
        yield Row(f"{name}: step, deduplicated", "us", unprinted, once * 1e6, None, full)


def exchange(system: System, model: dict[str, Any], *, latency: bool = False, dedup: bool = False) -> float:
    """Return dispatch and combine of one micro-batch over the fabric [s]: one expert a rank, the shared one among 9."""
    seconds: dict[str, Any] = dict(latencies("infiniband")) if latency else {}
    fabric = topo.generate("fat-tree-2", radix=64, endpoints=system.ranks, **system.fabric, **seconds)
    figures = {**DEEPSEEK_V3, "routed_experts": system.ranks, "top_k": EXPERTS} | model
    demand = traffic.offer(
        "moe-all-to-all",
        n_ranks=system.ranks,
        ranks_per_host=fabric.endpoints_per_host,
        ep=system.ranks,
        tokens=DECODE_TOKENS,
        model=figures,
        dedup=dedup,
        node_limit=None,  # the paper counts every expert apart
    )
    return float(topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion").completion_s)
