"""Message sizes: algbw and busbw of collectives from the smallest message to the largest, as nccl-tests prints them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import lines
from topo.report.figures.marks import Series
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Table, name, table

Sweep = list[Case]

_MICROSECOND = 1e-6  # in which nccl-tests prints all times
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
#: From this size on the sentence compares networks: below, latency decides.
LARGE = 128 * 2**20
#: Difference of times below which a page gives no number.
_SMALL = 1e-3


def panel(view: View) -> Panel | None:
    """Return bandwidth and time over message size, None where no collective met three sizes."""
    sweeps = view.message_sweeps
    if not sweeps:
        return None
    variants = []
    # The figure opens on what its heading speaks of.
    for pattern in names.order(pattern_of(sweep) for sweep in [_best(sweeps), *sweeps]):
        group = [sweep for sweep in sweeps if pattern_of(sweep) == pattern]
        variants += [Variant(f"{pattern}: busbw", _busbw(group)), Variant(f"{pattern}: time", _time(group))]
    how = (
        "One line for each network and number of ranks. busbw as nccl-tests defines it compares with the rate of a "
        "port; messages that stay in a host add to it. Time goes by powers of ten."
    )
    figure = Figure("fig-messages", _finding(sweeps), how, tuple(variants), _table(sweeps), "collective and measure")
    return make("messages", "Message sizes", "How large must a message be?", _answer(sweeps), (Draw(figure),))


def pattern_of(sweep: Sweep) -> str:
    """Return what a sweep's collective is called, its algorithm with it."""
    traffic = sweep[0].record.part("traffic")
    algorithm = traffic.get("algorithm")
    return f"{traffic.get('pattern')}" + (f", {algorithm}" if algorithm else "")


def _network(sweep: Sweep) -> str:
    return f"{sweep[0].network}, {words.plural(int(sweep[0].get('collective_ranks')), 'rank')}"


def in_binary(value: float) -> str:
    """Return a size with a binary prefix, as nccl-tests takes it: 64 B, 16 GiB."""
    step = min(int(math.log2(value)) // 10, len(_UNITS) - 1) if value >= 1 else 0
    return f"{value / 2 ** (10 * step):,.4g}{words.NARROW}{_UNITS[step]}"


def _busbw(sweeps: Iterable[Sweep]) -> dict[str, Any]:
    return _lines(sweeps, "busbw_bytes_per_s", log=False)


def _time(sweeps: Iterable[Sweep]) -> dict[str, Any]:
    return _lines(sweeps, "completion_s", log=True)


def _lines(sweeps: Iterable[Sweep], key: str, *, log: bool) -> dict[str, Any]:
    every = list(sweeps)
    sizes = sorted({float(case.get("collective_bytes")) for sweep in every for case in sweep})
    factor, title = labels.scale(key, [_MICROSECOND])
    series = []
    for sweep in every:
        at = {float(case.get("collective_bytes")): float(case.get(key)) * factor for case in sweep}
        texts = [f"{words.number(at[s])} at {in_binary(s)}" if s in at else words.ABSENT for s in sizes]
        series.append(Series(_network(sweep), [at.get(s) for s in sizes], texts))
    size, height = f"{labels.title('collective_bytes')} S", 320 + 18 * len(series)
    spec = lines(sizes, series, size, title, height, **({"type": "log"} if log else {}))
    ticks = sizes[:: math.ceil(len(sizes) / 8)]
    spec["layout"]["xaxis"] |= {"type": "log", "tickvals": ticks, "ticktext": [in_binary(s) for s in ticks]}
    return spec


def _answer(sweeps: list[Sweep]) -> str:
    halves = [(half, sweep) for sweep in sweeps if (half := _half(sweep))]
    if not halves:
        return "No message is large enough to reach a half of the largest bandwidth."
    first, last = min(h for h, _ in halves), max(h for h, _ in halves)
    ends = f"{in_binary(first)} to {in_binary(last)}"
    return f"Half of the largest busbw is reached at {ends}, by collective and number of ranks."


def _half(sweep: Sweep) -> float | None:
    """Return the smallest message that reaches half of the sweep's largest busbw [bytes]."""
    most = max(float(case.get("busbw_bytes_per_s")) for case in sweep)
    return next((float(c.get("collective_bytes")) for c in sweep if c.get("busbw_bytes_per_s") >= most / 2), None)


def _best(sweeps: list[Sweep]) -> Sweep:
    """Return the sweep whose largest message reaches the most bandwidth."""
    return max(sweeps, key=lambda sweep: float(sweep[-1].get("busbw_bytes_per_s")))


def _finding(sweeps: list[Sweep]) -> str:
    apart: dict[tuple[Any, ...], list[float]] = {}
    for sweep in sweeps:
        for case in sweep:
            if case.get("collective_bytes") >= LARGE:
                key = (pattern_of(sweep), case.get("collective_ranks"), case.get("collective_bytes"))
                apart.setdefault(key, []).append(float(case.get("completion_s")))
    spread = [max(times) / min(times) - 1 for times in apart.values() if len(times) > 1]
    best = _best(sweeps)[-1]
    sentence = f"{best.network} reaches {words.rate(best.get('busbw_bytes_per_s'))} of busbw, the most of all"
    if not spread:
        return f"{sentence}."
    most = f"at most {words.percent(max(spread))}" if max(spread) >= _SMALL else f"less than {words.percent(_SMALL)}"
    return f"{sentence}; from {in_binary(LARGE)} on, networks of equally many ranks differ by {most}."


def _table(sweeps: list[Sweep]) -> Table:
    keys = ("collective_ranks", "collective_bytes", "completion_s", "algbw_bytes_per_s", "busbw_bytes_per_s")
    columns = [labels.column(key, bar=key == "busbw_bytes_per_s") for key in keys]
    columns[1] = replace(columns[1], form=in_binary)  # binary prefixes, as nccl-tests takes sizes
    columns = [name("Collective"), name("Network"), *columns]
    rows = [(pattern_of(sweep), c.network, *(c.get(key) for key in keys)) for sweep in sweeps for c in sweep]
    return table("messages-table", "Collectives by message size", columns, rows, filterable=len(rows) > 12)
