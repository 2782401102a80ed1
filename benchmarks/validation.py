"""What planewise computes against what others published or measured: writes docs/validation.md.

    python -m benchmarks.validation           writes the page
    python -m benchmarks.validation --check   exit 1 if the page is stale

Nothing here is fitted to a row that it is then compared with, except rows that say "calibrated".
``tests/test_validation.py`` holds the page against these functions.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import topo
import traffic
from benchmarks.collectives import all_to_all, fabrics, routing_order
from benchmarks.decoding import inference, simulated
from benchmarks.rows import NIC, PAPER, SCALE_UP, Row, Section, row
from topo.config import prices
from topo.config.hardware import latencies
from topo.cost import residuals
from traffic import moe
from traffic.demand import Demand

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"

NIC_REACHED, SCALE_UP_REACHED = 40e9, 160e9  # [B/s] "effective" and "achievable"; arXiv 2505.09343, section 4.3

#: DeepEP README, normal kernels on H800: EP -> logical GB/s of dispatch, combine.
DEEPEP = {8: (153.0, 158.0), 32: (58.0, 57.0), 64: (51.0, 50.0)}
#: Table 5 [s]: network -> same leaf, cross leaf.  NVLink is the same in both.
TABLE_5 = {"infiniband": (2.8e-6, 3.7e-6), "roce": (3.6e-6, 5.6e-6)}
TABLE_5_NVLINK = 3.33e-6
PACKET_SEEDS = range(20)


def latency() -> Iterator[Row]:
    why = "calibrated: overhead and switch latency of the hardware file solve these two rows"
    for network, (same, cross) in TABLE_5.items():
        seconds: dict[str, Any] = dict(latencies(network))
        fabric = topo.generate("fat-tree-2", radix=8, endpoints_per_host=2, capacity=NIC, scale_up=SCALE_UP, **seconds)
        for where, dst, printed in (("same leaf", 2, same), ("cross leaf", 31, cross)):
            yield row(f"{network}: {where}", "us", printed * 1e6, zero_load(fabric, dst) * 1e6, why)
        found = zero_load(fabric, 1)
        yield row(f"{network}: NVLink", "us", TABLE_5_NVLINK * 1e6, found * 1e6, "calibrated: scale-up latency")


def zero_load(fabric: topo.Fabric, dst: int) -> float:
    demand = Demand.of("64 B", fabric.n_endpoints, src=[0], dst=[dst], size=[64.0])
    routing = topo.route(fabric, demand, "ecmp")
    found = topo.measure(topo.solve(fabric, demand, routing))
    return float(found["zero_load_latency_s"])


def logical(ep: int, *, nic: float, scale_up: float) -> tuple[float, float]:
    """Return logical bandwidth of dispatch and of combine [GB/s]: copies to the own host or rank counted."""
    found = moe.report(ep=ep, nic=nic, scale_up=scale_up)
    copies = found["hosts_per_token"] if found["hosts"] > 1 else found["endpoints_per_token"]
    size = found["tokens"] * copies / 1e9
    return (
        size * found["dispatch_bytes_per_copy"] / found["dedup_dispatch_s"],
        size * found["combine_bytes_per_copy"] / found["dedup_combine_s"],
    )


def efficiencies() -> tuple[float, float]:
    """Return the NIC's from the EP32 dispatch alone and NVLink's from the EP8 dispatch alone."""
    network = DEEPEP[32][0] / logical(32, nic=NIC, scale_up=SCALE_UP)[0]
    return network, DEEPEP[8][0] / logical(8, nic=NIC, scale_up=SCALE_UP)[0]


def deepep() -> Iterator[Row]:
    nic, scale_up = efficiencies()
    yield Row("NIC efficiency", "", "", nic, None, "calibrated on the EP32 dispatch only")
    yield Row("NVLink efficiency", "", "", scale_up, None, "calibrated on the EP8 dispatch only")
    same_rate = "predicted; the model gives dispatch and combine one rate, published ones differ"
    for ep, printed in DEEPEP.items():
        found = logical(ep, nic=nic * NIC, scale_up=scale_up * SCALE_UP)
        for what, there, here in zip(("dispatch", "combine"), printed, found, strict=True):
            calibrated = what == "dispatch" and ep in (8, 32)
            yield row(f"EP{ep} {what}", "GB/s", there, here, "calibrated on this row" if calibrated else same_rate)


def deepep_uncalibrated() -> Iterator[Row]:
    why = {
        8: "the paper's 160 GB/s is round; DeepEP's EP8 kernels reached 134 to 138 of physical copies",
        32: "the paper's 40 GB/s is round; DeepEP's kernels reached 43 to 45 of physical copies",
    }
    for ep, printed in DEEPEP.items():
        found = logical(ep, nic=NIC_REACHED, scale_up=SCALE_UP_REACHED)
        for what, there, here in zip(("dispatch", "combine"), printed, found, strict=True):
            yield row(f"EP{ep} {what}", "GB/s", there, here, why.get(ep, why[32]))


def training() -> Iterator[Row]:
    seconds = {}
    for name, fabric in fabrics(2048).items():
        demand = traffic.offer("training-step", n_ranks=2048, pp=16, ep=64, node_limit=4, micro_batches=120)
        solution = topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion")
        seconds[name] = solution.completion_s
    ratio, why = (
        seconds["MPFT"] / seconds["MRFT"],
        "published: whole step times; neither fabric has a conflict in the model",
    )
    yield row("communication of a step, MPFT / MRFT", "", 19.926 / 19.946, ratio, why)
    apart = "all communication end to end, none hidden; the paper prints 19.9 s for the whole step, so no comparison"
    yield Row("communication of a step, MPFT", "s", "not printed", seconds["MPFT"], None, apart)


def facts_permutation(n: int) -> NDArray[np.int64]:
    """Return the shuffled permutation, fixed points swapped away, that SimGrid was given."""
    order = list(range(n))
    random.Random(1).shuffle(order)
    for i in range(n):
        if order[i] == i:
            j = (i + 1) % n
            order[i], order[j] = order[j], order[i]
    return np.array(order)


def max_min() -> Iterator[Row]:
    why = "exact: same tree, paths and sharing as SimGrid 3.32"
    for radix, even, mixed in ((8, (240, 149.375), (880, 331.875)), (16, (400, 175.580401), (1280, 384.346747))):
        n = radix**3 // 4
        fabric = topo.generate("fat-tree-3", radix=radix, capacity=12.5e9)
        for name, size, printed in (("1 MB", 1.0, even), ("1 to 4 MB", 1 + np.arange(n) % 4, mixed)):
            demand = Demand.of(
                "permutation", n, src=np.arange(n), dst=facts_permutation(n), size=size * np.full(n, 1e6)
            )
            finish = topo.solve(fabric, demand, topo.route(fabric, demand, "static"), "completion").finish * 1e6
            yield row(f"{n} endpoints, {name}: last", "us", printed[0], finish.max(), why)
            yield row(f"{n} endpoints, {name}: mean", "us", printed[1], finish.mean(), why)


def packets() -> Iterator[Row]:
    fabric = topo.generate("fat-tree-3", radix=8, capacity=12.5e9)
    finish = []
    for seed in PACKET_SEEDS:
        demand = traffic.offer("permutation", n_ranks=128, bytes=1e6, seed=seed)
        finish.append(
            topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp-hash", seed=seed), "completion").finish
        )
    demand = traffic.offer("permutation", n_ranks=128, bytes=1e6, seed=0)
    sprayed = topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion").completion_s
    ramp = "no start-up, headers, acknowledgements, queues or per-hop latency in a fluid model: 9 % remain at 10 MB"
    hashed = "mean of 20 draws against one draw; collisions dominate and the fluid model has them"
    tail = "one draw on their side, mean of 20 on ours; queues are not in a fluid model"
    yield row("1 MB, sprayed: last", "us", 103, sprayed * 1e6, ramp)
    yield row("1 MB, hashed: mean", "us", 197.6, float(np.mean(finish)) * 1e6, hashed)
    tails = np.percentile(finish, 99, axis=1)
    yield row("1 MB, hashed: p99", "us", 353, float(tails.mean()) * 1e6, tail)


def costs() -> Iterator[Row]:
    for one in residuals(prices.load("paper-table-3")):
        why = "calibrated: book paper-table-3" if one["within_rounding"] else "no linear price model meets all five"
        yield row(one["network"], "M$", one["printed_usd"] / 1e6, one["computed_usd"] / 1e6, why)


#: Title, source and rows of every section, in the order of the page.
SECTIONS = (
    ("Speed limit of expert-parallel inference", f"{PAPER}, section 2.3.2", inference),
    ("The same steps simulated, one expert an endpoint", f"{PAPER}, section 2.3.2; solver completion", simulated),
    ("Latency of 64 B", f"{PAPER}, Table 5; configs/hardware", latency),
    ("DeepEP, one efficiency a kind of link", "DeepEP README, H800, 4,096 tokens", deepep),
    ("DeepEP, the paper's own effective rates, nothing calibrated", f"{PAPER}, section 4.3", deepep_uncalibrated),
    ("All-to-all, eight planes against eight rails", f"{PAPER}, Figures 5 and 6; bytes a GPU", all_to_all),
    ("Training on 2,048 GPUs", f"{PAPER}, Table 4", training),
    (
        "Routing of all-gather and reduce-scatter",
        f"{PAPER}, Figure 8: ecmp-hash < static <= adaptive; busbw of nccl-tests",
        routing_order,
    ),
    ("Max-min sharing of a permutation", "SimGrid 3.32 on the same paths, D-mod-k", max_min),
    ("Fluid against packets", "htsim, UEC transport, 128 endpoints, 100 Gb/s, 1 us a link, one run", packets),
    ("Cost", f"{PAPER}, Table 3", costs),
)


def sections() -> list[Section]:
    """Compute everything; a few seconds."""
    return [Section(title, source, list(compute())) for title, source, compute in SECTIONS]


def worst(rows: list[Row]) -> Row | None:
    compared = [one for one in rows if one.error is not None]
    return max(compared, key=lambda one: round(abs(one.error or 0.0), 4), default=None)


HEAD = """# Validation

