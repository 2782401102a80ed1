"""What planewise computes against packets: makespans of benchmarks/data/packets.csv, largest errors first.

    python -m benchmarks.packets            prints every run, gated or not

All runs are predictions: links, latencies and packets are those that the simulator was given, and nothing is fitted.
A gate holds the traffic whose ports are busy throughout; the rest is shown as it is.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import topo
from benchmarks.rows import Row
from topo.config.hardware import latencies, packet
from topo.metrics.slack import slack_warnings
from traffic.demand import Demand

DATA = Path(__file__).parent / "data"
RATE = 12.5e9  # [B/s] 100 Gb/s
SOURCE = "htsim, UEC transport, 100 Gb/s, 1 us a link; benchmarks/data/packets.csv"
#: Endpoints -> radix of the three-layer tree that has as many.
RADIX = {128: 8, 1024: 16}
RING_STEPS = 30
#: Balancing -> policy that stands for it, and what the page calls it; all others spray packets over all shortest paths.
POLICIES = {"ecmp1": ("ecmp-hash", "hashed"), "dmodk": ("static", "D-mod-k")}
SPRAYED = ("ecmp", "sprayed")
#: Draws of hashed paths: those of the simulator are its own, so a mean stands against each of them.
SEEDS = range(10)
#: Largest error of a gated run, and of the eight senders of 1 MB whose congestion control is still starting.
GATE, GATE_INCAST = 0.02, 0.03
#: Traffic that is gated from this many bytes a message on, under congestion control by the sender (nscc).
GATED, GATED_FROM = ("a2a", "ring", "incast"), 1e6


class Run(NamedTuple):
    """One simulated run; times in [us] until the last new byte of a message is at its receiver."""

    pattern: str
    endpoints: int
    bytes: float
    balancing: str
    congestion: str
    makespan: float
    mean: float

    @property
    def policy(self) -> str:
        return POLICIES.get(self.balancing, SPRAYED)[0]

    @property
    def gate(self) -> float | None:
        """Largest error that the run may have; None where it is shown and not held."""
        if self.congestion != "nscc" or self.bytes < GATED_FROM or not self.pattern.startswith(GATED):
            return None
        return GATE_INCAST if (self.pattern, self.bytes) == ("incast8", 1e6) else GATE

    @property
    def what(self) -> str:
        amount = f"{self.bytes / 1e6:g} MB" if self.bytes >= 1e6 else f"{self.bytes / 1e3:g} KB"
        transport = "" if self.congestion == "nscc" else f", {self.congestion} congestion control"
        how = POLICIES.get(self.balancing, SPRAYED)[1]
        return f"{_named(self.pattern)}, {self.endpoints} endpoints, {amount}, {how}{transport}"


class Computed(NamedTuple):
    """Makespan and mean end of a message [us], each of every draw; whether it warns that sprayed links are full."""

    makespan: NDArray[np.float64]
    mean: NDArray[np.float64]
    in_turn: NDArray[np.float64]  # the mean where links send one message at a time
    warned: bool


def runs() -> list[Run]:
    """Return all runs of packets.csv, in its order."""
    lines = (line for line in (DATA / "packets.csv").read_text().splitlines() if not line.startswith("#"))
    rows = list(csv.DictReader(lines))
    if any(row["oversubscription"] != "1" for row in rows):
        raise ValueError("packets.csv: only trees that are not oversubscribed are built here")
    return [
        Run(
            row["pattern"],
            int(row["endpoints"]),
            float(row["bytes"]),
            row["balancing"],
            row["congestion"],
            float(row["rx_max"]),
            float(row["rx_mean"]),
        )
        for row in rows
    ]


def off(run: Run, *, packets: bool = True) -> float:
    """Return the error of the computed makespan of ``run``, relative to it."""
    return float(computed(run, packets=packets).makespan.mean()) / run.makespan - 1


def computed(run: Run, *, packets: bool = True) -> Computed:
    """Return what planewise says of ``run``; without ``packets`` bytes flow without headers and whole packets."""
    return _computed(run.pattern, run.endpoints, run.bytes, run.policy, packets)


@cache
def _computed(pattern: str, endpoints: int, size: float, policy: str, packets: bool) -> Computed:
    network, what = fabric(endpoints, packets=packets), demand(pattern, endpoints, size)
    drawn = [{"seed": seed} for seed in SEEDS] if policy == "ecmp-hash" else [{}]
    solved = [topo.solve(network, what, topo.route(network, what, policy, **draw), "completion") for draw in drawn]
    times = [(one.completion_s, one.finish.mean(), _mean(one.in_turn)) for one in solved]
    return Computed(*np.transpose(times) * 1e6, warned=any(slack_warnings(one) for one in solved))


def _mean(ends: NDArray[np.float64] | None) -> float:
    return np.nan if ends is None else float(ends.mean())


@cache
def fabric(endpoints: int, *, packets: bool) -> topo.Fabric:
    """Return the three-layer tree of the runs, with or without what their hardware file says of packets."""
    hardware = str(DATA / "packets.yaml")
    stated: dict[str, Any] = {**latencies(hardware), "packet": packet(hardware) if packets else None}
    return topo.generate("fat-tree-3", radix=RADIX[endpoints], capacity=RATE, endpoints_per_host=1, **stated)


def demand(pattern: str, n: int, size: float) -> Demand:
    """Return who sends to whom, as the header of packets.csv says."""
    name = pattern.rstrip("0123456789")
    count = int(pattern[len(name) :] or 0)
    if name == "ring":
        rank = spread(count, n)
        following = np.roll(rank, -1)
        return Demand.of(pattern, n, src=rank, dst=following, size=size, repeat=RING_STEPS, by_rank=(True,))
    src, dst = zip(*PAIRS[name](count, n), strict=True)
    return Demand.of(pattern, n, src=src, dst=dst, size=size)


def spread(count: int, n: int) -> NDArray[np.int64]:
    """Return ``count`` of ``n`` endpoints, evenly spaced."""
    return np.arange(count) * n // count


def permutation(_: int, n: int) -> Iterator[tuple[int, int]]:
    """Yield the shuffled permutation; fixed points are swapped with the next."""
    order = list(range(n))
    random.Random(1).shuffle(order)
    for i in range(n):
        if order[i] == i:
            j = (i + 1) % n
            order[i], order[j] = order[j], order[i]
    yield from enumerate(order)


def incast(count: int, n: int) -> Iterator[tuple[int, int]]:
    senders = list(range(1, n))
    random.Random(1).shuffle(senders)
    return ((sender, 0) for sender in senders[:count])


def all_pairs(count: int, n: int) -> Iterator[tuple[int, int]]:
    ranks = spread(count, n).tolist()
    return ((a, b) for a in ranks for b in ranks if a != b)


def few_receivers(count: int, n: int) -> Iterator[tuple[int, int]]:
    draw = random.Random(1)
    return ((a, b) for a in range(n) for b in draw.sample([x for x in range(n) if x != a], count))


PAIRS = {"perm": permutation, "incast": incast, "a2a": all_pairs, "moe": few_receivers}
TITLES = {
    "perm": "permutation",
    "incast": "incast of {}",
    "a2a": "all-to-all of {}",
    "moe": "{} random receivers each",
    "ring": "ring of {}",
}


def _named(pattern: str) -> str:
    name = pattern.rstrip("0123456789")
    return TITLES[name].format(pattern[len(name) :])


def grouped() -> dict[str, list[Run]]:
    """Return the runs of each traffic, size and way to balance, those with the largest errors first."""
    groups: dict[str, list[Run]] = {}
    for run in runs():
        groups.setdefault(run.what, []).append(run)
    return dict(sorted(groups.items(), key=lambda item: -max(abs(off(run)) for run in item[1])))


def last() -> Iterator[Row]:
    """Yield a row of docs/validation.md for each group of runs: makespans, what is computed, the worst error."""
    for what, same in grouped().items():
        times = sorted(run.makespan for run in same)
        worst = max(same, key=lambda run: abs(off(run)))
        draws = computed(worst).makespan
        spread_of = f"; ten draws of paths, {draws.min():,.4g} to {draws.max():,.4g} us" if len(draws) > 1 else ""
        runs_ = f"{len(same)} run{'s' * (len(same) > 1)}"
        held = f"gate {worst.gate:.0%}" if worst.gate else "not gated"
        why = f"{off(worst, packets=False):+.1%} without packets; {runs_}, {held}{spread_of}"
        yield Row(what, "us", _range(times), float(draws.mean()), off(worst), why)


def means() -> Iterator[Row]:
    """Yield a row for each group from 1 MB on: the mean end of a message, and whether it lies in the bracket.

    Rings are left out: their messages start at times of their own.
    """
    for what, same in grouped().items():
        if same[0].bytes < GATED_FROM or same[0].pattern.startswith("ring"):
            continue
        times, found = sorted(run.mean for run in same), computed(same[0])
        fair, in_turn = float(found.mean.mean()), float(found.in_turn.mean())
        worst = max(times, key=lambda time: abs(fair / time - 1))
        inside = in_turn <= times[0] and times[-1] <= fair
        where = "in the bracket" if inside else "not in the bracket"
        where += ": sprayed flows fill links, which the result warns of" if found.warned else ""
        why = f"fair sharing; one at a time {in_turn:,.4g} us; packets {where}"
        yield Row(what, "us", _range(times), fair, fair / worst - 1, why)


def _range(times: list[float]) -> str:
    """Return the least and the largest of sorted ``times``, or the one that there is."""
    return f"{times[0]:,.6g}" + (f" to {times[-1]:,.6g}" if len(times) > 1 else "")


def main() -> None:
    print(f"{'run':90} {'packets':>10} {'computed':>10} {'error':>8} {'bytes only':>10}  gate")
    for run in sorted(runs(), key=lambda run: -abs(off(run))):
        found = float(computed(run).makespan.mean())
        gate = "" if run.gate is None else f"{run.gate:.0%}"
        name = f"{run.what} ({run.balancing})"
        print(f"{name:90} {run.makespan:10.2f} {found:10.2f} {off(run):+8.2%} {off(run, packets=False):+10.2%}  {gate}")


if __name__ == "__main__":
    main()
