"""Cost: parts of each network, per endpoint and in total, with the book that priced them."""

from __future__ import annotations

from typing import Any

from topo.report import labels, names, published, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, bars
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.pareto import pareto
from topo.report.panels.view import View, cost_key
from topo.report.tables import Column, Table, name, table

_PART = ("part", "count", "usd_each", "usd")


def panel(view: View) -> Panel | None:
    """Return the stacked parts, None where nothing is priced."""
    cases = _cases(view)
    if not cases:
        return None
    rows, title = [_row(c) for c in cases], labels.axis("cost_per_endpoint_usd")
    variants = [Variant("per endpoint", bars(rows, _series(cases, "endpoints"), title, _paper_marks(cases)))]
    variants.append(Variant("total", bars(rows, _series(cases, None), labels.axis("cost_usd"))))
    how = (
        f"Parts times prices of {words.listing(_books(cases))}; the upright mark is what the "
        "paper prints, where it does."
    )
    figure = Figure("fig-cost", _finding(cases), how, tuple(variants), _table(cases), "measure", _prices(cases))
    front = pareto(view)
    blocks = (Draw(figure), Draw(front) if front else None, _residuals(cases))
    return make("cost", "Cost", "What does it cost, and what for?", _answer(cases), blocks)


def _cases(view: View) -> list[Case]:
    """Return one priced case a network and size, full-size rows first; a bill with a part missing is none."""
    bills: dict[tuple[str, Any], Case] = {}
    for case in [*view.full_size, *view.grid, *view.solutions]:
        if _is_whole(case):
            bills.setdefault((case.network, case.get("endpoints")), case)
    return list(bills.values())


def _is_whole(case: Case) -> bool:
    parts = case.rows("cost_parts", "part", "usd")
    per_endpoint = case.get("endpoints") and case.get("cost_per_endpoint_usd") is not None
    return bool(parts and per_endpoint and len(parts) == len(case.get("cost_parts")))


def _row(case: Case) -> str:
    return f"{words.clip(case.network, 26)} ({words.count(case.get('endpoints'))})"


def _books(cases: list[Case]) -> list[str]:
    return names.order(
        str(c.get("price_book") or c.record.part("cost").get("prices") or "an unnamed book") for c in cases
    )


def _answer(cases: list[Case]) -> str:
    least, most = min(cases, key=cost_key), max(cases, key=cost_key)
    text = f"{least.network} costs least per endpoint, {words.usd(cost_key(least))}"
    if most is not least and cost_key(least) > 0:
        text += (
            f"; {most.network} costs {words.number(cost_key(most) / cost_key(least))} times "
            f"as much, {words.usd(cost_key(most))}"
        )
    return f"{text} (prices: {words.listing(_books(cases))})."


def _finding(cases: list[Case]) -> str:
    shares = []
    for case in cases:
        total = sum(part["usd"] for part in case.get("cost_parts"))
        top = max(case.get("cost_parts"), key=lambda part: part["usd"])
        shares.append((top["usd"] / total if total else 0.0, str(top["part"]), case))
    share, part, case = max(shares, key=lambda entry: entry[0])
    return f"The largest single item is {part}: up to {words.percent(share)} of the bill ({case.network})."


def _series(cases: list[Case], per: str | None) -> list[Series]:
    parts = names.order(str(part["part"]) for case in cases for part in case.get("cost_parts"))
    out = []
    for part in parts:
        values = [_part_usd(case, part) / ((case.get(per) or 1) if per else 1) for case in cases]
        out.append(Series(part, values, [words.usd(value) for value in values]))
    return out


def _part_usd(case: Case, part: str) -> float:
    return float(sum(row["usd"] for row in case.get("cost_parts") if row["part"] == part))


def _prices(cases: list[Case]) -> tuple[tuple[str, float], ...]:
    """Return the price of each part in the order of the bars; none where one part has two prices."""
    by_part: dict[str, set[float]] = {}
    for case in cases:
        for part in case.get("cost_parts"):
            by_part.setdefault(str(part["part"]), set()).add(float(part.get("usd_each") or 0.0))
    if any(len(prices) > 1 or not min(prices) for prices in by_part.values()):
        return ()
    return tuple((part, min(prices)) for part, prices in by_part.items())


def _paper_marks(cases: list[Case]) -> Series | None:
    rows = [published.row_of(case.record) for case in cases]
    values = [row.usd / row.size.endpoints if row else None for row in rows]
    return Series("paper, Table 3", values, [words.usd(v) for v in values]) if any(rows) else None


def _table(cases: list[Case]) -> Table:
    columns = [name("Network"), *map(labels.column, ("endpoints", *(f"cost_parts.{key}" for key in _PART)))]
    columns += [labels.column("cost_per_endpoint_usd"), Column("Share", words.percent, "of the bill", bar=True)]
    columns += [labels.column("cost_parts.note")]
    rows = []
    for case in cases:
        endpoints, total = case.get("endpoints"), sum(part["usd"] for part in case.get("cost_parts"))
        for part in case.get("cost_parts"):
            each = part["usd"] / endpoints if endpoints else None
            share = part["usd"] / total if total else None
            rows.append((case.network, endpoints, *map(part.get, _PART), each, share, part.get("note") or ""))
    return table("parts", "Parts and prices", columns, rows, filterable=len(rows) > 12)


def _residuals(cases: list[Case]) -> Show | None:
    rows = next((rows for case in cases if (rows := case.rows("cost_residuals"))), None)
    if not rows:
        return None
    keys = ("network", "computed_usd", "printed_usd", "residual", "within_rounding")
    columns = [labels.column(f"cost_residuals.{key}") for key in keys]
    note = (
        "No linear price model in switches, endpoint cables and switch cables meets all five "
        "printed costs within their rounding."
    )
    caption = f"What the calibrated book gives for {published.SOURCE}"
    return Show(table("residuals", caption, columns, ([r.get(k) for k in keys] for r in rows), note=note))