What planewise computes against what others published or measured. Written by
`python -m benchmarks.validation`; a test says when this page is stale. Nothing is tuned: a value
that was calibrated says so, and its row then shows only that the arithmetic closes. Rates are
GB/s one way, logical where DeepEP is meant (copies to the sender's own host counted).

What the model leaves out, queueing, losses, congestion control and hash details, is in
[model.md](model.md); rows that are off are mostly off by that.
"""


def page(found: list[Section]) -> str:
    lines = [HEAD, "| section | largest error | where |", "|---|---|---|"]
    for section in found:
        most = worst(section.rows)
        lines.append(f"| {section.title} | {percent(most)} | {most.what if most else 'an order, not a number'} |")
    for section in found:
        lines += ["", f"## {section.title}", "", f"Source: {section.source}.", ""]
        lines += ["| what | published | computed | error | reason |", "|---|---|---|---|---|"]
        lines += [line(one) for one in section.rows]
    return "\n".join(lines) + "\n"


def line(one: Row) -> str:
    name = f"{one.what} [{one.unit}]" if one.unit else one.what
    return f"| {name} | {one.published} | {one.computed:,.4g} | {percent(one)} | {one.reason} |"


def percent(one: Row | None) -> str:
    if one is None or one.error is None:
        return ""
    return f"{one.error:+.2%}" if abs(one.error) >= 5e-5 else "0"


def main() -> int:
    text = page(sections())
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text() != text)
    PAGE.write_text(text)
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
