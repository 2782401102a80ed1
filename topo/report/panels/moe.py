"""Node-limited routing: bytes and time against M, sample beside closed form, and which leg binds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import lines
from topo.report.figures.marks import Series
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

_HOSTS = "hosts_per_token"  # in closed form where the gate has one
_HOSTS_IN_SAMPLE = "hosts_per_token_sampled"
_COLUMNS = (
    _HOSTS,
    _HOSTS_IN_SAMPLE,
    "remote_copies",
    "gain_worst_case",
    "gain_expected",
    "dedup_step_s",
    "completion_s",
    "bound_by",
)
_LIMIT_AXIS = "M, most hosts a token may visit"


def panel(view: View) -> Panel | None:
    """Return gains against M for the sweep with most limits, None without expert traffic that states hosts."""
    cases = [case for case in view.solutions if case.is_moe and case.get(_HOSTS) is not None]
    if not cases:
        return None
    sweep = _sweep(cases)
    # One limit makes no curve: its numbers are a row.
    own = (_hosts(sweep), _time(sweep)) if len(sweep) > 1 else (Show(_table(sweep)),)
    blocks = (*own, _elsewhere(cases, sweep))
    return make(
        "node-limit", labels.heading("node_limit"), "What does node-limited routing gain?", _answer(sweep), blocks
    )


def _sweep(cases: Sequence[Case]) -> list[Case]:
    """Return the cases that differ in M alone and cover most values of it, sorted by M."""
    groups: dict[str, dict[int, Case]] = defaultdict(dict)
    for case in cases:
        rest = {key: value for key, value in case.record.part("traffic").items() if key != "node_limit"}
        key = repr((case.network, case.policy, sorted(rest.items(), key=str)))
        groups[key].setdefault(_limit(case), case)
    best = max(groups.values(), key=len)
    return [best[m] for m in sorted(best)]


def _limit(case: Case) -> int:
    """Return M; without a limit a token may visit every host of its group, or top-k, whichever is less."""
    if case.node_limit is not None:
        return case.node_limit
    traffic, fabric = case.record.part("traffic"), case.record.part("fabric")
    together = fabric.get("scale_up_domain") or fabric.get("endpoints_per_host") or 8
    return int(case.get("ep_hosts") or max(1, int(traffic.get("ep") or 64) // int(together)))


def _answer(sweep: Sequence[Case]) -> str:
    first = max(sweep, key=lambda c: (c.get("gain_expected") or 0, -_limit(c)))
    paper = next((c for c in sweep if _limit(c) == 4), None) or first
    gain, worst = paper.get("gain_expected"), paper.get("gain_worst_case")
    free = paper.get("hosts_per_token_unlimited")
    parts = [f"With at most {_limit(paper)} hosts a token"]
    parts.append(
        f"copies fall from {words.number(free)} to {words.number(paper.get(_HOSTS))} hosts"
        if free
        else f"a token visits {words.number(paper.get(_HOSTS))} hosts"
    )
    if gain:
        worst_text = f", {words.number(worst)} × in the worst case" if worst else ""
        parts.append(f"a gain of {words.number(gain)} × expected{worst_text}")
    leg = paper.get("bound_by")
    return ", ".join(parts) + (f"; the {_leg(leg)} binds." if leg else ".")


def _leg(key: Any) -> str:
    titles = {"network": "network leg", "scale-up": "scale-up leg", "scale_up": "scale-up leg"}
    return titles.get(str(key), str(key))


def _series(sweep: Sequence[Case], *keys: str) -> list[Series]:
    """Return a line for each of ``keys`` that some case has."""
    values = {key: [case.get(key) for case in sweep] for key in keys}
    there = {key: column for key, column in values.items() if any(value is not None for value in column)}
    return [Series(labels.title(key), column, list(map(words.number, column))) for key, column in there.items()]


def _hosts(sweep: Sequence[Case]) -> Draw:
    limits = [float(_limit(case)) for case in sweep]
    hosts = _series(sweep, _HOSTS, _HOSTS_IN_SAMPLE, "remote_copies", "endpoints_per_token")
    gains = _series(sweep, "gain_expected", "gain_worst_case")
    variants = [Variant("copies", lines(limits, hosts, _LIMIT_AXIS, "copies a token [count]"))]
    if gains:
        variants.append(Variant("gain", lines(limits, gains, _LIMIT_AXIS, "gain over no limit [×]")))
    how = (
        "Mean hosts that a token visits, its own included: by closed form where the gate has "
        "one, and in the sample beside it."
    )
    return Draw(Figure("fig-hosts", _hosts_finding(sweep), how, tuple(variants), _table(sweep), "quantity"))


def _hosts_finding(sweep: Sequence[Case]) -> str:
    last, first = sweep[-1], sweep[0]
    return (
        f"From node limit {_limit(last)} down to {_limit(first)}, the hosts that a token visits fall from "
        f"{words.number(last.get(_HOSTS))} to {words.number(first.get(_HOSTS))}."
    )


def _time(sweep: Sequence[Case]) -> Draw | None:
    limits = [float(_limit(case)) for case in sweep]
    times = _times(sweep)
    if not times:
        return None
    factor, unit = words.time_scale([value for one in times for value in one.values])
    spec = lines(limits, [_rescale(one, factor) for one in times], _LIMIT_AXIS, f"time [{unit}]")
    legs = names.order(_leg(case.get("bound_by")) for case in sweep if case.get("bound_by"))
    finding = f"The {legs[0]} binds at every M." if len(legs) == 1 else _switch(sweep) if legs else "Time against M."
    how = (
        "Dispatch and combine together. Both legs overlap, so a step takes as long as the slower one; "
        "completion is what the fabric as a whole needs."
    )
    return Draw(Figure("fig-legs", finding, how, (Variant("", spec),)))


def _times(sweep: Sequence[Case]) -> list[Series]:
    kinds: dict[str, Callable[[Case], float | None]] = {
        "network leg": lambda c: _sum(c.get("dispatch_network_s"), c.get("combine_network_s")),
        "scale-up leg": lambda c: _sum(c.get("dispatch_scale_up_s"), c.get("combine_scale_up_s")),
        labels.title("dedup_step_s"): lambda c: c.get("dedup_step_s"),
        f"{labels.title('forms.exchange_s')}, no deduplication": _direct,
        f"{labels.title('completion_s')} on this fabric": lambda c: c.get("completion_s"),
    }
    columns = {name_: [read(case) for case in sweep] for name_, read in kinds.items()}
    return [
        Series(name_, values, [words.seconds(value) for value in values])
        for name_, values in columns.items()
        if any(value is not None for value in values)
    ]


def _direct(case: Case) -> float | None:
    """Return the time of a step that sends every expert its own copy, None where it was not stored."""
    return next((row.get("exchange_s") for row in case.rows("forms") if row.get("form") == "no deduplication"), None)


def _sum(*values: float | None) -> float | None:
    return None if any(value is None for value in values) else sum(value for value in values if value is not None)


def _rescale(one: Series, factor: float) -> Series:
    return Series(one.name, [None if v is None else v * factor for v in one.values], one.texts)


def _switch(sweep: Sequence[Case]) -> str:
    runs: list[tuple[str, list[int]]] = []
    for case in sweep:
        leg = _leg(case.get("bound_by"))
        if not runs or runs[-1][0] != leg:
            runs.append((leg, []))
        runs[-1][1].append(_limit(case))
    clauses = [
        f"the {leg} at node limit {limits[0]}" + (f" to {limits[-1]}" if limits[1:] else "") for leg, limits in runs
    ]
    return f"What binds: {words.listing(clauses, 8)}."


def _table(sweep: Sequence[Case]) -> Table:
    keys = [key for key in _COLUMNS if any(case.get(key) is not None for case in sweep)]
    columns = [Column("M", words.count, "hosts"), *(labels.column(key, bar=key == _HOSTS) for key in keys)]
    rows = [(_limit(case), *map(case.get, keys)) for case in sweep]
    case = sweep[0]
    return table("node-limit-table", f"Against M: {case.network}, {case.policy}", columns, rows)


def _elsewhere(cases: Sequence[Case], sweep: Sequence[Case]) -> Show | None:
    others = [case for case in cases if case not in sweep]
    if not others:
        return None
    keys = (_HOSTS, "gain_expected", "completion_s", "bound_by")
    columns = [name("Network"), name("Traffic"), name("Policy"), *map(labels.column, keys)]
    rows = [(c.network, c.traffic, c.policy, *map(c.get, keys)) for c in others]
    return Show(table("node-limit-others", "Expert traffic elsewhere in this study", columns, rows, folded=True))
