"""Rows of docs/validation.md on failures: times between them, availability and training time, as published."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.rows import CONSISTENT, PREDICTED, Row, row
from topo.availability import availability, effective_time, first_order_effective_time, mean_time_to_failure
from topo.config.hardware import rates

KOKOLIS, UB_MESH = "arXiv 2410.21680", "arXiv 2503.20377, section 6"
SOURCE = f"{KOKOLIS}; {UB_MESH}"
GPUS_PER_NODE = 8  # nodes of both clusters
HOUR, MINUTE = 3600.0, 60.0  # [s]
#: [s] that a job takes to start again: the least of the 5 to 20 minutes that the source speaks of for its clusters.
RESTART = 5 * MINUTE
#: [s] between checkpoints -> ETTR of a job of 16,384 GPUs, as printed.
ETTR = {"hourly checkpoints": (HOUR, 0.7), "a checkpoint every 5 minutes": (5 * MINUTE, 0.93)}
#: MTBF [h] -> availability as printed; MTTR is 75 minutes.
UB_MESH_AVAILABILITY = {13.8: 0.916, 98.5: 0.988}
#: MTTF of a job of 1,024 GPUs that was observed, and that follows from the rate of nodes alone [h].
OBSERVED, DERIVED = 7.9, 28.8


def job(gpus: int) -> float:
    """Return the MTTF of a job on nodes of RSC-1 [s]."""
    return mean_time_to_failure(gpus / GPUS_PER_NODE, rates("rsc-1").failures["host"])


def rows() -> Iterator[Row]:
    rate = "6.5 failures per 1,000 node-days, nodes of 8 GPUs"
    yield row(
        "MTTF of a job, 16,384 GPUs", "h", 1.8, job(16384) / HOUR, f"projected there too: {rate}", kind=CONSISTENT
    )
    yield row("MTTF of a job, 1,024 GPUs, derived", "h", DERIVED, job(1024) / HOUR, rate, kind=CONSISTENT)
    implied = 1000 * 24 / OBSERVED / (1024 / GPUS_PER_NODE)
    why = (
        f"observed on jobs, where whatever stops one counts: {implied:.1f} stops per 1,000 node-days. The rate is that "
        "of single nodes that fail independently; nothing published here splits the rest by cause"
    )
    yield row("MTTF of a job, 1,024 GPUs, observed", "h", OBSERVED, job(1024) / HOUR, why, kind=PREDICTED)
    for name, (interval, printed) in ETTR.items():
        full = effective_time(job(16384), interval=interval, restart=RESTART)
        first = first_order_effective_time(job(16384), interval=interval, restart=RESTART)
        said = f"MTTF 1.80 h, restart 5 min, checkpoints written without waiting; to first order {first:.3f}"
        yield row(f"ETTR of a job, 16,384 GPUs, {name}", "", printed, full, said, kind=PREDICTED)
    for hours, printed in UB_MESH_AVAILABILITY.items():
        found = availability(hours * HOUR, 75 * MINUTE)
        yield row(
            f"availability, MTBF {hours} h", "", printed, found, "MTBF / (MTBF + MTTR), MTTR 75 min", kind=CONSISTENT
        )
