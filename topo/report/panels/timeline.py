"""Timeline: the phases of each network under the same traffic, what limits each, and who is done last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from topo.report import labels, load, names, words
from topo.report.figures.axes import Figure, variants
from topo.report.figures.marks import plain
from topo.report.figures.timeline import LIMITS, Bar, Row, timeline
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.tables import Table

#: Rows of one drawing.
MOST_ROWS = 16
#: Share of the time that phases may leave bare before a bar says that shorter ones run there.
_BARE = 0.005
_TIME = "completion_s"
#: Share of a time below which two end together.
_TIE = 1e-3


def timeline_of(view: View, listing: Table) -> Figure | None:
    """Return the timeline of every traffic, with ``listing`` as its table; None where no case says when it ends."""
    cases = view.by_traffic(lambda traffic: _cases(view, traffic))
    if not cases:
        return None
    how = (
        "A bar is a phase, all its runs, coloured by the tier whose fullest link limits it; parts that overlap stand "
        "under each other. The tick is what the ports of the endpoints alone would take, the diamond the last flow."
    )
    finding = _finding(next(iter(cases.values())))
    return Figure("fig-timeline", finding, how + view.of_the_first, variants(cases, _drawing), listing, "traffic")


def _cases(view: View, traffic: str) -> list[Case]:
    """Return a case a network; of a single network a case a policy."""
    cases = view.of_traffic(traffic)
    if len(view.networks) == 1:
        cases = [case for case in view.solutions if case.traffic == traffic]
        cases = list({case.policy: case for case in reversed(cases)}.values())[::-1]
    return [case for case in cases if case.get(_TIME)][:MOST_ROWS]


def _drawing(cases: Sequence[Case]) -> dict[str, Any]:
    factor, title = labels.scale(_TIME, [case.get(_TIME) for case in cases])
    by_policy = len({case.network for case in cases}) == 1 and len(cases) > 1
    return timeline([_row(case, case.policy if by_policy else case.network, factor) for case in cases], title)


def _row(case: Case, name: str, factor: float) -> Row:
    theta, end = case.get("theta_port"), float(case.get(_TIME))
    bars = [replace(bar, start=bar.start * factor, length=bar.length * factor) for bar in bars_of(case)]
    return Row(name, bars, factor / theta if theta else None, factor * end, _last(case))


def bars_of(case: Case) -> list[Bar]:
    """Return a bar [s] for each of the longest phases, and for what else a step is busy with; below them the rest."""
    limits = case.rows("limits", "seconds")
    starts, end = dict(enumerate(case.get("phase_start_s") or [])), float(case.get(_TIME))
    begins = [0.0 if row.get("phase") is None else starts.get(row["phase"]) for row in limits]
    bars = [_bar(case, row, begin) for row, begin in zip(limits, begins, strict=True) if begin is not None]
    phases = {row.get("name") for row in limits}
    parts = [part for part in case.rows("step_parts", "part", "start_s", "time_s") if part["part"] not in phases]
    bars += [
        Bar(
            part["part"],
            part["start_s"],
            part["time_s"],
            "computation",
            _tip(case, part["part"], part["start_s"], part["time_s"]),
        )
        for part in parts
        if part["time_s"] > 0
    ]
    if sum(bar.length for bar in bars) < end * (1 - _BARE):
        bars.insert(0, Bar("", 0.0, end, "", _tip(case, "all phases", 0.0, end)))
    return bars


def _bar(case: Case, row: Mapping[str, Any], start: float) -> Bar:
    tier = str(row.get("tier") or "")
    name = str(
        row.get("name") or ("" if row.get("phase") is None or case.get("phases") == 1 else f"phase {row['phase']}")
    )
    tip = _tip(case, name, start, row["seconds"])
    if tier:
        tip += f"<br>limited by {plain(str(row.get('tail')))} to {plain(str(row.get('head')))}, {tier}"
    return Bar(name, start, row["seconds"], tier if tier in LIMITS else "", tip)


def _tip(case: Case, name: str, start: float, length: float) -> str:
    lines = [plain(case.title), *([plain(name)] if name else [])]
    return "<br>".join([*lines, f"{words.seconds(start)} to {words.seconds(start + length)}"])


def _last(case: Case) -> str:
    """Return when the last flow ends, and which it is where flows are listed."""
    text = f"{plain(case.title)}<br>the last flow ends at {words.seconds(case.get(_TIME))}"
    columns, ends = load.commodities(case.record), case.get("phase_end_s") or []
    if columns is None or not ends or None in ends or not {"src", "dst", "phase", "finish"} <= set(columns):
        return text
    phase = max(range(len(ends)), key=ends.__getitem__)
    rows = (columns["phase"] == phase).nonzero()[0].tolist()
    if not rows:
        return text
    k = max(rows, key=lambda k: columns["finish"][k])
    return f"{text}: endpoint {columns['src'][k]} to {columns['dst'][k]}"


def _finding(cases: Sequence[Case]) -> str:
    """Return who is done last under the traffic that is drawn first, and what its longest phase waits for."""
    last = max(cases, key=lambda case: float(case.get(_TIME)))
    late = [case for case in cases if case.get(_TIME) > last.get(_TIME) * (1 - _TIE)]
    several = len({case.network for case in cases}) > 1
    who = names.order(case.network if several else case.policy or case.network for case in late)
    sentence = f"Under {last.traffic} {words.listing(who)} {'is' if len(who) == 1 else 'are'} done last"
    sentence += f", after {words.seconds(last.get(_TIME))}"
    if len(late) == len(cases):
        sentence = f"{last.traffic[:1].upper()}{last.traffic[1:]} takes {words.seconds(last.get(_TIME))}"
    row = max(last.rows("limits", "seconds", "share", "tier"), key=lambda row: row["seconds"], default=None)
    if row is None:
        return f"{sentence}."
    links = labels.links_of(row["tier"])
    if row["share"] > 1 - 1e-3:
        return f"{sentence}: {links} limit it."
    name = str(row.get("name") or f"phase {row.get('phase')}")
    return f"{sentence}: {words.percent(row['share'])} of it in {name}, which {links} limit."
