"""Cost: parts of each network, per endpoint and in total, with the book that priced them."""

from __future__ import annotations

from collections.abc import Iterator

from topo.report import labels, names, published, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, bars
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.pareto import SAME, about_size, pareto
from topo.report.panels.view import View, cost_key
from topo.report.tables import Column, Table, name, table

_PART = ("part", "count", "usd_each", "usd")


def panel(view: View) -> Panel | None:
    """Return the stacked parts, full size apart from other sizes; None where nothing is priced."""
    groups = _groups(view)
    if not groups:
        return None
    cases = [case for group in groups.values() for case in group]
    how = (
        f"Parts times prices of {words.listing(_books(cases))}; the upright mark is what the "
        "paper prints, where it does."
    )
    finding, variants = _finding(next(iter(groups.values()))), tuple(_variants(groups))
    figure = Figure("fig-cost", finding, how, variants, _table(cases), "measure", _prices(cases))
    front = pareto(view)
    blocks = (Draw(figure), Draw(front) if front else None, _residuals(cases))
    return make("cost", "Cost", "What does it cost, and what for?", _answer(groups), blocks)


def _groups(view: View) -> dict[str, list[Case]]:
    """Return full size and each other size in words -> one priced case a network: costs compare at one size alone."""
    sizes: dict[int, dict[str, Case]] = {}
    for case in [*view.full_size, *view.grid, *view.solutions]:
        if _is_whole(case):
            sizes.setdefault(about_size(case) if case.traffic else 0, {}).setdefault(case.network, case)
    return {_size_words(size, list(bills.values())): list(bills.values()) for size, bills in sizes.items()}


def _size_words(size: int, cases: list[Case]) -> str:
    if not size:
        return "full size"
    counts = {case.get("endpoints") for case in cases}
    return f"{words.count(counts.pop())} endpoints" if len(counts) == 1 else f"about {words.count(size)} endpoints"


def _variants(groups: dict[str, list[Case]]) -> Iterator[Variant]:
    # Sliders go by the number of a trace: every drawing has all parts, in one order.
    parts = names.order(
        str(part["part"]) for group in groups.values() for case in group for part in case.get("cost_parts")
    )
    for size, cases in groups.items():
        head = f"{size}, " if len(groups) > 1 else ""
        rows, title = [_row(c) for c in cases], labels.axis("cost_per_endpoint_usd")
        per_endpoint = bars(rows, _series(cases, parts, "endpoints"), title, _paper_marks(cases))
        yield Variant(f"{head}per endpoint", per_endpoint)
        yield Variant(f"{head}total", bars(rows, _series(cases, parts, None), labels.axis("cost_usd")))


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


def _answer(groups: dict[str, list[Case]]) -> str:
    """Return the cheapest and the dearest of the first size, and of that other one where most networks meet."""
    first, *others = groups
    sizes = [first, *([max(reversed(others), key=lambda size: len(groups[size]))] if others else [])]
    sentences = [_cheapest(groups[size], f"At {size}, " if others else "") for size in sizes]
    books = words.listing(_books([case for group in groups.values() for case in group]))
    return " ".join([*sentences, f"Prices: {books}."])


def _cheapest(cases: list[Case], head: str) -> str:
    least, most = min(cases, key=cost_key), max(cases, key=cost_key)
    low, high = cost_key(least), cost_key(most)
    if high <= low * (1 + SAME):
        who = least.network if len(cases) == 1 else "every network" if head else "Every network"
        return f"{head}{who} costs {words.usd(low)} per endpoint."
    text = f"{head}{least.network} costs least per endpoint, {words.usd(low)}, and {most.network}"
    return (
        f"{text} {words.number(high / low)} times as much, {words.usd(high)}."
        if low > 0
        else f"{text} {words.usd(high)}."
    )


def _finding(cases: list[Case]) -> str:
    shares = []
    for case in cases:
        total = sum(part["usd"] for part in case.get("cost_parts"))
        top = max(case.get("cost_parts"), key=lambda part: part["usd"])
        shares.append((top["usd"] / total if total else 0.0, str(top["part"]), case))
    share, part, case = max(shares, key=lambda entry: entry[0])
    return f"The largest single item is {part}: up to {words.percent(share)} of the bill ({case.network})."


def _series(cases: list[Case], parts: list[str], per: str | None) -> list[Series]:
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
