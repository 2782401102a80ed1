"""What planewise computes against what others published or measured: writes docs/validation.md.

    python -m benchmarks.validation           writes the page
    python -m benchmarks.validation --check   exit 1 if the page is stale

Nothing here is fitted to a row that it is then compared with, except rows of the part "calibrated".
``tests/test_validation.py`` holds the page against these functions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import topo
import traffic
from benchmarks import curves, deepep, launches, low_latency, measured, models, packets, reliability
from benchmarks.collectives import all_to_all, fabrics, routing_order
from benchmarks.decoding import inference, simulated
from benchmarks.rows import BOUND, CALIBRATED, CONSISTENT, NIC, PAPER, PREDICTED, SCALE_UP, Row, Section, row
from topo.config import prices
from topo.config.hardware import latencies
from topo.cost import TABLE_3, TABLE_3_CAPACITY, bill, residuals
from traffic.demand import Demand

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"

#: Table 5 [s]: network -> same leaf, cross leaf.  NVLink is the same in both.
TABLE_5 = {"infiniband": (2.8e-6, 3.7e-6), "roce": (3.6e-6, 5.6e-6)}
TABLE_5_NVLINK = 3.33e-6


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


def max_min() -> Iterator[Row]:
    why = "exact: same tree, paths and sharing as SimGrid 3.32"
    for radix, even, mixed in ((8, (240, 149.375), (880, 331.875)), (16, (400, 175.580401), (1280, 384.346747))):
        n = radix**3 // 4
        fabric = topo.generate("fat-tree-3", radix=radix, capacity=12.5e9)
        for name, size, printed in (("1 MB", 1.0, even), ("1 to 4 MB", 1 + np.arange(n) % 4, mixed)):
            demand = Demand.of(
                "permutation",
                n,
                src=np.arange(n),
                dst=[dst for _, dst in packets.permutation(0, n)],
                size=size * np.full(n, 1e6),
            )
            finish = topo.solve(fabric, demand, topo.route(fabric, demand, "static"), "completion").finish * 1e6
            yield row(f"{n} endpoints, {name}: last", "us", printed[0], finish.max(), why)
            yield row(f"{n} endpoints, {name}: mean", "us", printed[1], finish.mean(), why)


def costs() -> Iterator[Row]:
    for one in residuals(prices.load("paper-table-3")):
        why = "calibrated: book paper-table-3" if one["within_rounding"] else "no linear price model meets all five"
        yield row(one["network"], "M$", one["printed_usd"] / 1e6, one["computed_usd"] / 1e6, why)


def street() -> Iterator[Row]:
    book = prices.load("street-2024-08")
    why = "street prices of one vendor, nothing fitted; what the paper paid is not public"
    for one in TABLE_3:
        found = bill(one.size, book, capacity=TABLE_3_CAPACITY)["cost_usd"]
        yield row(one.name, "M$", one.usd / 1e6, found / 1e6, why)


#: Title, source, kind of most rows, and rows of every section.
SECTIONS = (
    ("Speed limit of expert-parallel inference", f"{PAPER}, section 2.3.2", CONSISTENT, inference),
    (
        "The same steps simulated, one expert an endpoint",
        f"{PAPER}, section 2.3.2; solver completion",
        CONSISTENT,
        simulated,
    ),
    ("Latency of 64 B", f"{PAPER}, Table 5; configs/hardware", CALIBRATED, latency),
    ("DeepEP, one efficiency a kind of link", deepep.SOURCE, PREDICTED, deepep.one_efficiency),
    (
        "DeepEP, the paper's own effective rates, nothing calibrated",
        f"{deepep.SOURCE}; {PAPER}, section 4.3",
        PREDICTED,
        deepep.uncalibrated,
    ),
    ("DeepEP, low latency on one host", low_latency.SOURCE, PREDICTED, low_latency.one_host),
    (
        "DeepEP, low latency on several hosts, the NIC as specified",
        f"{low_latency.SOURCE}; start and rate inside a host fitted to one host up to 64 tokens",
        PREDICTED,
        low_latency.specified,
    ),
    (
        "DeepEP, low latency on several hosts, the paper's effective NIC",
        f"{low_latency.SOURCE}; start and rate inside a host fitted to one host up to 64 tokens; {PAPER}, section 4.3",
        PREDICTED,
        low_latency.effective,
    ),
    ("DeepEP, copies over NVLink to copies over RDMA", measured.COPIES_SOURCE, PREDICTED, measured.copies),
    ("All-gather on several hosts", measured.GATHER_SOURCE, PREDICTED, measured.gathers),
    ("Efficiency curves, each entry left out", measured.CURVES_SOURCE, PREDICTED, measured.curves),
    ("All-to-all, eight planes against eight rails", f"{PAPER}, Figures 5 and 6; bytes a GPU", CONSISTENT, all_to_all),
    ("Training on 2,048 GPUs", f"{PAPER}, Table 4", CONSISTENT, training),
    (
        "Routing of all-gather and reduce-scatter",
        f"{PAPER}, Figure 8: ecmp-hash < static <= adaptive; busbw of nccl-tests",
        BOUND,
        routing_order,
    ),
    ("Max-min sharing of a permutation", "SimGrid 3.32 on the same paths, D-mod-k", CONSISTENT, max_min),
    ("Fluid against packets, the last message", packets.SOURCE, PREDICTED, packets.last),
    ("Fluid against packets, the mean message", packets.SOURCE, PREDICTED, packets.means),
    ("One launch and one rate for a host", launches.SOURCE, PREDICTED, launches.rows),
    ("One efficiency and one alpha a collective, above 64 MB", curves.SOURCE, CALIBRATED, curves.rows),
    ("Failures of jobs and networks", reliability.SOURCE, PREDICTED, reliability.rows),
    ("Parameters of models", models.SOURCE, CONSISTENT, models.rows),
    ("Cache and operations of a token", f"{PAPER}, Tables 1, 2 and 4", CONSISTENT, models.derived),
    ("Cost", f"{PAPER}, Table 3", CALIBRATED, costs),
    ("Cost at street prices", f"{PAPER}, Table 3; book street-2024-08", PREDICTED, street),
)


def sections() -> list[Section]:
    """Compute everything; half a minute."""
    return [Section(title, source, list(_of_kind(kind, compute()))) for title, source, kind, compute in SECTIONS]


def _of_kind(kind: str, rows: Iterator[Row]) -> Iterator[Row]:
    """Yield ``rows``, each of a kind: its own, that of a row without an error, or that of its section."""
    for one in rows:
        yield one._replace(kind=one.kind or (BOUND if one.error is None else kind))


HEAD = """# Validation

