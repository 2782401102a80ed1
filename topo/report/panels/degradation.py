"""Degradation: the share of its throughput that each network keeps, over the number of parts that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from topo.config.seeds import Summary
from topo.report import labels, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import ladder
from topo.report.figures.marks import Series
from topo.report.labels import column
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table
from topo.rules import REROUTES

_SHARE = "kept_throughput"
_REACH = "reach_with_relay"
#: Lines that a figure can hold and still be read; the table has the rest.
MOST_LINES = 8


@dataclass(frozen=True)
class Point:
    """A network with so many parts gone, under all the draws of them."""

    setting: tuple[str, ...]  # what fails, traffic and policy
    network: str
    losses: int
    cases: tuple[Case, ...]

    @property
    def share(self) -> Summary:
        """The shares of throughput that it keeps."""
        return Summary(tuple(float(case.get(_SHARE)) for case in self.cases))

    @property
    def reach(self) -> float:
        """The least share of flows that get through."""
        return min(float(case.get(_REACH) or 0.0) for case in self.cases)


def panel(view: View) -> Panel | None:
    """Return what networks keep of their throughput as parts fail, None where no case says."""
    points = _points(view.solutions)
    if not points:
        return None
    question = "How much throughput is left as parts fail?"
    drawing = _figure(points)
    blocks = (None if drawing is None else Draw(drawing), Show(_table(points)))
    return make("degradation", "Degradation", question, _answer(points), blocks)


def _points(cases: Sequence[Case]) -> list[Point]:
    groups: dict[tuple[tuple[str, ...], str, int], list[Case]] = {}
    for case in cases:
        if case.get(_SHARE) is not None and case.get("failed") is not None:
            setting = (_what(case), case.traffic, case.policy)
            groups.setdefault((setting, case.network, _losses(case)), []).append(case)
    return [Point(*key, tuple(group)) for key, group in groups.items()]


def _what(case: Case) -> str:
    """Return what fails in a case: global cable, drawn; the worst switch."""
    section = case.record.part("failures")
    pick, part, tier = (str(section.get(key) or "") for key in ("pick", "part", "tier"))
    if not part:
        return f"parts as {pick}"
    kind = f"{tier} {part}" if tier else part
    routing = section.get("reroute")
    aside = f", reroute {routing}" if routing not in (None, REROUTES[0]) else ""
    return (kind if "seed" in section else f"{pick} {kind}") + aside


def _losses(case: Case) -> int:
    """Return how many parts failed: as many as were asked for, else cables and devices."""
    section = case.record.part("failures")
    count = section.get("count")
    if isinstance(count, int) and section.get("share") is None:
        return count
    return int((case.get("failed_cables") or 0) + (case.get("failed_nodes") or 0))


def _curves(points: Sequence[Point]) -> dict[tuple[str, ...], dict[str, dict[int, Point]]]:
    """Return setting -> network -> parts that failed -> point, of settings in which some network has two places."""
    curves: dict[tuple[str, ...], dict[str, dict[int, Point]]] = {}
    for one in points:
        curves.setdefault(one.setting, {}).setdefault(one.network, {})[one.losses] = one
    return {key: each for key, each in curves.items() if max(map(len, each.values())) > 1}


def _answer(points: Sequence[Point]) -> str:
    """Return which network keeps most and least with the most parts gone that most of them met."""
    setting = points[0].setting
    alike = [one for one in points if one.setting == setting]
    most = max(one.losses for one in alike)
    last = sorted((one for one in alike if one.losses == most), key=lambda one: one.share.median)
    worst, best = last[0], last[-1]
    of = f"With {words.plural(most, setting[0])} gone"
    draws = ", in the median over draws" if len(worst.cases) > 1 else ""
    sentence = f"{of}, {worst.network} keeps {words.percent(worst.share.median)} of its throughput"
    if best.share.median > worst.share.median:
        sentence += f" and {best.network} {words.percent(best.share.median)}"
    return f"{sentence}{draws}."


def _figure(points: Sequence[Point]) -> Figure | None:
    curves = _curves(points)
    if not curves:
        return None
    variants = tuple(Variant(_title_of(key, curves), _lines(each)) for key, each in curves.items())
    return Figure("fig-degradation", _finding(next(iter(curves.values()))), _how(points), variants, None, "what fails")


def _title_of(key: tuple[str, ...], keys: Mapping[tuple[str, ...], object]) -> str:
    """Return what tells a setting from the others: what fails, and what else differs."""
    differs = [i for i in range(len(key)) if i == 0 or len({other[i] for other in keys}) > 1]
    return ", ".join(key[i] for i in differs)


def _finding(curves: Mapping[str, Mapping[int, Point]]) -> str:
    """Return where the first loss of a tenth comes, network by network."""
    first = {network: _first_below(places, 0.9) for network, places in curves.items()}
    hit = {network: losses for network, losses in first.items() if losses is not None}
    if not hit:
        return "Every network keeps nine tenths of its throughput, whatever fails here."
    network, losses = min(hit.items(), key=lambda one: one[1])
    others = [one for one in curves if one not in hit]
    rest = f"; {words.listing(others)} never" if others else ""
    return f"{network} is the first to lose a tenth of its throughput, with {words.count(losses)} parts gone{rest}."


def _first_below(places: Mapping[int, Point], share: float) -> int | None:
    return next((losses for losses in sorted(places) if places[losses].share.median < share), None)


def _how(points: Sequence[Point]) -> str:
    draws = max(len(one.cases) for one in points)
    how = "What arrives of the flows over their slowdown; a line a network. The axis does not begin at nothing."
    if draws > 1:
        sure = words.percent(max((one for one in points), key=lambda one: len(one.cases)).share.around[2])
        how += f" Marks are medians; bars hold the median of all draws with a confidence of {sure} ({draws} draws)."
    return how


def _lines(curves: Mapping[str, Mapping[int, Point]]) -> dict[str, Any]:
    places = sorted({losses for each in curves.values() for losses in each})
    series = []
    for network, each in list(curves.items())[:MOST_LINES]:
        shares = [each[losses].share if losses in each else None for losses in places]
        several = [one if one is not None and len(one.values) > 1 else None for one in shares]
        series.append(
            Series(
                network,
                [None if one is None else one.median for one in shares],
                ["" if one is None else words.percent(one.median) for one in shares],
                [None if one is None else one.around[0] for one in several],
                [None if one is None else one.around[1] for one in several],
            )
        )
    height = 320 + 18 * len(series)
    lowest = min((low for one in series for low in (*one.values, *one.low) if low is not None), default=0.0)
    foot = floor(10 * min(lowest, 0.9)) / 10  # a tenth below what is drawn: from nothing on, lines would be one
    look = {"tickformat": ".0%", "rangemode": "normal", "range": [foot, 1.0 + 0.05 * (1.0 - foot)]}
    return ladder(places, series, labels.axis("states_by_failed.failed"), labels.axis(_SHARE), height, **look)


def _table(points: Sequence[Point]) -> Table:
    columns = [
        *map(name, ("Network", "What fails")),
        Column("Failed", words.count, "parts"),
        Column("Draws", words.count),
        column(_SHARE, "median"),
        Column("At least", words.percent, "of intact"),
        Column("At most", words.percent, "of intact"),
        column(_REACH, "least"),
        *map(name, ("Traffic", "Policy")),
    ]
    rows = [
        (
            *(one.network, one.setting[0], one.losses, len(one.cases)),
            *(one.share.median, *one.share.around[:2], one.reach, *one.setting[1:]),
        )
        for one in points
    ]
    caption = "Throughput kept by failed parts"
    return table("degradation-table", caption, columns, rows, filterable=len(rows) > 12, folded=len(rows) > 30)