What planewise computes against what others published, measured or simulated. Written by
`python -m benchmarks.validation`; a test says when this page is stale. Nothing is tuned. What is
**predicted** shows how far the model is off: no number in it was chosen with the row in sight, and every row of a table
that is quoted is here. What is **calibrated** solves for a number of a hardware file or a price book, so the row
shows that the arithmetic closes. What is **true by construction** follows from the same formula, the same sharing
or a symmetry, so it shows that two ways agree. Largest errors come first, in the table and in every section.
Rates are GB/s one way, logical where DeepEP is meant (copies to the sender's own host counted).

What the model leaves out, queueing, losses, congestion control and hash details, is in
[model.md](model.md); rows that are off are mostly off by that.
"""

#: What a part of the page is about, in its order.
PARTS = {
    PREDICTED: "How far off the model is.",
    CALIBRATED: "Numbers were solved for on these rows, or fitted to all of them.",
    CONSISTENT: "The same answer by another way; not evidence about real networks.",
    BOUND: "What was published is an order or a bound, or no number.",
}


def page(found: list[Section]) -> str:
    parts = {kind: _in_order(section.of(kind) for section in found) for kind in PARTS}
    lines = [HEAD]
    for kind, mine in parts.items():
        if kind != BOUND:
            lines += [f"| {kind.lower()} | rows | largest error | where |", "|---|---|---|---|"]
            lines += [_summary(section) for section in mine]
            lines.append("")
    for kind, mine in parts.items():
        lines += [f"## {kind}", "", PARTS[kind]]
        for section in mine:
            lines += ["", f"### {section.title}", "", f"Source: {section.source}.", ""]
            lines += ["| what | published | computed | error | reason |", "|---|---|---|---|---|"]
            lines += [line(one) for one in section.rows]
        lines.append("")
    return "\n".join(lines)


def _in_order(sections: Iterator[Section]) -> list[Section]:
    """Return those that have rows, the one with the largest error first."""
    return sorted((one for one in sections if one.rows), key=lambda one: -abs(round(one.rows[0].error or 0.0, 4)))


def _summary(section: Section) -> str:
    most = section.rows[0]
    return f"| {section.title} | {len(section.rows)} | {percent(most)} | {most.what} |"


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
